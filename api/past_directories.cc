#include "api/past_directories.h"

#include <algorithm>
#include <utility>

#include "api/history_keeper.h"
#include "projections/past_directory.h"
#include "storage/thread_name.h"

namespace scimledger::api {

PastDirectories::~PastDirectories() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopped_.notify_all();
  if (dropping_.joinable()) dropping_.join();
}

bool PastDirectories::IsAtHand(const Tenant& tenant, Sequence sequence) {
  const auto history = tenant.history();
  return history != nullptr && history->position() > sequence;
}

storage::Result<PastDirectories::DirectoryPtr> PastDirectories::At(const Tenant& tenant,
                                                                   Sequence sequence) {
  const Clock::time_point now = Clock::now();
  if (DirectoryPtr kept = FindKept(tenant, sequence, now)) return kept;
  const std::uint64_t rebuilds = tenant.rebuilds();
  const auto history = tenant.history();
  if (history == nullptr) return std::unexpected(NoHistory());
  // The event after it tells when the moment ended.
  SCIMLEDGER_TRY(history->WaitFor(sequence.Next(), now + kWait));
  DirectoryPtr directory =
      std::make_shared<const projections::PastDirectory>(history, tenant.directory(), sequence);
  Keep({&tenant, rebuilds, directory, now});
  return directory;
}

PastDirectories::DirectoryPtr PastDirectories::FindKept(const Tenant& tenant, Sequence sequence,
                                                        Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Entry& entry) {
    return entry.tenant == &tenant && entry.directory->position() == sequence &&
           entry.rebuilds == tenant.rebuilds();
  });
  if (found == kept_.end()) return nullptr;
  found->used_at = now;
  std::rotate(found, found + 1, kept_.end());
  return kept_.back().directory;
}

void PastDirectories::Keep(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() == kKeptMax) {
    // Letting go of rows and columns takes time: not on the thread of a request.
    dropped_.push_back(std::move(kept_.front()));
    kept_.erase(kept_.begin());
    stopped_.notify_all();
  }
  kept_.push_back(std::move(entry));
  if (!dropping_.joinable()) dropping_ = std::thread([this] { DropUnused(); });
}

void PastDirectories::DropUnused() {
  storage::NameThread("kept-moments");
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const Clock::time_point now = Clock::now();
    // They are in the order of their last use.
    const auto used = std::find_if(kept_.begin(), kept_.end(), [&](const Entry& entry) {
      return entry.used_at + kept_for_ > now;
    });
    std::vector<Entry> dropped = std::exchange(dropped_, {});
    dropped.insert(dropped.end(), std::make_move_iterator(kept_.begin()),
                   std::make_move_iterator(used));
    kept_.erase(kept_.begin(), used);
    if (!dropped.empty()) {
      lock.unlock();
      dropped.clear();
      lock.lock();
      continue;
    }
    const Clock::time_point next =
        kept_.empty() ? now + kept_for_ : kept_.front().used_at + kept_for_;
    stopped_.wait_until(lock, next, [this] { return is_stopping_ || !dropped_.empty(); });
  }
}

}  // namespace scimledger::api
