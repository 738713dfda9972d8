#include "projections/key_index.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace scimledger::projections {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

/// Keys that one, two and many hold, come and go in any order: the index says what a plain map of
/// sets says.
TEST(KeyIndexTest, TellsWhoHoldsAKeyAfterAnyHistory) {
  std::mt19937 random(17);
  KeyIndex index;
  std::map<KeyHash, std::set<std::uint32_t>> expected;
  for (int step = 0; step < 20'000; ++step) {
    const KeyHash key = HashKey(AttributeId{1}, std::to_string(random() % 200));
    const auto ordinal = static_cast<std::uint32_t>(random() % 6);
    if (random() % 2 == 0) {
      index.Add(key, ordinal);
      expected[key].insert(ordinal);
    } else {
      index.Remove(key, ordinal);
      expected[key].erase(ordinal);
    }
    const std::set<std::uint32_t>& holders = expected[key];
    ASSERT_EQ(index.Count(key), holders.size()) << step;
    std::vector<std::uint32_t> told;
    ASSERT_TRUE(index.AppendUpTo(key, kAll, told));
    ASSERT_EQ(told, std::vector<std::uint32_t>(holders.begin(), holders.end())) << step;
    if (holders.empty()) continue;
    told.clear();
    EXPECT_FALSE(index.AppendUpTo(key, holders.size() - 1, told));
    EXPECT_TRUE(told.empty());
  }
}

}  // namespace
}  // namespace scimledger::projections
