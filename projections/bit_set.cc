#include "projections/bit_set.h"

#include <algorithm>
#include <utility>

namespace scimledger::projections {

BitSet::BitSet(std::size_t size, Filled filled)
    : size_(size),
      words_((size + kBits - 1) / kBits, filled == Filled::kYes ? ~std::uint64_t{0} : 0) {
  if (filled == Filled::kYes && size % kBits != 0) {
    words_.back() = (std::uint64_t{1} << (size % kBits)) - 1;
  }
}

std::optional<BitSet> BitSet::FromWords(std::size_t size, std::vector<std::uint64_t> words) {
  if (words.size() != size / kBits + (size % kBits != 0 ? 1 : 0)) return std::nullopt;
  if (size % kBits != 0 && (words.back() >> (size % kBits)) != 0) return std::nullopt;
  BitSet set(size);
  set.words_ = std::move(words);
  return set;
}

void BitSet::And(const BitSet& other) {
  for (std::size_t at = 0; at < words_.size(); ++at) words_[at] &= other.words_[at];
}

void BitSet::Or(const BitSet& other) {
  for (std::size_t at = 0; at < words_.size(); ++at) words_[at] |= other.words_[at];
}

void BitSet::Subtract(const BitSet& other) {
  for (std::size_t at = 0; at < words_.size(); ++at) words_[at] &= ~other.words_[at];
}

bool BitSet::empty() const {
  return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
}

std::size_t BitSet::CountBetween(std::size_t begin, std::size_t end) const {
  if (begin >= end) return 0;
  const std::uint64_t head = ~std::uint64_t{0} << (begin % kBits);
  const std::uint64_t tail =
      end % kBits == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (end % kBits)) - 1;
  const std::size_t first = begin / kBits;
  const std::size_t last = (end - 1) / kBits;
  if (first == last) return static_cast<std::size_t>(std::popcount(words_[first] & head & tail));
  auto count = static_cast<std::size_t>(std::popcount(words_[first] & head));
  for (std::size_t at = first + 1; at < last; ++at) {
    count += static_cast<std::size_t>(std::popcount(words_[at]));
  }
  return count + static_cast<std::size_t>(std::popcount(words_[last] & tail));
}

std::size_t BitSet::NextFrom(std::size_t at) const {
  if (at >= size_) return size_;
  std::size_t word = at / kBits;
  std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (at % kBits));
  while (bits == 0) {
    if (++word == words_.size()) return size_;
    bits = words_[word];
  }
  return word * kBits + static_cast<std::size_t>(std::countr_zero(bits));
}

}  // namespace scimledger::projections
