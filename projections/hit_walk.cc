#include "projections/hit_walk.h"

#include <algorithm>

namespace scimledger::projections {

bool ComesBefore(ListOrder order, const Hit& a, const Hit& b) {
  if (order == ListOrder::kCreation) return a.ordinal < b.ordinal;
  const bool is_ascending = order == ListOrder::kAscending;
  if (a.key.has_value() != b.key.has_value()) return a.key.has_value() == is_ascending;
  if (a.key && *a.key != *b.key) return (*a.key < *b.key) == is_ascending;
  return a.ordinal < b.ordinal;
}

RowWalk::RowWalk(const TypeRows& rows, const BitSet& hits, const Column* column, ListOrder order)
    : rows_(rows),
      hits_(hits),
      column_(column != nullptr && column->key_count() > 0 ? column : nullptr),
      is_descending_(order == ListOrder::kDescending),
      group_count_(key_count() + 1),
      valueless_group_(is_descending_ ? 0 : key_count()),
      valueless_(hits) {
  if (column_ != nullptr) {
    BitSet ranked(rows.size());
    const auto ranks = column_->ranks();
    ranked.Fill([&](std::size_t row) { return ranks[row] != Column::kNoRank; });
    valueless_.Subtract(ranked);
  }
  FindHit();
}

std::uint32_t RowWalk::RankOf(std::size_t group) const {
  return static_cast<std::uint32_t>(is_descending_ ? key_count() - group : group);
}

std::size_t RowWalk::GroupOf(std::uint32_t rank) const {
  return is_descending_ ? key_count() - rank : rank;
}

std::size_t RowWalk::FirstIn(std::size_t group) const {
  if (group >= group_count_ || IsValueless(group)) return 0;
  return column_->SlotsBefore(RankOf(group));
}

std::size_t RowWalk::EndOf(std::size_t group) const {
  return IsValueless(group) ? rows_.size() : column_->SlotsBefore(RankOf(group) + 1);
}

WalkPlace RowWalk::PlaceOf(const Hit& hit) const {
  const std::size_t row = rows_.LowerBound(hit.ordinal);
  if (!hit.key) return {valueless_group_, row};
  if (column_ == nullptr) {
    // All keys come before, or after, those without one.
    return {is_descending_ ? group_count_ : 0, 0};
  }
  const std::uint32_t rank = column_->LowerBound(*hit.key);
  const bool is_there = rank < column_->key_count() && column_->KeyAt(rank) == *hit.key;
  if (!is_there) {
    // Before the next greater key; descending: after it, before the next smaller one.
    const std::size_t group = is_descending_ ? key_count() - rank + 1 : rank;
    return {group, FirstIn(group)};
  }
  const auto slots = column_->SlotsOf({rank, rank + 1});
  const auto found = std::lower_bound(slots.begin(), slots.end(), row);
  return {GroupOf(rank),
          column_->SlotsBefore(rank) + static_cast<std::size_t>(found - slots.begin())};
}

void RowWalk::MoveTo(const WalkPlace& place) {
  place_ = place;
  FindHit();
}

std::size_t RowWalk::RowAtPlace() const {
  return IsValueless(place_.group) ? place_.at : column_->parts().slots[place_.at];
}

Hit RowWalk::hit() const {
  Hit hit{rows_.OrdinalAt(RowAtPlace()), std::nullopt};
  if (!IsValueless(place_.group)) hit.key = column_->KeyAt(RankOf(place_.group));
  return hit;
}

void RowWalk::Next() {
  ++place_.at;
  FindHit();
}

void RowWalk::FindHit() {
  while (place_.group < group_count_) {
    if (IsValueless(place_.group)) {
      place_.at = valueless_.NextFrom(place_.at);
      if (place_.at < valueless_.size()) return;
    } else {
      const auto& slots = column_->parts().slots;
      const std::size_t end = EndOf(place_.group);
      while (place_.at < end && !hits_.Test(slots[place_.at])) ++place_.at;
      if (place_.at < end) return;
    }
    ++place_.group;
    place_.at = FirstIn(place_.group);
  }
}

std::size_t RowWalk::Skip(std::size_t count, const WalkPlace& limit) {
  constexpr std::size_t kStride = 4096;
  std::size_t skipped = 0;
  while (skipped < count && !is_done() && place_ < limit) {
    if (IsValueless(place_.group)) {
      const std::size_t end = limit.group > place_.group ? rows_.size() : limit.at;
      const std::size_t stop = std::min(place_.at + kStride, end);
      const std::size_t hits = valueless_.CountBetween(place_.at, stop);
      if (hits <= count - skipped) {
        skipped += hits;
        MoveTo({place_.group, stop});
        continue;
      }
    }
    ++skipped;
    Next();
  }
  return skipped;
}

}  // namespace scimledger::projections
