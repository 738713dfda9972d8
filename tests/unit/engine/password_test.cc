#include "engine/password.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace scimledger {
namespace {

using namespace std::string_literals;

// rows: I5
TEST(PasswordTest, EqualPasswordsArePreparedAlike) {
  const std::pair<std::string, std::string> pairs[] = {
      {"plain", "plain"},
      {"Case Stays", "Case Stays"},
      {"cafe\u0301", "caf\u00e9"},
      {"a\u00a0b\u2003c\u3000d", "a b c d"},
      {" ", " "},
      {"\u2003", " "},
      {"\uff21", "\uff21"},  // Wide letters stay: no width mapping, no compatibility forms.
      {"\U0001f511", "\U0001f511"},
      {std::string(kPasswordBytesMax, 'x'), std::string(kPasswordBytesMax, 'x')},
  };
  for (const auto& [sent, prepared] : pairs) {
    const auto result = PreparePassword(sent);
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(*result, prepared);
  }
}

// rows: I5
TEST(PasswordTest, WhatCannotBePreparedIsRefusedWithoutRepeatingIt) {
  const std::string refused[] = {
      "",
      std::string(kPasswordBytesMax + 1, 'x'),
      "s3cret\tvalue",
      "s3cret\0value"s,
      "s3cret\u0085value",
      "s3cret\u0378value",      // Not assigned.
      "s3cret\U0010ffffvalue",  // No character.
  };
  for (const std::string& text : refused) {
    const auto result = PreparePassword(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().status, 400);
    EXPECT_EQ(result.error().scim_type, ScimType::kInvalidValue);
    EXPECT_TRUE(result.error().detail.starts_with("password: "));
    EXPECT_FALSE(result.error().detail.contains("s3cret")) << result.error().detail;
  }
}

}  // namespace
}  // namespace scimledger
