#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/filter.h"
#include "projections/bit_set.h"

namespace scimledger::projections {

/// Ranks `begin` ≤ rank < `end`.
struct KeyRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// What a column is made of; ColumnBuilder and MergeColumn make it.
struct ColumnParts {
  std::string text;                 ///< all keys one after another, ascending
  std::vector<std::uint32_t> ends;  ///< by rank: where the key ends in `text`
  /// By rank: where its slots end in `slots`. Empty: each key has one slot.
  std::vector<std::uint32_t> slot_ends;
  std::vector<std::uint32_t> slots;  ///< by rank, then ascending
  /// By slot: the rank of its key, or kNoRank. Empty: some slot has several keys.
  std::vector<std::uint32_t> ranks;
  /// Slots with a value. nullopt: those with a rank.
  std::optional<BitSet> valued;
  std::size_t slot_count = 0;
};

/// The values of one attribute of one resource type, as an index: every distinct key
/// (engine/ordered_key.h), sorted, and where it occurs. A key's place among them is its *rank*; a
/// *slot* is a row, or one element of a multi-valued attribute. Immutable.
class Column {
 public:
  static constexpr std::uint32_t kNoRank = ~std::uint32_t{0};

  explicit Column(ColumnParts parts);

  std::size_t slot_count() const { return parts_.slot_count; }
  std::uint32_t key_count() const { return static_cast<std::uint32_t>(parts_.ends.size()); }
  std::size_t key_bytes() const { return parts_.text.size(); }
  std::size_t longest_key() const { return longest_key_; }
  std::string_view KeyAt(std::uint32_t rank) const {
    const std::size_t begin = rank == 0 ? 0 : parts_.ends[rank - 1];
    return std::string_view(parts_.text).substr(begin, parts_.ends[rank] - begin);
  }
  /// The first rank whose key is not less.
  std::uint32_t LowerBound(std::string_view key) const;
  /// Of eq, ne (the keys that are equal), sw and the orderings.
  KeyRange RangeOf(CompareOperator op, std::string_view operand) const;
  KeyRange AllKeys() const { return {0, key_count()}; }
  /// Visits the ranks of keys that contain `sought`, or end with it, in ascending order.
  template <typename Visit>
  void ForEachKeyWith(CompareOperator op, std::string_view sought, const Visit& visit) const;

  /// Slots by rank; each key's in ascending order.
  std::span<const std::uint32_t> SlotsOf(KeyRange range) const {
    const std::size_t begin = SlotsBefore(range.begin);
    return std::span(parts_.slots).subspan(begin, SlotsBefore(range.end) - begin);
  }
  std::size_t SlotsBefore(std::uint32_t rank) const {
    if (parts_.slot_ends.empty()) return rank;
    return rank == 0 ? 0 : parts_.slot_ends[rank - 1];
  }
  std::size_t CountIn(KeyRange range) const {
    return SlotsBefore(range.end) - SlotsBefore(range.begin);
  }
  /// Whether no slot has several keys: then there are ranks.
  bool has_ranks() const { return parts_.ranks.size() == parts_.slot_count; }
  std::span<const std::uint32_t> ranks() const { return parts_.ranks; }

  /// The slots with a value.
  BitSet Valued() const;
  const ColumnParts& parts() const { return parts_; }
  std::size_t memory_bytes() const;

 private:
  /// The next rank from `rank` on whose key contains `sought`; key_count() if there is none.
  std::uint32_t NextWith(std::string_view sought, std::uint32_t rank) const;
  /// The next rank from `rank` on whose key ends with `sought`; key_count() if there is none.
  std::uint32_t NextEnding(std::string_view sought, std::uint32_t rank) const;
  std::uint32_t RankAtByte(std::size_t at, std::uint32_t from) const;

  ColumnParts parts_;
  std::size_t longest_key_ = 0;
};

template <typename Visit>
void Column::ForEachKeyWith(CompareOperator op, std::string_view sought, const Visit& visit) const {
  if (op == CompareOperator::kEw || sought.empty()) {
    for (std::uint32_t rank = NextEnding(sought, 0); rank < key_count();
         rank = NextEnding(sought, rank + 1)) {
      visit(rank);
    }
    return;
  }
  for (std::uint32_t rank = NextWith(sought, 0); rank < key_count();
       rank = NextWith(sought, rank + 1)) {
    visit(rank);
  }
}

}  // namespace scimledger::projections
