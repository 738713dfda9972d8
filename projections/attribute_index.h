#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "projections/directory.h"
#include "projections/type_index.h"

namespace scimledger::projections {

/// Columns over one view, the base. Immutable; a query reads its own view through it by leaving out
/// the rows that differ between the two.
struct IndexState {
  std::shared_ptr<const FrozenView> base;
  std::map<ResourceTypeId, TypeIndexPtr> types;

  /// nullptr: not there.
  ColumnPtr Find(ResourceTypeId type, const ColumnKey& key) const;
  std::size_t memory_bytes() const;
};
using IndexStatePtr = std::shared_ptr<const IndexState>;

struct AttributeIndexOptions {
  /// Beyond it the columns that nobody used lately go, or new ones are not made. 0: queries scan.
  std::size_t memory_max_bytes = std::size_t{256} << 20U;
  /// Directories of so many rows are indexed by the query itself; larger ones by a thread, while
  /// queries scan.
  std::size_t rows_at_once = 20'000;
  /// So many changed rows since the base, or one of `rows_per_change` rows, and the base is
  /// renewed.
  std::size_t changes_min = 1'000;
  std::size_t rows_per_change = 256;
  /// A column used within this time does not go for another one.
  std::chrono::milliseconds keep{60'000};
};

/// The attribute index: columns (column.h) made when a query first asks for them, brought up to
/// date behind the queries' backs, and dropped when they are too many. It is no part of the
/// directory's state: the writer knows nothing of it.
///
/// Threads: any may call anything. Queries wait for nobody else's work.
class AttributeIndex {
 public:
  using Freeze = std::function<std::shared_ptr<const FrozenView>()>;
  using ColumnName = std::pair<ResourceTypeId, ColumnKey>;

  /// `freeze` takes a view of the directory; it must not call back.
  explicit AttributeIndex(Freeze freeze);
  ~AttributeIndex();
  AttributeIndex(const AttributeIndex&) = delete;
  AttributeIndex& operator=(const AttributeIndex&) = delete;

  /// What there is, with those of the wanted columns that are there or can be made at once; the
  /// others are on their way. nullptr: nothing.
  IndexStatePtr Acquire(std::span<const ColumnName> wanted);
  /// Asks for the columns and waits until they are made, or will not be, or the deadline passes.
  void WaitFor(std::span<const ColumnName> wanted, std::chrono::steady_clock::time_point deadline);
  /// Tells how much differs from the state's base, so that it can be renewed.
  void Report(const IndexState& state, const RowTable::Difference& difference);

  /// Forgets everything: the directory is another one now.
  void Clear();
  void Configure(const AttributeIndexOptions& options);
  /// Of all columns, without what the base keeps of rows that have changed since.
  std::size_t memory_bytes() const;
  /// Until the thread has made and renewed all that was asked of it; for tests and benchmarks.
  void WaitUntilIdle();

 private:
  using Clock = std::chrono::steady_clock;

  bool CanBuildAtOnce(const ColumnName& name, const IndexState* state) const;
  void Ask(std::span<const ColumnName> names, bool renew);
  void StartThread();
  void Work();
  void WorkOnce(std::unique_lock<std::mutex>& lock);
  void LookAround();
  void Build(const ColumnName& name);
  void Renew();
  bool IsDue(const IndexState& state, const RowTable::Difference& difference) const;
  void Publish(IndexState state, const ColumnName* made, std::uint64_t generation);
  void MakeRoom(IndexState& state, const ColumnName* made);
  std::optional<ColumnName> LeastRecentlyUsed(const IndexState& state) const;
  static void Drop(IndexState& state, const ColumnName& name);

  const Freeze freeze_;
  std::mutex build_mutex_;  ///< held while columns are made; taken before mutex_

  mutable std::mutex mutex_;  ///< everything below; held for moments, never while freezing
  AttributeIndexOptions options_;
  IndexStatePtr state_;
  std::uint64_t generation_ = 0;  ///< of Clear
  std::map<ColumnName, Clock::time_point> last_used_;
  std::map<ColumnName, Clock::time_point> refused_;  ///< too large, until then
  std::set<ColumnName> asked_;
  bool is_renewal_asked_ = false;
  bool is_working_ = false;
  bool is_ending_ = false;
  Clock::time_point next_renewal_;  ///< so that renewing leaves most of the time to others
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::thread thread_;  ///< from the first time that it is needed
};

}  // namespace scimledger::projections
