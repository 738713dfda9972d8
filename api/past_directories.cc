#include "api/past_directories.h"

#include <algorithm>
#include <utility>

#include "projections/attribute_index.h"

namespace scimledger::api {

std::shared_ptr<const projections::Directory> PastDirectories::Find(const Tenant& tenant,
                                                                    Sequence sequence) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Entry& entry) {
    return entry.tenant == &tenant && entry.directory->position() == sequence;
  });
  if (found == kept_.end()) return nullptr;
  std::rotate(found, found + 1, kept_.end());
  return kept_.back().directory;
}

storage::Result<std::shared_ptr<const projections::Directory>> PastDirectories::At(
    const Tenant& tenant, Sequence sequence) {
  if (auto found = Find(tenant, sequence)) return found;
  std::shared_ptr<projections::Directory> directory = TakeNearest(tenant, sequence);
  SCIMLEDGER_TRY(directory->Replay(tenant.log(), sequence, nullptr));
  // Letting go of all its rows takes time: not under the lock that readers wait for.
  Entry dropped;
  const std::lock_guard lock(mutex_);
  if (kept_.size() == kKeptMax) {
    dropped = std::move(kept_.front());
    kept_.erase(kept_.begin());
  }
  kept_.push_back({&tenant, directory});
  return directory;
}

std::shared_ptr<projections::Directory> PastDirectories::MakeEmpty() const {
  std::shared_ptr<projections::Directory> directory = projections::Directory::Make();
  projections::IndexOf(*directory).Configure({.budget = index_budget_});
  return directory;
}

/// The kept directory from which the way is shortest, which then is the caller's; else an empty
/// one.
std::shared_ptr<projections::Directory> PastDirectories::TakeNearest(const Tenant& tenant,
                                                                     Sequence sequence) {
  const std::lock_guard lock(mutex_);
  auto nearest = kept_.end();
  for (auto entry = kept_.begin(); entry != kept_.end(); ++entry) {
    const bool is_free = entry->directory.use_count() == 1;
    if (entry->tenant != &tenant || !is_free || entry->directory->position() > sequence) continue;
    if (nearest == kept_.end() || entry->directory->position() > nearest->directory->position()) {
      nearest = entry;
    }
  }
  if (nearest == kept_.end()) return MakeEmpty();
  std::shared_ptr<projections::Directory> directory = std::move(nearest->directory);
  kept_.erase(nearest);
  return directory;
}

}  // namespace scimledger::api
