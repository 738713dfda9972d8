#include "projections/column.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "projections/text_search.h"

namespace scimledger::projections {
namespace {

template <typename T>
std::size_t BytesOf(const std::vector<T>& values) {
  return values.capacity() * sizeof(T);
}

/// The first rank below `count` for which `is_before` does not hold.
template <typename IsBefore>
std::uint32_t FirstNot(std::uint32_t count, const IsBefore& is_before) {
  std::uint32_t begin = 0;
  while (count > 0) {
    const std::uint32_t half = count / 2;
    if (is_before(begin + half)) {
      begin += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return begin;
}

}  // namespace

Column::Column(ColumnParts parts) : parts_(std::move(parts)) {
  std::uint32_t begin = 0;
  for (const std::uint32_t end : parts_.ends) {
    longest_key_ = std::max<std::size_t>(longest_key_, end - begin);
    begin = end;
  }
}

std::uint32_t Column::LowerBound(std::string_view key) const {
  return FirstNot(key_count(), [&](std::uint32_t rank) { return KeyAt(rank) < key; });
}

KeyRange Column::RangeOf(CompareOperator op, std::string_view operand) const {
  const std::uint32_t lower = LowerBound(operand);
  const bool is_there = lower < key_count() && KeyAt(lower) == operand;
  const std::uint32_t upper = lower + (is_there ? 1 : 0);
  switch (op) {
    case CompareOperator::kEq:
    case CompareOperator::kNe:
      return {lower, upper};
    case CompareOperator::kGt:
      return {upper, key_count()};
    case CompareOperator::kGe:
      return {lower, key_count()};
    case CompareOperator::kLt:
      return {0, lower};
    case CompareOperator::kLe:
      return {0, upper};
    case CompareOperator::kSw:
      return {lower, FirstNot(key_count(), [&](std::uint32_t rank) {
                return KeyAt(rank).substr(0, operand.size()) <= operand;
              })};
    case CompareOperator::kCo:
    case CompareOperator::kEw:
      break;
  }
  return {};
}

std::uint32_t Column::RankAtByte(std::size_t at, std::uint32_t from) const {
  // Hits come in ascending order and often close together.
  std::uint32_t step = 1;
  std::uint32_t end = from;
  while (end < key_count() && parts_.ends[end] <= at) {
    from = end;
    end = key_count() - end < step ? key_count() : end + step;
    step *= 2;
  }
  const auto first = parts_.ends.begin();
  const auto found = std::upper_bound(first + from, first + end, static_cast<std::uint32_t>(at));
  return static_cast<std::uint32_t>(found - first);
}

std::uint32_t Column::NextWith(std::string_view sought, std::uint32_t rank) const {
  if (rank >= key_count()) return key_count();
  std::size_t from = rank == 0 ? 0 : parts_.ends[rank - 1];
  while (true) {
    const std::size_t at = FindText(parts_.text, sought, from);
    if (at == std::string_view::npos) return key_count();
    rank = RankAtByte(at, rank);
    if (at + sought.size() <= parts_.ends[rank]) return rank;
    from = at + 1;  // it reaches over into the next key
  }
}

std::uint32_t Column::NextEnding(std::string_view sought, std::uint32_t rank) const {
  // The first bytes of an end tell more than its last: addresses end alike.
  std::uint64_t head = 0;
  const std::size_t head_bytes = std::min(sought.size(), sizeof head);
  const char* const text = parts_.text.data();
  std::memcpy(&head, sought.data(), head_bytes);
  for (; rank < key_count(); ++rank) {
    const std::size_t end = parts_.ends[rank];
    if (end < sought.size()) continue;
    const char* const tail = text + end - sought.size();
    std::uint64_t bytes = 0;
    if (head_bytes == sizeof head) {
      std::memcpy(&bytes, tail, sizeof bytes);
    } else {
      std::memcpy(&bytes, tail, head_bytes);
    }
    if (bytes == head && KeyAt(rank).ends_with(sought)) return rank;
  }
  return key_count();
}

BitSet Column::Valued() const {
  if (parts_.valued) return *parts_.valued;
  BitSet valued(parts_.slot_count);
  valued.Fill([&](std::size_t slot) { return parts_.ranks[slot] != kNoRank; });
  return valued;
}

std::size_t Column::memory_bytes() const {
  return sizeof *this + parts_.text.capacity() + BytesOf(parts_.ends) + BytesOf(parts_.slot_ends) +
         BytesOf(parts_.slots) + BytesOf(parts_.ranks) +
         (parts_.valued ? parts_.valued->memory_bytes() : 0);
}

}  // namespace scimledger::projections
