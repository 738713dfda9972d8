// rows: O3 O4 O6 O8
#include "engine/sort_key.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "filter_test_resource.h"

namespace scimledger {
namespace {

std::optional<std::string> KeyOf(std::string_view path, const FakeResource& resource) {
  const auto bound = BindSortBy(*LabRegistry(), UserType(*LabRegistry()), path);
  if (!bound) return bound.error().detail;
  return SortKeyOf(*LabRegistry(), *bound, resource);
}

std::optional<std::string> KeyOf(std::string_view path, std::string_view json) {
  FakeResource resource(LabRegistry(), UserType(*LabRegistry()));
  resource.Set(path, json);
  return KeyOf(path, resource);
}

/// Each value is before the next one.
void ExpectAscending(std::string_view path, const std::vector<std::string>& values) {
  for (std::size_t index = 1; index < values.size(); ++index) {
    EXPECT_LT(KeyOf(path, values[index - 1]), KeyOf(path, values[index]))
        << path << ": " << values[index - 1] << " and " << values[index];
  }
}

void ExpectAlike(std::string_view path, std::string_view one, std::string_view other) {
  EXPECT_EQ(KeyOf(path, one), KeyOf(path, other)) << path << ": " << one << " and " << other;
}

TEST(SortKeyTest, OrdersTextsByComparisonForm) {
  ExpectAscending("userName", {"\"\"", "\"Ann\"", "\"annB\"", "\"BOB\"", "\"c\"", "\"ß\"", "\"ä\"",
                               "\"李\"", "\"😀\""});
  ExpectAlike("userName", "\"STRASSE\"", "\"straße\"");
  ExpectAlike("userName", "\"\\u00e4\"", "\"A\\u0308\"");
  ExpectAscending("badge", {"\"A\"", "\"B\"", "\"a\""});
}

TEST(SortKeyTest, OrdersNumbersOfBothKinds) {
  ExpectAscending(
      "level", {"-9223372036854775808", "-9223372036854775807", "-1", "0", "1", "9007199254740992",
                "9007199254740993", "9223372036854775806", "9223372036854775807"});
  // As they are stored: a decimal is a double, also where the client sent a whole number.
  ExpectAscending("score", {"-1e300", "-9223372036854775808.0", "-1.5", "-1.0", "-1e-300", "0.0",
                            "1e-300", "1.0", "1.5", "2.0", "9007199254740992.0",
                            "9007199254740994.0", "9223372036854775808.0", "1e300"});
  ExpectAlike("score", "0.0", "-0.0");
}

TEST(SortKeyTest, OrdersInstantsAndBooleans) {
  ExpectAscending("since", {"\"0001-01-01T00:00:00Z\"", "\"1969-12-31T23:59:59Z\"",
                            "\"2026-01-01T01:00:00+02:00\"", "\"2025-12-31T23:30:00Z\"",
                            "\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00.5Z\""});
  ExpectAlike("since", "\"2026-01-01T01:00:00+02:00\"", "\"2025-12-31T23:00:00Z\"");
  ExpectAscending("certified", {"false", "true"});
}

TEST(SortKeyTest, TakesThePrimaryValueOrTheFirst) {
  const auto value = KeyOf("userName", "\"m@x\"");
  EXPECT_EQ(KeyOf("emails.value", R"([{"value":"z@x"},{"value":"M@x","primary":true}])"), value);
  EXPECT_EQ(KeyOf("emails", R"([{"value":"m@x"},{"value":"a@x","primary":false}])"), value);
  EXPECT_EQ(KeyOf("emails.type", R"([{"value":"a","type":"home"},{"value":"b","primary":true}])"),
            std::nullopt);
  EXPECT_EQ(KeyOf("tags", R"(["m@x","a"])"), value);
  EXPECT_EQ(KeyOf("name.familyName", R"({"givenName":"Ann"})"), std::nullopt);
  EXPECT_EQ(KeyOf("title", FakeResource(LabRegistry(), UserType(*LabRegistry()))), std::nullopt);
}

TEST(SortKeyTest, CutsLongTexts) {
  const std::string text(kSortKeyBytesMax, 'x');
  ExpectAlike("userName", '"' + text + "a\"", '"' + text + "b\"");
  EXPECT_EQ(KeyOf("userName", '"' + text + '"')->size(), kSortKeyBytesMax);
}

TEST(SortKeyTest, RefusesWhatHasNoOrder) {
  for (const auto& [name, reason] : std::initializer_list<std::pair<const char*, const char*>>{
           {"nosuch", "User has no attribute 'nosuch'"},
           {"name", "complex"},
           {"seal", "no order"},
           {"x509Certificates", "no order"},
           {"pin", "never returned"},
           {"password", "never returned"},
           {"", "no attribute"},
           {"urn:nobody:title", "registered"}}) {
    const auto bound = BindSortBy(*LabRegistry(), UserType(*LabRegistry()), name);
    ASSERT_FALSE(bound.has_value()) << name;
    EXPECT_EQ(bound.error().scim_type, ScimType::kInvalidValue);
    EXPECT_NE(bound.error().detail.find(reason), std::string::npos) << bound.error().detail;
  }
}

}  // namespace
}  // namespace scimledger
