#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "projections/event_batches.h"
#include "projections/live_directory.h"

namespace scimledger::projections {
namespace {

/// How long a commit keeps readers out before it lets them in between two transactions.
constexpr std::chrono::microseconds kLockHold{500};
constexpr std::uint64_t kProgressEvery = 16'384;

/// How many of the events in front belong to one transaction: they become visible together.
std::size_t CountTogether(std::span<const Event> events) {
  const auto other = std::find_if(events.begin(), events.end(), [&](const Event& event) {
    return event.transaction != events.front().transaction;
  });
  return static_cast<std::size_t>(other - events.begin());
}

}  // namespace

storage::Result<void> LiveDirectory::FoldTogether(std::span<const Event> events) {
  for (const Event& event : events) SCIMLEDGER_TRY(Apply(*this, event));
  return {};
}

storage::Result<void> LiveDirectory::Fold(std::span<const Event> events) {
  while (!events.empty()) {
    const std::unique_lock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + kLockHold;
    do {
      const std::size_t count = CountTogether(events);
      SCIMLEDGER_TRY(FoldTogether(events.first(count)));
      events = events.subspan(count);
    } while (!events.empty() && std::chrono::steady_clock::now() < deadline);
  }
  return {};
}

storage::Result<void> LiveDirectory::FoldNotingRows(std::span<Event> events) {
  const std::unique_lock lock(mutex_);
  for (Event& event : events) {
    ResourcePtr before = FindResource(event.resource);
    SCIMLEDGER_TRY(Apply(*this, event));
    event.before = std::move(before);
    event.after = FindResource(event.resource);
  }
  return {};
}

void LiveDirectory::Commit(std::span<const Event> events) {
  const storage::Result<void> folded = Fold(events);
  if (!folded) std::fprintf(stderr, "scimledger: %s\n", folded.error().message.c_str());
  SCIMLEDGER_INVARIANT(folded.has_value(), "a durable event does not fit the directory");
}

storage::Result<void> LiveDirectory::CatchUp(const storage::EventLog& log) {
  return Replay(log, log.head().sequence, nullptr);
}

storage::Result<void> LiveDirectory::ReplayFeeding(const storage::EventLog& log, Sequence until,
                                                   const std::function<void(Sequence)>& progress,
                                                   const Feed& feed) {
  const Sequence head = log.head().sequence;
  if (head < contents_.head) {
    return storage::Fail(storage::ErrorCode::kCorrupt,
                         fmt::format("the directory is at sequence {}, beyond the log's head {}",
                                     contents_.head.value, head.value));
  }
  const DecodeFor purpose = feed ? DecodeFor::kIndexing : DecodeFor::kFolding;
  SCIMLEDGER_TRY_ASSIGN(auto batches,
                        ReadEventBatches(log, registry(), contents_.head, until, purpose));
  std::uint64_t next_report = contents_.head.value + kProgressEvery;
  while (true) {
    SCIMLEDGER_TRY_ASSIGN(std::vector<Event> batch, batches->Next());
    if (batch.empty()) break;
    if (feed) {
      SCIMLEDGER_TRY(FoldNotingRows(batch));
      SCIMLEDGER_TRY(feed(std::move(batch)));
    } else {
      SCIMLEDGER_TRY(Fold(batch));
    }
    if (progress && contents_.head.value >= next_report) {
      progress(contents_.head);
      next_report = contents_.head.value + kProgressEvery;
    }
  }
  if (progress) progress(contents_.head);
  return {};
}

void LiveDirectory::Exchange(Directory& rebuilt) {
  auto* const other = dynamic_cast<LiveDirectory*>(&rebuilt);
  SCIMLEDGER_INVARIANT(other != nullptr && other != this && other->head() == head(),
                       "only states of one sequence are exchanged");
  {
    const std::unique_lock lock(mutex_);
    std::swap(contents_, other->contents_);
    std::swap(ids_, other->ids_);
    std::swap(keys_, other->keys_);
    std::swap(secrets_, other->secrets_);
  }
  index_.Clear();
  other->index_.Clear();
}

}  // namespace scimledger::projections
