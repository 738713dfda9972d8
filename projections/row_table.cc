#include "projections/row_table.h"

#include <algorithm>
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

void RowTable::CompareLeaves(const Leaf* a, const Leaf* b, std::uint32_t first,
                             Difference& difference) {
  if (a == b) return;
  ++difference.leaves;
  for (std::uint32_t at = 0; at < (1U << kLeafBits); ++at) {
    const Resource* in_a = a == nullptr ? nullptr : a->rows[at].resource.get();
    const Resource* in_b = b == nullptr ? nullptr : b->rows[at].resource.get();
    if (in_a != in_b) difference.ordinals.push_back(first + at);
  }
}

RowTable::Difference RowTable::DifferenceFrom(const RowTable& other) const {
  Difference difference;
  if (root_.get() == other.root_.get()) return difference;
  const std::size_t branches =
      std::max(root_ ? root_->size() : 0, other.root_ ? other.root_->size() : 0);
  for (std::size_t branch = 0; branch < branches; ++branch) {
    const Branch* a = BranchAt(branch);
    const Branch* b = other.BranchAt(branch);
    if (a == b) continue;
    for (std::size_t leaf = 0; leaf < (std::size_t{1} << kBranchBits); ++leaf) {
      const std::size_t first = ((branch << kBranchBits) + leaf) << kLeafBits;
      CompareLeaves(a == nullptr ? nullptr : a->leaves[leaf].get(),
                    b == nullptr ? nullptr : b->leaves[leaf].get(),
                    static_cast<std::uint32_t>(first), difference);
    }
  }
  return difference;
}

}  // namespace scimledger::projections
