#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "api/tenant.h"
#include "projections/directory.h"
#include "projections/index_budget.h"

namespace scimledger::api {

/// Directories as they were at a sequence, by the tenants' histories. The last few are kept for a
/// while, since who asks about a moment asks more than once and a table of its rows takes a while
/// to make. Thread-safe.
class PastDirectories {
 public:
  /// `kept_for`: since somebody last asked for it.
  explicit PastDirectories(std::chrono::milliseconds kept_for = std::chrono::minutes(10))
      : kept_for_(kept_for) {}
  ~PastDirectories();
  PastDirectories(const PastDirectories&) = delete;
  PastDirectories& operator=(const PastDirectories&) = delete;

  /// Whether At answers at once.
  static bool IsAtHand(const Tenant& tenant, Sequence sequence);
  /// `sequence`: before the log's head. Waits until the history has passed it; kUnavailable: not
  /// within ten seconds, or it cannot follow the log at the moment.
  [[nodiscard]] storage::Result<std::shared_ptr<const projections::DirectoryReader>> At(
      const Tenant& tenant, Sequence sequence);

 private:
  /// Each holds the rows that changed since its moment: memory, not time, is the limit.
  static constexpr std::size_t kKeptMax = 4;
  static constexpr std::chrono::seconds kWait{10};

  using Clock = std::chrono::steady_clock;
  using DirectoryPtr = std::shared_ptr<const projections::DirectoryReader>;

  struct Entry {
    const Tenant* tenant = nullptr;
    std::uint64_t rebuilds = 0;  ///< the tenant's when it was made
    DirectoryPtr directory;
    Clock::time_point used_at;
  };

  /// nullptr: not kept, or of projections that were made again since.
  DirectoryPtr FindKept(const Tenant& tenant, Sequence sequence, Clock::time_point now);
  void Keep(Entry entry);
  void DropUnused();

  const std::chrono::milliseconds kept_for_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopping_ = false;
  std::vector<Entry> kept_;     ///< the one used last at the end
  std::vector<Entry> dropped_;  ///< let go of by the thread
  /// Rows that changed since a kept moment stay in memory with it, so none stays because nobody
  /// asks for another. Runs once something is kept.
  std::thread dropping_;
};

}  // namespace scimledger::api
