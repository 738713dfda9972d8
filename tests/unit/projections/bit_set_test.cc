#include "projections/bit_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace scimledger::projections {
namespace {

std::vector<std::size_t> Numbers(const BitSet& set) {
  std::vector<std::size_t> numbers;
  set.ForEach([&](std::size_t number) { numbers.push_back(number); });
  return numbers;
}

std::vector<std::size_t> Numbers(const std::set<std::size_t>& set) {
  return {set.begin(), set.end()};
}

TEST(BitSetTest, DoesWhatASetDoes) {
  std::mt19937 random(1);
  for (const std::size_t size : {1U, 63U, 64U, 65U, 200U}) {
    for (int round = 0; round < 50; ++round) {
      BitSet a(size);
      BitSet b(size);
      std::set<std::size_t> in_a;
      std::set<std::size_t> in_b;
      for (std::size_t count = random() % size; count > 0; --count) {
        const std::size_t number = random() % size;
        a.Set(number);
        in_a.insert(number);
        const std::size_t other = random() % size;
        b.Set(other);
        in_b.insert(other);
      }
      EXPECT_EQ(Numbers(a), Numbers(in_a));
      EXPECT_EQ(a.empty(), in_a.empty());
      const std::size_t begin = random() % (size + 1);
      const std::size_t end = random() % (size + 1);
      std::size_t between = 0;
      for (const std::size_t number : in_a) between += number >= begin && number < end ? 1 : 0;
      EXPECT_EQ(a.CountBetween(begin, end), between);
      const auto next = in_a.lower_bound(begin);
      EXPECT_EQ(a.NextFrom(begin), next == in_a.end() ? size : *next);

      BitSet both = a;
      both.And(b);
      BitSet any = a;
      any.Or(b);
      BitSet without = a;
      without.Subtract(b);
      for (std::size_t number = 0; number < size; ++number) {
        EXPECT_EQ(both.Test(number), in_a.contains(number) && in_b.contains(number));
        EXPECT_EQ(any.Test(number), in_a.contains(number) || in_b.contains(number));
        EXPECT_EQ(without.Test(number), in_a.contains(number) && !in_b.contains(number));
      }
      if (!in_a.empty()) {
        a.Clear(*in_a.begin());
        in_a.erase(in_a.begin());
      }
      EXPECT_EQ(Numbers(a), Numbers(in_a));
    }
  }
}

TEST(BitSetTest, AFilledOneHasEveryNumberBelowItsSize) {
  for (const std::size_t size : {0U, 1U, 64U, 65U, 130U}) {
    EXPECT_EQ(BitSet(size, BitSet::Filled::kYes).Count(), size);
    BitSet set(size, BitSet::Filled::kYes);
    set.Fill([](std::size_t number) { return number % 3 == 0; });
    EXPECT_EQ(set.Count(), (size + 2) / 3);
    EXPECT_EQ(BitSet(size).NextFrom(0), size);
  }
}

}  // namespace
}  // namespace scimledger::projections
