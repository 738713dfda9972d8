#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "api/tenant.h"
#include "projections/directory.h"
#include "projections/index_budget.h"

namespace scimledger::api {

/// Directories as they were at a sequence, by the tenants' histories. The last few are kept, since
/// who asks about a moment asks more than once and a table of its rows takes a while to make.
/// Thread-safe.
class PastDirectories {
 public:
  /// Whether At answers at once.
  static bool IsAtHand(const Tenant& tenant, Sequence sequence);
  /// `sequence`: before the log's head. Waits until the history has passed it; kUnavailable: not
  /// within ten seconds, because it is being made again.
  [[nodiscard]] storage::Result<std::shared_ptr<const projections::DirectoryReader>> At(
      const Tenant& tenant, Sequence sequence);

 private:
  /// Each holds the rows that changed since its moment: memory, not time, is the limit.
  static constexpr std::size_t kKeptMax = 4;
  static constexpr std::chrono::seconds kWait{10};

  struct Entry {
    const Tenant* tenant = nullptr;
    std::shared_ptr<const projections::DirectoryReader> directory;
  };

  std::mutex mutex_;
  std::vector<Entry> kept_;  ///< the one used last at the end
};

}  // namespace scimledger::api
