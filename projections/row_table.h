#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/resource.h"
#include "projections/copy_on_write.h"
#include "projections/ordinal_set.h"

namespace scimledger::projections {

/// What the directory holds of one resource.
struct Row {
  ResourcePtr resource;             ///< nullptr: never created, or deleted
  CopyOnWrite<OrdinalSet> members;  ///< of its reference set; empty for none
  /// Whose reference sets hold it. Deleted groups may linger here until the row's next change.
  CopyOnWrite<OrdinalSet> groups;
};

/// Rows by ordinal: a tree of copy-on-write nodes. A copy of the table is a frozen one and costs
/// one increment; changing a row afterwards copies the nodes on the way to it (some 200 pointers)
/// and nothing once the frozen copies are gone.
class RowTable {
 public:
  /// nullptr: beyond every row that was ever written.
  const Row* Find(std::uint32_t ordinal) const;
  Row& Mutable(std::uint32_t ordinal);

  /// What differs between two tables of one directory.
  struct Difference {
    std::vector<std::uint32_t> ordinals;  ///< ascending: the rows with another `resource`
    std::size_t leaves = 0;               ///< nodes that had to be looked at, 64 rows each
  };
  /// Costs what was changed in between, because tables share the nodes that were not.
  Difference DifferenceFrom(const RowTable& other) const;

 private:
  static constexpr std::uint32_t kLeafBits = 6;
  static constexpr std::uint32_t kBranchBits = 6;
  struct Leaf {
    std::array<Row, 1U << kLeafBits> rows;
  };
  struct Branch {
    std::array<CopyOnWrite<Leaf>, 1U << kBranchBits> leaves;
  };

  const Branch* BranchAt(std::size_t at) const {
    return root_ && at < root_->size() ? (*root_)[at].get() : nullptr;
  }
  static void CompareLeaves(const Leaf* a, const Leaf* b, std::uint32_t first,
                            Difference& difference);

  CopyOnWrite<std::vector<CopyOnWrite<Branch>>> root_;
};

}  // namespace scimledger::projections
