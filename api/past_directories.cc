#include "api/past_directories.h"

#include <algorithm>
#include <utility>

#include "projections/past_directory.h"

namespace scimledger::api {

bool PastDirectories::IsAtHand(const Tenant& tenant, Sequence sequence) {
  return tenant.history() != nullptr && tenant.history()->position() > sequence;
}

storage::Result<std::shared_ptr<const projections::DirectoryReader>> PastDirectories::At(
    const Tenant& tenant, Sequence sequence) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Entry& entry) {
      return entry.tenant == &tenant && entry.directory->position() == sequence;
    });
    if (found != kept_.end()) {
      std::rotate(found, found + 1, kept_.end());
      return kept_.back().directory;
    }
  }
  if (tenant.history() == nullptr) {
    return storage::Fail(storage::ErrorCode::kUnavailable,
                         "the history could not be made at the start of the server, whose output "
                         "says why");
  }
  // The event after it tells when the moment ended.
  SCIMLEDGER_TRY(
      tenant.history()->WaitFor(sequence.Next(), std::chrono::steady_clock::now() + kWait));
  auto directory = std::make_shared<const projections::PastDirectory>(
      *tenant.history(), tenant.directory(), sequence);
  // Letting go of rows takes time: not under the lock that readers wait for.
  Entry dropped;
  const std::lock_guard lock(mutex_);
  if (kept_.size() == kKeptMax) {
    dropped = std::move(kept_.front());
    kept_.erase(kept_.begin());
  }
  kept_.push_back({&tenant, directory});
  return directory;
}

}  // namespace scimledger::api
