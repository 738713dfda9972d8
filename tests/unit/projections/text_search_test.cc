#include "projections/text_search.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace scimledger::projections {
namespace {

TEST(TextSearchTest, FindsWhatStringFindDoes) {
  std::mt19937 random(1);
  const auto text_of = [&](std::size_t size) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + random() % 3);
    return text;
  };
  int found = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = text_of(random() % 150);
    const std::string sought = text_of(1 + random() % 40 * (random() % 3 == 0 ? 1 : 0));
    const std::size_t from = random() % (text.size() + 2);
    const std::size_t at = FindText(text, sought, from);
    ASSERT_EQ(at, std::string_view(text).find(sought, from)) << text << ' ' << sought;
    if (at != std::string_view::npos && at > 40) ++found;
  }
  EXPECT_GT(found, 1000) << "beyond the first places that are looked at together";
}

}  // namespace
}  // namespace scimledger::projections
