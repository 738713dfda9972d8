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
#include <vector>

#include "projections/directory.h"
#include "projections/index_budget.h"
#include "projections/type_index.h"

namespace scimledger::projections {

/// Columns over one view, the base. Immutable; a query reads its own view through it by leaving out
/// the rows that differ between the two.
struct IndexState {
  std::shared_ptr<const FrozenView> base;
  std::map<ResourceTypeId, TypeIndexPtr> types;

  /// nullptr: not there.
  ColumnPtr Find(ResourceTypeId type, const ColumnKey& key) const;
  std::vector<ColumnName> Names() const;
  std::size_t memory_bytes() const;
};
using IndexStatePtr = std::shared_ptr<const IndexState>;

struct AttributeIndexOptions {
  /// Of all indexes that were given the same one. nullptr: one of its own.
  std::shared_ptr<IndexBudget> budget{};
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

  /// Forgets everything: the directory is another one now. The columns of a large one are made
  /// again by the thread.
  void Clear();
  /// All columns over this view of the directory, for whoever stores both. nullptr: there are none.
  IndexStatePtr BringTo(const std::shared_ptr<const FrozenView>& view);
  /// Takes over columns that were stored. Before any query.
  void Adopt(IndexState state);
  /// As if a query had just asked for these columns, which the thread makes.
  void Expect(std::span<const ColumnName> names);
  void Configure(const AttributeIndexOptions& options);
  std::shared_ptr<IndexBudget> budget() const;
  /// Of all columns, without what the base keeps of rows that have changed since.
  std::size_t memory_bytes() const;
  /// Until the thread has made and renewed all that was asked of it; for tests and benchmarks.
  void WaitUntilIdle();

 private:
  using Clock = std::chrono::steady_clock;

  friend class IndexBudget;

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
  /// Exchanges the state, under mutex_, and returns the one before.
  IndexStatePtr Set(IndexStatePtr state);
  std::optional<ColumnUse> LeastRecentlyUsed() const;
  /// Returns the state before. `refused_until`: it is not made again before then.
  IndexStatePtr Drop(const ColumnName& name, std::optional<Clock::time_point> refused_until);
  static void Drop(IndexState& state, const ColumnName& name);

  const Freeze freeze_;
  std::mutex build_mutex_;  ///< held while columns are made; taken before mutex_

  mutable std::mutex mutex_;  ///< everything below; held for moments, never while freezing
  AttributeIndexOptions options_;
  IndexStatePtr state_;
  std::uint64_t generation_ = 0;   ///< of Clear
  std::size_t charged_bytes_ = 0;  ///< to the budget
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
