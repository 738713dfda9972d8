#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "projections/query.h"
#include "projections/type_index.h"

namespace scimledger::projections {

/// Where a row comes in a list. Places compare as the list is ordered.
struct WalkPlace {
  std::size_t group = 0;  ///< rows that sort alike are one group
  std::size_t at = 0;
  friend auto operator<=>(const WalkPlace&, const WalkPlace&) = default;
};

/// One match, as far as its place in the list goes. Keys are without the byte that tells their type
/// (engine/sort_key.h).
struct Hit {
  std::uint32_t ordinal = 0;
  std::optional<std::string_view> key;
};

/// Whether `a` comes first in a list of this order.
bool ComesBefore(ListOrder order, const Hit& a, const Hit& b);

/// Goes through the matches among an index's rows in the order of a list, by the ranks of a column,
/// without a look at any row.
class RowWalk {
 public:
  /// `column`: what the list is sorted by; nullptr: nothing, or no row has a value. All must
  /// outlive it.
  RowWalk(const TypeRows& rows, const BitSet& hits, const Column* column, ListOrder order);

  /// Where this hit is, or would be inserted.
  WalkPlace PlaceOf(const Hit& hit) const;
  void MoveTo(const WalkPlace& place);
  bool is_done() const { return place_.group == group_count_; }
  const WalkPlace& place() const { return place_; }
  Hit hit() const;
  void Next();
  /// Passes up to `count` matches that come before `limit`; tells how many.
  std::size_t Skip(std::size_t count, const WalkPlace& limit);

 private:
  std::size_t key_count() const { return column_ == nullptr ? 0 : column_->key_count(); }
  bool IsValueless(std::size_t group) const { return group == valueless_group_; }
  std::uint32_t RankOf(std::size_t group) const;
  std::size_t GroupOf(std::uint32_t rank) const;
  std::size_t FirstIn(std::size_t group) const;
  std::size_t EndOf(std::size_t group) const;
  std::size_t RowAtPlace() const;
  void FindHit();

  const TypeRows& rows_;
  const BitSet& hits_;
  const Column* column_;
  bool is_descending_;
  std::size_t group_count_;
  std::size_t valueless_group_;
  BitSet valueless_;  ///< hits without a key
  WalkPlace place_;
};

}  // namespace scimledger::projections
