#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "projections/column_source.h"

namespace scimledger::projections {

class AttributeIndex;

/// Names a column of a directory.
using ColumnName = std::pair<ResourceTypeId, ColumnKey>;

/// When a column was asked for last.
struct ColumnUse {
  std::chrono::steady_clock::time_point time;
  ColumnName name;
};

/// The memory that the columns of several directories may take together. Beyond it the columns go
/// that nobody used for longest, whosesoever they are. Thread-safe.
class IndexBudget {
 public:
  static constexpr std::size_t kDefaultBytes = std::size_t{256} << 20U;

  /// 0: no columns, so every query that is not a key lookup scans.
  explicit IndexBudget(std::size_t bytes_max = kDefaultBytes) : bytes_max_(bytes_max) {}
  IndexBudget(const IndexBudget&) = delete;
  IndexBudget& operator=(const IndexBudget&) = delete;

  std::size_t bytes_max() const { return bytes_max_; }
  /// Of all columns there are.
  std::size_t bytes_used() const { return bytes_used_.load(std::memory_order_relaxed); }

 private:
  friend class AttributeIndex;

  void Join(AttributeIndex& index);
  void Leave(AttributeIndex& index);
  void Charge(std::size_t before, std::size_t after) { bytes_used_ += after - before; }
  /// Drops columns until the rest fits: `made`, which `by` has just made, if all others were used
  /// within `keep`. The caller holds no lock of an index but that on making columns.
  void MakeRoom(AttributeIndex& by, const ColumnName* made, std::chrono::milliseconds keep);

  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_used_{0};
  std::mutex mutex_;  ///< taken before the mutex_ of an index
  std::vector<AttributeIndex*> indexes_;
};

}  // namespace scimledger::projections
