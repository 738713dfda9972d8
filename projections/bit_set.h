#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace scimledger::projections {

/// A set of numbers below a fixed size, one bit each. A million rows are 125 KB: whatever filters
/// do with such sets costs microseconds, however many rows are in them.
class BitSet {
 public:
  enum class Filled : std::uint8_t { kNo, kYes };

  explicit BitSet(std::size_t size, Filled filled = Filled::kNo);

  std::size_t size() const { return size_; }
  bool Test(std::size_t at) const { return ((words_[at / kBits] >> (at % kBits)) & 1U) != 0; }
  void Set(std::size_t at) { words_[at / kBits] |= std::uint64_t{1} << (at % kBits); }
  void Clear(std::size_t at) { words_[at / kBits] &= ~(std::uint64_t{1} << (at % kBits)); }

  // The other set has the same size.
  void And(const BitSet& other);
  void Or(const BitSet& other);
  void Subtract(const BitSet& other);

  bool empty() const;
  std::size_t Count() const { return CountBetween(0, size_); }
  std::size_t CountBetween(std::size_t begin, std::size_t end) const;
  /// The first number in the set from `at` on; size() if there is none.
  std::size_t NextFrom(std::size_t at) const;

  /// Visits the numbers in ascending order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        visit(word * kBits + static_cast<std::size_t>(std::countr_zero(bits)));
      }
    }
  }

  /// Makes the set that of the numbers for which `test` holds; it should not branch.
  template <typename Test>
  void Fill(const Test& test) {
    for (std::size_t begin = 0; begin < size_; begin += kBits) {
      const std::size_t count = size_ - begin < kBits ? size_ - begin : kBits;
      std::uint64_t bits = 0;
      for (std::size_t at = 0; at < count; ++at) {
        bits |= static_cast<std::uint64_t>(test(begin + at)) << at;
      }
      words_[begin / kBits] = bits;
    }
  }

  /// As stored: 64 numbers a word, the lowest bit first.
  std::span<const std::uint64_t> words() const { return words_; }
  /// nullopt: not as many words as the size needs, or a number beyond it.
  static std::optional<BitSet> FromWords(std::size_t size, std::vector<std::uint64_t> words);

  std::size_t memory_bytes() const { return words_.capacity() * sizeof(std::uint64_t); }

 private:
  static constexpr std::size_t kBits = 64;

  std::size_t size_;
  std::vector<std::uint64_t> words_;  ///< bits beyond size_ are 0
};

}  // namespace scimledger::projections
