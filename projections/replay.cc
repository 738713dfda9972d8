#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "projections/live_directory.h"

namespace scimledger::projections {
namespace {

/// How long a commit keeps readers out before it lets them in between two transactions.
constexpr std::chrono::microseconds kLockHold{500};
constexpr std::size_t kReplayBatch = 256;
constexpr std::uint64_t kProgressEvery = 65'536;

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

void LiveDirectory::Commit(std::span<const Event> events) {
  const storage::Result<void> folded = Fold(events);
  if (!folded) std::fprintf(stderr, "scimledger: %s\n", folded.error().message.c_str());
  SCIMLEDGER_INVARIANT(folded.has_value(), "a durable event does not fit the directory");
}

storage::Result<void> LiveDirectory::CatchUp(const storage::EventLog& log) {
  return Replay(log, log.head().sequence, nullptr);
}

storage::Result<void> LiveDirectory::Replay(const storage::EventLog& log, Sequence until,
                                            const std::function<void(Sequence)>& progress) {
  if (log.head().sequence < contents_.head) {
    return storage::Fail(storage::ErrorCode::kCorrupt,
                         fmt::format("the directory is at sequence {}, beyond the log's head {}",
                                     contents_.head.value, log.head().sequence.value));
  }
  SCIMLEDGER_TRY_ASSIGN(auto reader, log.Read(contents_.head.Next(), storage::ReadCheck::kVerify));
  std::vector<Event> batch;
  std::uint64_t next_report = contents_.head.value + kProgressEvery;
  for (Sequence next = contents_.head.Next(); next <= until; next = next.Next()) {
    SCIMLEDGER_TRY_ASSIGN(const std::optional<storage::EventView> stored, reader->Next());
    if (!stored) break;
    SCIMLEDGER_TRY_ASSIGN(Event event, DecodeEvent(*registry(), *stored));
    if (batch.size() >= kReplayBatch && event.transaction != batch.back().transaction) {
      SCIMLEDGER_TRY(Fold(batch));
      batch.clear();
    }
    batch.push_back(std::move(event));
    // What follows is written in the terms of the new registry.
    if (batch.back().kind == EventKind::kSchemaAdded) {
      SCIMLEDGER_TRY(Fold(batch));
      batch.clear();
    }
    if (progress && next.value >= next_report) {
      progress(next);
      next_report += kProgressEvery;
    }
  }
  SCIMLEDGER_TRY(Fold(batch));
  if (progress) progress(contents_.head);
  return {};
}

}  // namespace scimledger::projections
