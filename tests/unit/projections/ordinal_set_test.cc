#include "projections/ordinal_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace scimledger::projections {
namespace {

std::vector<std::uint32_t> From(const OrdinalSet& set, std::size_t index) {
  std::vector<std::uint32_t> seen;
  set.AnyFrom(index, [&](std::uint32_t ordinal) {
    seen.push_back(ordinal);
    return false;
  });
  return seen;
}

void ExpectEqual(const OrdinalSet& set, const std::set<std::uint32_t>& model) {
  const std::vector<std::uint32_t> expected(model.begin(), model.end());
  EXPECT_EQ(set.size(), model.size());
  EXPECT_EQ(set.empty(), model.empty());
  EXPECT_EQ(From(set, 0), expected);
  std::vector<std::uint32_t> appended;
  set.AppendTo(appended);
  EXPECT_EQ(appended, expected);
}

TEST(OrdinalSetTest, IsASetOfAnySize) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    // Small ranges stay vectors, large ones become bitmaps and shrink again.
    const std::uint32_t range = seed % 2 == 0 ? 50 : 200'000;
    OrdinalSet set;
    std::set<std::uint32_t> model;
    for (int step = 0; step < 600; ++step) {
      const auto ordinal = static_cast<std::uint32_t>(random() % range);
      const bool is_removal = random() % 3 == 0 && !model.empty();
      if (is_removal) {
        const std::uint32_t victim = random() % 2 == 0 ? *model.begin() : ordinal;
        EXPECT_EQ(set.Remove(victim), model.erase(victim) == 1);
      } else {
        EXPECT_EQ(set.Add(ordinal), model.insert(ordinal).second);
      }
      EXPECT_EQ(set.Contains(ordinal), model.contains(ordinal));
    }
    ExpectEqual(set, model);
    while (!model.empty()) {
      EXPECT_TRUE(set.Remove(*model.begin()));
      model.erase(model.begin());
    }
    ExpectEqual(set, model);
  }
}

TEST(OrdinalSetTest, StartsAtAnIndexAndStopsWhenTold) {
  for (const std::uint32_t count : {10U, 5'000U}) {
    OrdinalSet set;
    for (std::uint32_t ordinal = 0; ordinal < count; ++ordinal) set.Add(ordinal * 3);

    const std::vector<std::uint32_t> tail = From(set, count - 2);
    EXPECT_EQ(tail, (std::vector<std::uint32_t>{(count - 2) * 3, (count - 1) * 3}));
    EXPECT_TRUE(From(set, count).empty());

    std::size_t visits = 0;
    EXPECT_TRUE(set.Any([&](std::uint32_t ordinal) {
      ++visits;
      return ordinal == 6;
    }));
    EXPECT_EQ(visits, 3U);
  }
}

TEST(OrdinalSetTest, CopiesAreIndependent) {
  for (const std::uint32_t count : {10U, 5'000U}) {
    OrdinalSet set;
    for (std::uint32_t ordinal = 0; ordinal < count; ++ordinal) set.Add(ordinal);
    OrdinalSet copy = set;

    set.Remove(0);
    copy.Add(count);

    EXPECT_EQ(set.size(), count - 1);
    EXPECT_TRUE(copy.Contains(0));
    EXPECT_FALSE(set.Contains(count));
  }
}

}  // namespace
}  // namespace scimledger::projections
