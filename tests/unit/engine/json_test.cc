#include "engine/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scimledger {
namespace {

std::string DetailOf(std::string_view text) {
  auto document = JsonDocument::Parse(text);
  if (document) return "accepted";
  EXPECT_EQ(document.error().status, 400);
  EXPECT_EQ(document.error().scim_type, ScimType::kInvalidSyntax);
  return document.error().detail;
}

TEST(JsonDocumentTest, AcceptsEveryKindOfValue) {
  for (const std::string_view text :
       {"{}", "[]", " null\n", "true", "\"x\"", "-9223372036854775808", "9223372036854775807",
        "1.5e300", R"("\ud83d\ude00")", R"({"a":{"a":1},"A":2})", "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(DetailOf(text), "accepted") << text;
  }
}

TEST(JsonDocumentTest, RefusesWithADetailThatSaysWhat) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "the body is empty"},
      {" \r\n\t ", "the body is empty"},
      {"{\"a\":1,}", "bracket, comma, colon or quote"},
      {"{} {}", "something follows"},
      {"{\"a\":1", "bracket, comma, colon or quote"},
      {"\"abc", "a string is not closed"},
      {"[nul]", "none of true, false and null"},
      {"\"\xFF\"", "not valid UTF-8"},
      {"\"a\nb\"", "control character"},
      {R"("\x")", "escape sequence"},
      {R"("\ud800")", "half a surrogate pair"},
      {R"("\udc00 tail")", "half a surrogate pair"},
      {R"("\ud800\ud800")", "half a surrogate pair"},
      {R"("\ud800\u0041")", "half a surrogate pair"},
      {R"({"a":["\u0000"]})", "a[0]: a string holds the character NUL"},
      {R"({"\u0000":1})", "NUL"},
      {"01", "a number is malformed"},
      {"[1e999]", "out of range"},
      {"99999999999999999999", "out of range"},
      {"{\"a\":[0,9223372036854775808]}", "a[1]: the integer does not fit in 64 bits"},
      {R"({"a":1,"b":2,"a":1})", "the key \"a\" appears twice"},
      {R"({"x":[{},{"y":{"b":0,"b":1}}]})", "x[1].y: the key \"b\" appears twice"},
      {R"({"a":1,"\u0061":2})", "the key \"a\" appears twice"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_NE(DetailOf(text).find(expected), std::string::npos) << text << "\n" << DetailOf(text);
  }
}

TEST(JsonDocumentTest, FindsADuplicateAmongManyKeys) {
  std::string text = "{";
  for (int key = 0; key < 100; ++key) text += "\"k" + std::to_string(key) + "\":0,";
  EXPECT_EQ(DetailOf(text + "\"k100\":0}"), "accepted");
  EXPECT_EQ(DetailOf(text + "\"k42\":0}"), "the key \"k42\" appears twice in one object");
}

TEST(JsonDocumentTest, BoundsDepthWhateverTheInnermostHolds) {
  for (const std::string_view innermost : {"", "1", "{}"}) {
    const std::size_t own = innermost == "{}" ? 1 : 0;
    const auto nested = [&](std::size_t levels) {
      return std::string(levels - own, '[') + std::string(innermost) +
             std::string(levels - own, ']');
    };
    EXPECT_EQ(DetailOf(nested(kJsonDepthMax)), "accepted") << innermost;
    EXPECT_NE(DetailOf(nested(kJsonDepthMax + 1)).find("deeper than 32 levels"), std::string::npos)
        << innermost;
  }
  EXPECT_NE(DetailOf(std::string(100'000, '[') + std::string(100'000, ']')).find("deeper"),
            std::string::npos);
}

TEST(JsonDocumentTest, RootOutlivesAMove) {
  auto parsed = JsonDocument::Parse(R"({"a":"text"})");
  ASSERT_TRUE(parsed);

  const JsonDocument moved = *std::move(parsed);

  EXPECT_EQ(moved.root()["a"].get_string().value(), "text");
}

std::string StringJson(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(AppendJsonStringTest, EscapesWhatJsonRequiresAndNothingElse) {
  EXPECT_EQ(StringJson(""), R"("")");
  EXPECT_EQ(StringJson("plain"), R"("plain")");
  EXPECT_EQ(StringJson("\"a\\b\"/"), R"("\"a\\b\"/")");
  EXPECT_EQ(StringJson("\n\r\tx\x01\x1f\x7f"), "\"\\n\\r\\tx\\u0001\\u001f\x7f\"");
  EXPECT_EQ(StringJson("Tomás 李"), "\"Tomás 李\"");
}

TEST(AppendJsonStringTest, ReadsBackAsTheSameText) {
  std::mt19937 random(20261123);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto length = random() % 40; length > 0; --length) {
      text += static_cast<char>(1 + random() % 127);
    }
    auto document = JsonDocument::Parse(StringJson(text));
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->root().get_string().value(), text);
  }
}

std::string DecimalJson(double number) {
  std::string out;
  AppendJsonDecimal(out, number);
  return out;
}

TEST(AppendJsonNumberTest, WritesIntegersToTheEdges) {
  std::string out;
  AppendJsonInteger(out, std::numeric_limits<std::int64_t>::min());
  out += ' ';
  AppendJsonInteger(out, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(out, "-9223372036854775808 9223372036854775807");
}

TEST(AppendJsonNumberTest, WritesDecimalsShortAndRecognisable) {
  EXPECT_EQ(DecimalJson(1), "1.0");
  EXPECT_EQ(DecimalJson(-0.0), "-0.0");
  EXPECT_EQ(DecimalJson(0.1), "0.1");
  EXPECT_EQ(DecimalJson(100000), "100000.0");
  EXPECT_EQ(DecimalJson(1e300), "1e+300");
  EXPECT_EQ(DecimalJson(-2.5e-7), "-2.5e-07");
}

TEST(AppendJsonNumberTest, DecimalsReadBackAsTheSameDouble) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    const double number = std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())),
                                     static_cast<int>(random() % 1800) - 950);
    auto document = JsonDocument::Parse(DecimalJson(number));
    ASSERT_TRUE(document) << DecimalJson(number);
    ASSERT_TRUE(document->root().is<double>() && !document->root().is<std::int64_t>());
    EXPECT_EQ(document->root().get_double().value(), number);
  }
}

}  // namespace
}  // namespace scimledger
