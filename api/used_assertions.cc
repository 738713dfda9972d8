#include "api/used_assertions.h"

namespace scimledger::api {

bool UsedAssertions::Add(std::string_view issuer, std::string_view id, std::int64_t expires_us,
                         std::int64_t now_us) {
  const Hash name = storage::Sha256({issuer, std::string_view("\0", 1), id});
  const std::lock_guard lock(mutex_);
  while (!by_end_.empty() && by_end_.begin()->first <= now_us) {
    known_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
  if (!known_.insert(name).second) return false;
  by_end_.emplace(expires_us, name);
  if (by_end_.size() > size_max_) {
    known_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
  return true;
}

}  // namespace scimledger::api
