#include "api/time_argument.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::int64_t kNowUs = 1'795'000'000'000'000;  // 2026-11-18T11:06:40Z

std::string Read(std::string_view text, DayEdge edge = DayEdge::kFirstInstant) {
  const auto argument = ParseTimeArgument("since", text, edge, kNowUs);
  if (!argument) return "refused";
  if (const auto* sequence = std::get_if<Sequence>(&*argument)) {
    return "sequence " + std::to_string(sequence->value);
  }
  return FormatDateTime(std::get<Instant>(*argument).time_us);
}

TEST(TimeArgumentTest, ReadsTimesWithAnyOffset) {
  EXPECT_EQ(Read("2026-11-23T10:00:00Z"), "2026-11-23T10:00:00.000000Z");
  EXPECT_EQ(Read("2026-11-23T10:00:00.123456Z"), "2026-11-23T10:00:00.123456Z");
  EXPECT_EQ(Read("2026-11-23T10:00:00+02:00"), "2026-11-23T08:00:00.000000Z");
}

TEST(TimeArgumentTest, ReadsDatesAsTheirFirstOrLastInstant) {
  EXPECT_EQ(Read("2026-11-23"), "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(Read("2026-11-23", DayEdge::kLastInstant), "2026-11-23T23:59:59.999999Z");
  EXPECT_EQ(Read("2024-02-29", DayEdge::kLastInstant), "2024-02-29T23:59:59.999999Z");
}

TEST(TimeArgumentTest, ReadsDurationsAsBeforeNow) {
  EXPECT_EQ(Read("7d"), "2026-11-11T11:06:40.000000Z");
  EXPECT_EQ(Read("12h"), "2026-11-17T23:06:40.000000Z");
  EXPECT_EQ(Read("30m"), "2026-11-18T10:36:40.000000Z");
  EXPECT_EQ(Read("45s"), "2026-11-18T11:05:55.000000Z");
  EXPECT_EQ(Read("999999999d"), "1970-01-01T00:00:00.000000Z");
}

TEST(TimeArgumentTest, ReadsDigitsAsASequence) {
  EXPECT_EQ(Read("42"), "sequence 42");
  EXPECT_EQ(Read("20261123"), "sequence 20261123");
  EXPECT_EQ(Read("18446744073709551615"), "sequence 18446744073709551615");
}

TEST(TimeArgumentTest, RefusesEverythingElseAndNamesTheParameter) {
  for (const std::string_view text : {"",
                                      " ",
                                      "yesterday",
                                      "d",
                                      "7w",
                                      "-7d",
                                      "+7d",
                                      "7 d",
                                      "1.5h",
                                      "7dd",
                                      "18446744073709551616",
                                      "99999999999999999999d",
                                      "2026-11",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "23-11-2026",
                                      "2026-11-23T",
                                      "2026-11-23T25:00:00Z",
                                      "2026-11-23 10:00",
                                      "0x10"}) {
    EXPECT_EQ(Read(text), "refused") << text;
  }

  const auto refused = ParseTimeArgument("until", "soon", DayEdge::kLastInstant, kNowUs);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_EQ(refused.error().scim_type, ScimType::kInvalidValue);
  EXPECT_TRUE(refused.error().detail.starts_with("until must be"));
}

std::string ReadExpiry(std::string_view text) {
  const auto expires_us = ParseExpiry("expires", text, kNowUs);
  return expires_us ? FormatDateTime(*expires_us) : "refused";
}

TEST(TimeArgumentTest, ReadsWhenSomethingEnds) {
  EXPECT_EQ(ReadExpiry("90d"), "2027-02-16T11:06:40.000000Z");
  EXPECT_EQ(ReadExpiry("45s"), "2026-11-18T11:07:25.000000Z");
  EXPECT_EQ(ReadExpiry("2027-01-31"), "2027-01-31T23:59:59.999999Z");
  EXPECT_EQ(ReadExpiry("2027-01-31T12:00:00+01:00"), "2027-01-31T11:00:00.000000Z");
  EXPECT_EQ(ReadExpiry("99999999999999d").substr(0, 4), "2126");
  for (const char* text :
       {"", "42", "d", "-7d", "7x", "never", "2027-13-01", "1970-01-01T00:00:00Z"}) {
    EXPECT_EQ(ReadExpiry(text), "refused") << text;
  }
}

}  // namespace
}  // namespace scimledger::api
