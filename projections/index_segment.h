#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "projections/attribute_index.h"

namespace scimledger::projections {

/// The rows of a past moment that are not the present ones, with columns of their own: together
/// with the columns of the present directory, without these rows, they answer a query about that
/// moment. Immutable but for its columns. Thread-safe.
class IndexSegment {
 public:
  /// `ordinals`: ascending; rows of `view` that differ from a later view of the directory, those
  /// that are missing in it among them. `budget` is what its columns are counted on.
  IndexSegment(const FrozenView& view, std::vector<std::uint32_t> ordinals,
               std::shared_ptr<IndexBudget> budget);

  std::span<const std::uint32_t> ordinals() const { return ordinals_; }
  /// Columns over these rows. nullptr: not all of the wanted ones are there (yet). Those of many
  /// rows are made for moments that are asked again, by a thread.
  IndexStatePtr Acquire(std::span<const ColumnName> wanted);
  /// What differs between the view and `base`, a view of the present directory, without these rows.
  std::shared_ptr<const RowTable::Difference> OutsideOf(
      const std::shared_ptr<const FrozenView>& base) const;

 private:
  const std::shared_ptr<const FrozenView> view_;  ///< all rows; its types have the segment's only
  const std::vector<std::uint32_t> ordinals_;
  AttributeIndex index_;

  mutable std::mutex mutex_;
  bool was_asked_ = false;
  /// Of the base that was asked for last: most queries find the same one.
  mutable std::weak_ptr<const FrozenView> base_;
  mutable std::shared_ptr<const RowTable::Difference> outside_;
};

}  // namespace scimledger::projections
