#include "engine/text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace scimledger {
namespace {

TEST(TextTest, FoldCaseMergesSpellingsThatUsersTakeForOneName) {
  const std::vector<std::pair<std::string, std::string>> equal = {
      {"Jane.Doe@Example.COM", "jane.doe@example.com"},
      {"STRASSE", "straße"},
      {"STRAẞE", "strasse"},
      {"ΟΔΥΣΣΕΥΣ", "οδυσσευς"},              // final sigma folds to sigma
      {"J\u00FCrgen", "Ju\u0308rgen"},       // composed, decomposed
      {"\uFF2A\uFF21\uFF2E\uFF25", "jane"},  // fullwidth
      {"\uFB01ona", "fiona"},                // ligature
      {"\u212Bsa", "åsa"},                   // ångström sign
      {"\u0130stanbul", "i\u0307stanbul"},   // dotted capital I keeps its dot
      {"ab\u00ADc", "abc"},                  // soft hyphen does not show
  };
  for (const auto& [a, b] : equal) EXPECT_EQ(FoldCase(a), FoldCase(b)) << a << " / " << b;
}

TEST(TextTest, FoldCaseKeepsDifferentNamesApart) {
  const std::vector<std::pair<std::string, std::string>> different = {
      {"jose", "josé"}, {"I", "\u0131"},              // no locale: dotless i is another letter
      {"\u0130", "i"},  {"a b", "ab"},   {"а", "a"},  // Cyrillic, Latin
  };
  for (const auto& [a, b] : different) EXPECT_NE(FoldCase(a), FoldCase(b)) << a << " / " << b;
}

TEST(TextTest, FoldCaseOfAsciiLowersLettersOnly) {
  EXPECT_EQ(FoldCase(""), "");
  EXPECT_EQ(FoldCase("AZaz@[`{0 9\t~"), "azaz@[`{0 9\t~");
  EXPECT_EQ(FoldCase(std::string_view("A\0B", 3)), std::string("a\0b", 3));
}

TEST(TextTest, FoldCaseTwiceChangesNothing) {
  std::mt19937 random(20261123);
  const std::vector<std::string> letters = {"A", "ß", "İ", "Σ", "ς", "\u0308", "é", "ﬁ", "Ａ", "z"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (unsigned length = random() % 8; length > 0; --length) {
      text += letters[random() % letters.size()];
    }
    const std::string folded = FoldCase(text);
    EXPECT_EQ(FoldCase(folded), folded) << text;
  }
}

TEST(TextTest, NormalizeJoinsCanonicalSpellingsAndKeepsCase) {
  EXPECT_EQ(Normalize("Ju\u0308rgen"), "J\u00FCrgen");
  EXPECT_EQ(Normalize("Straße"), "Straße");
  EXPECT_EQ(Normalize("ABC"), "ABC");
  EXPECT_EQ(Normalize("\uFF2A"), "\uFF2A");
}

TEST(TextTest, AsciiCaseLeavesOtherBytesAlone) {
  EXPECT_TRUE(EqualsIgnoreAsciiCase("userName", "USERNAME"));
  EXPECT_TRUE(EqualsIgnoreAsciiCase("", ""));
  EXPECT_FALSE(EqualsIgnoreAsciiCase("userName", "userNam"));
  EXPECT_FALSE(EqualsIgnoreAsciiCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoreAsciiCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoreAsciiCase("É", "é"));
  EXPECT_EQ(AsciiLower("URN:É"), "urn:É");
}

TEST(DateTimeTest, ParseReadsInstants) {
  const std::vector<std::pair<std::string, std::int64_t>> accepted = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00", 0},
      {"1970-01-01T01:00:00+01:00", 0},
      {"1969-12-31T10:00:00-14:00", 0},
      {"1970-01-01T14:00:00+14:00", 0},
      {"1970-01-01T00:00:00.000001Z", 1},
      {"1970-01-01T00:00:00.1Z", 100'000},
      {"1970-01-01T00:00:00.1234567891234567891Z", 123'456},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"1969-12-31T23:59:59.9999999Z", -1},
      {"2024-02-29T12:30:15Z", 1'709'209'815'000'000},
      {"2000-02-29T00:00:00Z", 951'782'400'000'000},
      {"2026-11-23T10:00:00.123456Z", 1'795'428'000'123'456},
      {"0001-01-01T00:00:00Z", -62'135'596'800'000'000},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
      {"2026-11-23T10:00:00-00:00", 1'795'428'000'000'000},
  };
  for (const auto& [text, instant_us] : accepted) {
    const auto parsed = ParseDateTime(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, instant_us) << text;
  }
}

TEST(DateTimeTest, ParseRefusesEverythingElse) {
  const std::vector<std::string> refused = {
      "",
      "2026-11-23",
      "10:00:00Z",
      "2026-11-23T10:00Z",
      "2026-11-23 10:00:00Z",
      "2026-11-23t10:00:00Z",
      "2026-11-23T10:00:00z",
      "2026-11-23T10:00:00Z ",
      " 2026-11-23T10:00:00Z",
      "2026-11-23T10:00:00.Z",
      "2026-11-23T10:00:00,5Z",
      "2026-11-23T10:00:00+1:00",
      "2026-11-23T10:00:00+0100",
      "2026-11-23T10:00:00+01",
      "2026-11-23T10:00:00+14:01",
      "2026-11-23T10:00:00+15:00",
      "2026-11-23T10:00:00+01:60",
      "2026-11-23T10:00:00Z+01:00",
      "2026-11-23T24:00:00Z",
      "2026-11-23T23:60:00Z",
      "2026-11-23T23:59:60Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2023-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "-2026-01-01T00:00:00Z",
      "12026-01-01T00:00:00Z",
      "26-01-01T00:00:00Z",
      "2026-1-01T00:00:00Z",
      "2026-01-01T+1:00:00Z",
      "2026-01-01T00:00:00\u00A0",
      "١٩٧٠-01-01T00:00:00Z",
  };
  for (const std::string& text : refused) EXPECT_FALSE(ParseDateTime(text)) << text;
}

TEST(DateTimeTest, FormatWritesSixDigitsInUtc) {
  EXPECT_EQ(FormatDateTime(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatDateTime(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatDateTime(1'795'428'000'123'456), "2026-11-23T10:00:00.123456Z");
}

TEST(DateTimeTest, ParseReadsWhatFormatWritesAndTextOrderIsTimeOrder) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> instants(-62'135'596'800'000'000,
                                                       253'402'300'799'999'999);
  std::int64_t previous_us = 0;
  for (int round = 0; round < 2'000; ++round) {
    const std::int64_t instant_us = instants(random);
    const std::string text = FormatDateTime(instant_us);
    EXPECT_EQ(ParseDateTime(text), instant_us) << text;
    EXPECT_EQ(text < FormatDateTime(previous_us), instant_us < previous_us);
    previous_us = instant_us;
  }
}

}  // namespace
}  // namespace scimledger
