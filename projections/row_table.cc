#include "projections/row_table.h"

#include <cstddef>

namespace scimledger::projections {
namespace {

constexpr std::size_t Low(std::uint32_t number, std::uint32_t bits) {
  return number & ((1U << bits) - 1U);
}

}  // namespace

const Row* RowTable::Find(std::uint32_t ordinal) const {
  const std::size_t branch = ordinal >> (kLeafBits + kBranchBits);
  if (!root_ || branch >= root_->size() || !(*root_)[branch]) return nullptr;
  const CopyOnWrite<Leaf>& leaf = (*root_)[branch]->leaves[Low(ordinal >> kLeafBits, kBranchBits)];
  return leaf ? &leaf->rows[Low(ordinal, kLeafBits)] : nullptr;
}

Row& RowTable::Mutable(std::uint32_t ordinal) {
  const std::size_t branch = ordinal >> (kLeafBits + kBranchBits);
  std::vector<CopyOnWrite<Branch>>& root = root_.Mutable();
  if (branch >= root.size()) root.resize(branch + 1);
  Leaf& leaf = root[branch].Mutable().leaves[Low(ordinal >> kLeafBits, kBranchBits)].Mutable();
  return leaf.rows[Low(ordinal, kLeafBits)];
}

}  // namespace scimledger::projections
