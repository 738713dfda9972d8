#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/filter.h"

namespace scimledger {
namespace {

bool AreEqual(const FilterSyntax& a, const FilterSyntax& b);

bool AreEqual(const std::vector<FilterSyntax>& a, const std::vector<FilterSyntax>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return AreEqual(x, y); });
}

struct NodeComparison {
  const FilterSyntax& other;

  template <typename Node>
  const Node& Other() const {
    return std::get<Node>(other.node);
  }
  bool operator()(const FilterSyntax::Compare& a) const {
    const auto& b = Other<FilterSyntax::Compare>();
    return a.path == b.path && a.op == b.op && a.literal == b.literal;
  }
  bool operator()(const FilterSyntax::Present& a) const {
    return a.path == Other<FilterSyntax::Present>().path;
  }
  bool operator()(const FilterSyntax::ValuePath& a) const {
    const auto& b = Other<FilterSyntax::ValuePath>();
    return a.path == b.path && AreEqual(*a.inner, *b.inner);
  }
  bool operator()(const FilterSyntax::And& a) const {
    return AreEqual(a.terms, Other<FilterSyntax::And>().terms);
  }
  bool operator()(const FilterSyntax::Or& a) const {
    return AreEqual(a.terms, Other<FilterSyntax::Or>().terms);
  }
  bool operator()(const FilterSyntax::Not& a) const {
    return AreEqual(*a.term, *Other<FilterSyntax::Not>().term);
  }
};

bool AreEqual(const FilterSyntax& a, const FilterSyntax& b) {
  return a.node.index() == b.node.index() && std::visit(NodeComparison{b}, a.node);
}

struct Accepted {
  std::string_view text;
  std::string_view printed;
};

const Accepted kAccepted[] = {
    {R"(userName eq "bjensen")", R"(userName eq "bjensen")"},
    {R"(userName EQ "bjensen")", R"(userName eq "bjensen")"},
    {"title Pr", "title pr"},
    {R"(a ne "1")", R"(a ne "1")"},
    {R"(a co "1")", R"(a co "1")"},
    {R"(a sw "1")", R"(a sw "1")"},
    {R"(a ew "1")", R"(a ew "1")"},
    {R"(a gt "1")", R"(a gt "1")"},
    {R"(a ge "1")", R"(a ge "1")"},
    {R"(a lt "1")", R"(a lt "1")"},
    {R"(a le "1")", R"(a le "1")"},
    {"a eq true", "a eq true"},
    {"a eq FALSE", "a eq false"},
    {"a eq Null", "a eq null"},
    {"a eq 7", "a eq 7"},
    {"a eq -7", "a eq -7"},
    {"a eq 0", "a eq 0"},
    {"a eq 1.5", "a eq 1.5"},
    {"a eq 1.0", "a eq 1.0"},
    {"a eq -2.5e-3", "a eq -0.0025"},
    {"a eq 1E3", "a eq 1000.0"},
    {"a eq 9223372036854775807", "a eq 9223372036854775807"},
    {"a eq 9223372036854775808", "a eq 9.223372036854776e+18"},
    {R"(a eq "")", R"(a eq "")"},
    {R"(a eq "\"\\\/\b\f\n\r\t")", R"(a eq "\"\\/\u0008\u000c\n\r\t")"},
    {R"(a eq "\u00e9\u20AC")", R"(a eq "é€")"},
    {R"(a eq "\ud83d\ude00")", R"(a eq "😀")"},
    {R"(a eq "日本 (語) [x]")", R"(a eq "日本 (語) [x]")"},
    {R"(a pr and b pr or c pr)", "a pr and b pr or c pr"},
    {R"(a pr or b pr and c pr)", "a pr or b pr and c pr"},
    {R"((a pr or b pr) and c pr)", "(a pr or b pr) and c pr"},
    {R"(((a pr)))", "a pr"},
    {R"((a pr and b pr) and c pr)", "(a pr and b pr) and c pr"},
    {R"((a pr or b pr) or c pr)", "(a pr or b pr) or c pr"},
    {R"((a pr and b pr) or c pr)", "a pr and b pr or c pr"},
    {R"(not(a pr))", "not (a pr)"},
    {R"(not (a pr))", "not (a pr)"},
    {R"(NOT  (a pr) AND b pr)", "not (a pr) and b pr"},
    {R"(not (not (a pr)))", "not (not (a pr))"},
    {R"(not (a pr) or b pr)", "not (a pr) or b pr"},
    {"  a \t  eq\t\t1  ", "a eq 1"},
    {R"((a pr)and(b pr))", "a pr and b pr"},
    {R"(name.familyName co "O'Malley")", R"(name.familyName co "O'Malley")"},
    {R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J")",
     R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J")"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr"},
    {R"(schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")",
     R"(schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")"},
    {R"(members.$ref ew "/1")", R"(members.$ref ew "/1")"},
    {R"($ref pr)", R"($ref pr)"},
    {R"(meta.lastModified gt "2011-05-13T04:42:34Z")",
     R"(meta.lastModified gt "2011-05-13T04:42:34Z")"},
    {R"(emails[type eq "work" and value co "@example.com"])",
     R"(emails[type eq "work" and value co "@example.com"])"},
    {R"(emails [ type eq "work" ])", R"(emails[type eq "work"])"},
    {R"(emails[not (type eq "work")])", R"(emails[not (type eq "work")])"},
    {R"(emails[(type eq "a" or type eq "b") and value pr])",
     R"(emails[(type eq "a" or type eq "b") and value pr])"},
    {R"(emails[type eq "work"] or ims[type eq "xmpp"])",
     R"(emails[type eq "work"] or ims[type eq "xmpp"])"},
    {R"(not (emails[type eq "work"]))", R"(not (emails[type eq "work"]))"},
    {R"(userType eq "Employee" and (emails co "a" or emails.value co "b"))",
     R"(userType eq "Employee" and (emails co "a" or emails.value co "b"))"},
    {R"(emails[type eq "work"].value eq "x")", R"(emails[type eq "work" and value eq "x"])"},
    {R"(emails[type eq "a" or primary eq true].value co "x")",
     R"(emails[(type eq "a" or primary eq true) and value co "x"])"},
    {R"(emails[type eq "work"].value pr)", R"(emails[type eq "work" and value pr])"},
    {R"(emails[type eq "work"].value ne "x")", R"(not (emails[type eq "work" and value eq "x"]))"},
    {R"(emails[type eq "work"].value eq null)", R"(not (emails[type eq "work" and value pr]))"},
    {R"(emails[type eq "work"].value ne null)", R"(emails[type eq "work" and value pr])"},
    {"and pr", "and pr"},
    {"not pr", "not pr"},
    {R"(title eq "a and b")", R"(title eq "a and b")"},
};

// rows: F33
TEST(FilterParserTest, AcceptsTheGrammarAndPrintsItCanonically) {
  for (const Accepted& row : kAccepted) {
    const auto filter = ParseFilter(row.text);
    ASSERT_TRUE(filter) << row.text << ": " << filter.error().detail;
    EXPECT_EQ(ToString(*filter), row.printed) << row.text;
  }
}

struct Rejected {
  std::string_view text;
  std::string_view detail;  ///< a part of it
};

const Rejected kRejected[] = {
    {"", "the filter is empty"},
    {" \t ", "the filter is empty"},
    {"userName", "character 9: found the end of the filter, expected an operator"},
    {"userName eq", "character 12: found the end of the filter, expected a string"},
    {R"(eq "x")", "expected an operator"},
    {R"(userName is "x")", "character 10: found 'is', expected an operator (eq, ne, co"},
    {R"(userName = "x")", "found '=', expected an operator"},
    {"userName eq bjensen", "character 13: found 'bjensen', expected a JSON value: put text into"},
    {"userName eq 'bjensen'", "put text into double quotes"},
    {R"(userName eq "x" title pr)", "character 17: found 'title', expected 'and', 'or' or the end"},
    {R"(userName eq "x" and)", "found the end of the filter, expected an attribute"},
    {R"(and userName eq "x")", "expected an operator"},
    {R"(userName eq "x" xor title pr)", "found 'xor'"},
    {R"(userName eq "x)", "character 13: the string that starts here has no closing quote"},
    {R"(userName eq "x\")", "no closing quote"},
    {R"(userName eq "\x41")", "character 14: not an escape of JSON strings"},
    {R"(userName eq "\u12")", "four hexadecimal digits"},
    {R"(userName eq "\u12g4")", "four hexadecimal digits"},
    {R"(userName eq "\u-123")", "four hexadecimal digits"},
    {R"(userName eq "\ud83d")", "a lone high surrogate"},
    {R"(userName eq "\ud83dx")", "a lone high surrogate"},
    {R"(userName eq "\ud83d\u0041")", "a lone high surrogate"},
    {R"(userName eq "\ude00")", "a lone low surrogate"},
    {R"(userName eq "\u0000")", "\\u0000 is not accepted"},
    {"userName eq \"a\nb\"", "control character inside a string"},
    {"userName\neq \"a\"", "a control character; only blanks and tabs"},
    {R"((userName eq "x")", "found the end of the filter, expected 'and', 'or' or ')'"},
    {R"(userName eq "x"))", "found ')', expected 'and', 'or' or the end"},
    {"()", "character 2: found ')', expected an attribute"},
    {R"(emails[type eq "work")", "expected 'and', 'or' or ']'"},
    {R"(emails type eq "work"])", "expected an operator"},
    {"emails[]", "found ']', expected an attribute"},
    {R"(emails[type eq "work")])", "found ')', expected 'and', 'or' or ']'"},
    {R"(emails[a[b pr]])", "no brackets inside brackets"},
    {R"([type eq "work"])", "found '[', expected an attribute"},
    {R"(emails[type eq "work"] eq "x")", "found 'eq', expected 'and', 'or' or the end"},
    {R"(emails[type eq "work"] .value eq "x")", "found '.value'"},
    {R"(emails[type eq "work"].value)", "expected an operator"},
    {R"(emails[type eq "work"].a.b eq "x")", "one sub-attribute"},
    {"not title pr", "found 'title', expected '(' after 'not'"},
    {"not", "expected '(' after 'not'"},
    {R"(title pr "x")", "found a string"},
    {R"("x" eq title)", "found a string, expected an attribute"},
    {"1 eq 1", "found a number, expected an attribute"},
    {"1a eq 1", "neither a JSON number nor an attribute"},
    {"a eq 01", "neither a JSON number"},
    {"a eq 1.", "neither a JSON number"},
    {"a eq .5", "put text into double quotes"},
    {"a eq +1", "put text into double quotes"},
    {"a eq -", "neither a JSON number"},
    {"a eq 1e", "neither a JSON number"},
    {"a eq 0x10", "neither a JSON number"},
    {"a eq 1e999", "beyond the range of a double"},
    {"a eq 2026-11-23", "strings need double quotes"},
    {"a eq (1)", "found '(', expected a string in double quotes"},
    {"a.b.c pr", "found 'a.b.c', expected an attribute"},
    {"a. pr", "expected an attribute"},
    {".a pr", "expected an attribute"},
    {"_a pr", "expected an attribute"},
    {"a$.-b pr", "expected an attribute"},
    {"urn:x: pr", "expected an attribute"},
    {"title(pr)", "found '(', expected an operator"},
    {"title {pr}", "'{' has no place in a filter"},
    {"“userName” pr", "'“' has no place in a filter; strings need double quotes"},
    {"é pr", "'é' has no place"},
    {"a pr and é", "character 10"},
    {"\"日本\" é", "character 1: found a string"},
    {"a eq \"日本\" é", "character 11"},
    {"a eq \"\xff\"", "not valid UTF-8"},
};

TEST(FilterParserTest, RejectsEverythingElseAndSaysWhere) {
  for (const Rejected& row : kRejected) {
    const auto filter = ParseFilter(row.text);
    ASSERT_FALSE(filter) << row.text;
    EXPECT_EQ(filter.error().status, 400);
    EXPECT_EQ(filter.error().scim_type, ScimType::kInvalidFilter);
    EXPECT_NE(filter.error().detail.find(row.detail), std::string::npos)
        << row.text << ": " << filter.error().detail;
  }
}

TEST(FilterParserTest, DetailsNeverQuoteStrings) {
  for (const std::string_view text : {R"(password eq "hunter2" x)", R"(password "hunter2")"}) {
    const auto filter = ParseFilter(text);
    ASSERT_FALSE(filter);
    EXPECT_EQ(filter.error().detail.find("hunter2"), std::string::npos) << filter.error().detail;
  }
}

std::string Nested(std::size_t levels, std::string_view open, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += "a pr";
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

// rows: F11
TEST(FilterParserTest, BoundsDepth) {
  for (const std::string_view open : {"(", "not("}) {
    EXPECT_TRUE(ParseFilter(Nested(kFilterDepthMax, open, ")")));
    const auto deeper = ParseFilter(Nested(kFilterDepthMax + 1, open, ")"));
    ASSERT_FALSE(deeper);
    EXPECT_NE(deeper.error().detail.find("more than 32 levels"), std::string::npos);
    EXPECT_FALSE(ParseFilter(Nested(3000, open, ")")));
  }
  const std::string inside = "emails[" + Nested(kFilterDepthMax, "(", ")") + "]";
  EXPECT_FALSE(ParseFilter(inside)) << "brackets are a level too";
}

// rows: F11
TEST(FilterParserTest, BoundsTerms) {
  std::string text = "a pr";
  for (std::size_t i = 1; i < kFilterTermsMax; ++i) text += i % 2 == 0 ? " or a pr" : " and a pr";
  EXPECT_TRUE(ParseFilter(text));
  const auto more = ParseFilter(text + " or a pr");
  ASSERT_FALSE(more);
  EXPECT_NE(more.error().detail.find("more than 1000 terms"), std::string::npos);
}

// rows: F11
TEST(FilterParserTest, BoundsBytes) {
  const std::string operand(kFilterBytesMax - std::string_view(R"(a eq "")").size(), 'x');
  EXPECT_TRUE(ParseFilter(R"(a eq ")" + operand + R"(")"));
  const auto longer = ParseFilter(R"(a eq ")" + operand + R"(x")");
  ASSERT_FALSE(longer);
  EXPECT_NE(longer.error().detail.find("16385 bytes"), std::string::npos);
}

/// Random trees in the shape the parser makes them: and/or have two or more terms, brackets no
/// brackets.
class TreeGenerator {
 public:
  explicit TreeGenerator(std::uint64_t seed) : random_(seed) {}

  FilterSyntax Make(int depth, bool in_brackets) {
    const auto shape = Below(depth <= 0 ? 2 : 6);
    switch (shape) {
      case 0:
        return {FilterSyntax::Present{Path(in_brackets)}};
      case 1:
        return {FilterSyntax::Compare{Path(in_brackets), static_cast<CompareOperator>(Below(9)),
                                      Literal()}};
      case 2:
        return {FilterSyntax::And{Terms(depth, in_brackets)}};
      case 3:
        return {FilterSyntax::Or{Terms(depth, in_brackets)}};
      case 4:
        return {FilterSyntax::Not{std::make_unique<FilterSyntax>(Make(depth - 1, in_brackets))}};
      default:
        if (in_brackets) return Make(0, true);
        return {FilterSyntax::ValuePath{Path(false),
                                        std::make_unique<FilterSyntax>(Make(depth - 1, true))}};
    }
  }

 private:
  std::size_t Below(std::size_t end) { return random_() % end; }

  std::vector<FilterSyntax> Terms(int depth, bool in_brackets) {
    std::vector<FilterSyntax> terms;
    for (std::size_t count = 2 + Below(3); count > 0; --count) {
      terms.push_back(Make(depth - 1, in_brackets));
    }
    return terms;
  }

  std::string Path(bool in_brackets) {
    static constexpr std::string_view kPaths[] = {
        "a", "not", "$ref", "x-y_z9", "name.familyName", "urn:example:lab:2.0:User:manager.value"};
    return std::string(kPaths[Below(in_brackets ? 4 : 6)]);
  }

  FilterSyntax::Literal Literal() {
    switch (Below(5)) {
      case 0:
        return std::monostate{};
      case 1:
        return Below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_());
      case 3:
        return std::ldexp(static_cast<double>(static_cast<std::int64_t>(random_())),
                          static_cast<int>(Below(200)) - 100);
      default:
        return Text();
    }
  }

  std::string Text() {
    static constexpr std::string_view kPieces[] = {"a", "\"", "\\", "\n",    "\x01", "é",
                                                   "😀", "]",  ")",  " and ", "\x7f"};
    std::string text;
    for (std::size_t count = Below(6); count > 0; --count) text += kPieces[Below(11)];
    return text;
  }

  std::mt19937_64 random_;
};

TEST(FilterParserTest, ParsesWhatItPrints) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const FilterSyntax tree = TreeGenerator(seed).Make(4, false);
    const std::string text = ToString(tree);
    const auto parsed = ParseFilter(text);
    ASSERT_TRUE(parsed) << "seed " << seed << ": " << text << ": " << parsed.error().detail;
    ASSERT_TRUE(AreEqual(tree, *parsed)) << "seed " << seed << ": " << text;
  }
}

TEST(FilterParserTest, SurvivesRandomAndMutatedText) {
  static constexpr std::string_view kPieces[] = {
      "(", ")",      "[",     "]",    "not", " and ", " or ", " eq ", " pr", "\"", "\\u",  "\\",
      "a", "emails", "value", "true", "-1",  "1e9",   "\xff", "é",    ".",   ":",  "urn:", " "};
  constexpr std::uint64_t kSeed = 20261123;
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 30'000; ++round) {
    std::string text;
    if (round % 2 == 0) {
      for (std::size_t count = random() % 12; count > 0; --count) {
        text += kPieces[random() % std::size(kPieces)];
      }
    } else {
      text = kAccepted[random() % std::size(kAccepted)].text;
      for (std::size_t count = 1 + random() % 3; count > 0 && !text.empty(); --count) {
        const std::size_t at = random() % text.size();
        if (random() % 2 == 0)
          text.erase(at, 1 + random() % 3);
        else
          text[at] = static_cast<char>(random() % 256);
      }
    }
    const auto filter = ParseFilter(text);
    if (!filter) {
      ASSERT_FALSE(filter.error().detail.empty()) << "seed " << kSeed << " round " << round;
      continue;
    }
    const auto again = ParseFilter(ToString(*filter));
    ASSERT_TRUE(again && AreEqual(*filter, *again))
        << "seed " << kSeed << " round " << round << ": " << text;
  }
}

}  // namespace
}  // namespace scimledger
