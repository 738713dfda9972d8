#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/engine/random_values.h"
#include "tests/unit/engine/resource_json_fixture.h"

namespace scimledger {
namespace {

struct Case {
  std::string_view json;
  std::string_view expected;
};

void ExpectParses(AttributeId attribute, const std::vector<Case>& cases) {
  for (const auto& [json, expected] : cases) {
    EXPECT_EQ(ParseValueToText(attribute, json), expected) << json;
  }
}

void ExpectRefuses(AttributeId attribute, const std::vector<Case>& cases) {
  const std::string path = HarborRegistry()->attribute(attribute).path;
  for (const auto& [json, expected] : cases) {
    EXPECT_EQ(ParseValueToText(attribute, json),
              "invalidValue: " + path + ": " + std::string(expected))
        << json;
  }
}

TEST(ParseAttributeValueTest, ReadsBooleans) {
  ExpectParses(IdOf("active"), {{"true", "true"},
                                {"false", "false"},
                                {"\"True\"", "true"},
                                {"\"FALSE\"", "false"},
                                {"\"\"", "null"},
                                {"null", "null"},
                                {"[]", "null"}});
  ExpectRefuses(IdOf("active"), {{"1", "expected a boolean (true or false), got a number"},
                                 {"\"yes\"",
                                  "expected a boolean (true or false), got a string "
                                  "that is not one"},
                                 {"{}", "expected a boolean (true or false), got an object"},
                                 {"[true]", "expected a boolean (true or false), got a list"}});
}

TEST(ParseAttributeValueTest, ReadsIntegers) {
  const std::string_view fraction =
      "expected an integer, got a number with a fraction or an exponent";
  ExpectParses(HarborId("berths"),
               {{"-7", "-7"}, {"9223372036854775807", "9223372036854775807"}, {"\"42\"", "42"}});
  ExpectRefuses(
      HarborId("berths"),
      {{"1.0", fraction},
       {"1e3", fraction},
       {"\"1.5\"", "expected an integer (no fraction, no exponent), got a string that is not one"},
       {"\" 1\"", "expected an integer (no fraction, no exponent), got a string that is not one"},
       {"true", "expected an integer (no fraction, no exponent), got a boolean"}});
}

TEST(ParseAttributeValueTest, ReadsDecimalsAsDoubles) {
  ExpectParses(HarborId("tonnage"), {{"3", "3.0"},
                                     {"-2.50", "-2.5"},
                                     {"1e3", "1000.0"},
                                     {"\"12.25\"", "12.25"},
                                     {"\"1e2\"", "100.0"}});
  ExpectRefuses(HarborId("tonnage"),
                {{"\"inf\"", "expected a number, got a string that is not one"},
                 {"\"1e999\"", "expected a number, got a string that is not one"},
                 {"\"0x10\"", "expected a number, got a string that is not one"},
                 {"false", "expected a number, got a boolean"}});
}

TEST(ParseAttributeValueTest, ReadsStringsAsTheyWereSent) {
  const std::string_view wrong = "expected a string, got a number";
  ExpectParses(IdOf("title"),
               {{"\" Líder \"", "\" Líder \""}, {"\"{}\"", "\"{}\""}, {"\"\"", "null"}});
  ExpectRefuses(IdOf("title"), {{"5", wrong},
                                {"5.5", wrong},
                                {"true", "expected a string, got a boolean"},
                                {"[\"x\"]", "expected a string, got a list"},
                                {"{\"value\":\"x\"}", "expected a string, got an object"}});
}

TEST(ParseAttributeValueTest, BoundsStrings) {
  const auto quoted = [](std::size_t size) { return "\"" + std::string(size, 'x') + "\""; };
  EXPECT_EQ(ParseValueToText(IdOf("title"), quoted(1U << 20U)), quoted(1U << 20U));
  EXPECT_EQ(ParseValueToText(IdOf("title"), quoted((1U << 20U) + 1)),
            "invalidValue: title: the string has 1048577 bytes; at most 1048576 are accepted");
}

TEST(ParseAttributeValueTest, ReadsDateTimesInTheirOwnSpelling) {
  const std::string_view wrong =
      "expected a date and time like \"2026-11-23T10:00:00Z\", got a string that is not one";
  ExpectParses(HarborId("certifiedOn"),
               {{"\"2026-11-23T10:00:00Z\"", "\"2026-11-23T10:00:00Z\""},
                {"\"2026-11-23T10:00:00.5+02:00\"", "\"2026-11-23T10:00:00.5+02:00\""}});
  ExpectRefuses(
      HarborId("certifiedOn"),
      {{"\"2026-11-23\"", wrong}, {"\"2026-02-30T10:00:00Z\"", wrong}, {"\"soon\"", wrong}});
}

TEST(ParseAttributeValueTest, ReadsBinaryInTheStandardAlphabet) {
  const std::string_view wrong = "expected base64 in a string, got a string that is not one";
  ExpectParses(HarborId("badge"), {{"\"QUJD\"", "\"QUJD\""},
                                   {"\"QUI=\"", "\"QUI=\""},
                                   {"\"QUI\"", "\"QUI\""},
                                   {"\"QQ==\"", "\"QQ==\""},
                                   {"\"+/+/\"", "\"+/+/\""}});
  ExpectRefuses(HarborId("badge"), {{"\"QUJDR\"", wrong},
                                    {"\"QQ=\"", wrong},
                                    {"\"Q===\"", wrong},
                                    {"\"=\"", wrong},
                                    {"\"+/-_\"", wrong},
                                    {"\"-_-_\"", wrong},
                                    {"\"QQ=Q\"", wrong},
                                    {"\"QU JD\"", wrong}});
}

TEST(ParseAttributeValueTest, ReadsAnyTextAsAReference) {
  ExpectParses(HarborId("portal"), {{"\"https://x.example/a?b\"", "\"https://x.example/a?b\""},
                                    {"\"not a url at all\"", "\"not a url at all\""},
                                    {"\"\"", "null"}});
  ExpectRefuses(HarborId("portal"), {{"7", "expected a URI in a string, got a number"}});
}

TEST(ParseAttributeValueTest, ReadsListsAndSingleValues) {
  ExpectParses(HarborId("gates"), {{R"(["a","b"])", R"(["a","b"])"},
                                   {R"("a")", R"(["a"])"},
                                   {R"(["a",null,"",[],"a","A","b"])", R"(["a","b"])"},
                                   {R"([null])", "null"}});
  EXPECT_EQ(
      ParseValueToText(HarborId("gates"), R"(["a",null,5])"),
      "invalidValue: " + std::string(kHarborUrn) + ":gates[2]: expected a string, got a number");
}

TEST(ParseAttributeValueTest, ReadsElementsOfComplexLists) {
  ExpectParses(IdOf("emails"),
               {{R"({"VALUE":"a","type":"work"})", R"([{"value":"a","type":"work"}])"},
                {R"("a")", R"([{"value":"a"}])"},
                {R"([{"value":"a"},{"value":"a"},{"value":"a","type":"x"}])",
                 R"([{"value":"a"},{"value":"a","type":"x"}])"},
                {R"([{"value":""},{"value":null},{},{"shape":1}])", "null"},
                {R"([{"value":"a","primary":"true"},{"value":"b","primary":false}])",
                 R"([{"value":"a","primary":true},{"value":"b","primary":false}])"}});
  EXPECT_EQ(ParseValueToText(IdOf("emails"), R"([{"primary":1}])"),
            "invalidValue: emails[0].primary: expected a boolean (true or false), got a number");
  EXPECT_EQ(ParseValueToText(IdOf("emails"), "[7]"),
            "invalidValue: emails[0]: expected an object, got a number");
  EXPECT_EQ(ParseValueToText(IdOf("emails"),
                             R"([{"value":"a","primary":true},{"value":"b","primary":"True"}])"),
            "invalidValue: emails: 2 values are primary; at most one may be");
  EXPECT_EQ(ParseValueToText(IdOf("addresses"), R"("Kaigata 7")"),
            "invalidValue: addresses[0]: expected an object, got a string");
}

TEST(ParseAttributeValueTest, DropsDuplicatesInLongListsToo) {
  std::string json = "[";
  for (int i = 0; i < 40; ++i) json += "\"g" + std::to_string(i % 20) + "\",";

  const std::string text = ParseValueToText(HarborId("gates"), json + "\"g0\",\"last\"]");

  EXPECT_EQ(std::count(text.begin(), text.end(), ','), 20);
  EXPECT_EQ(text.substr(0, 11), R"(["g0","g1",)");
  EXPECT_TRUE(text.ends_with(R"("g19","last"])"));
}

TEST(ParseAttributeValueTest, BoundsLists) {
  std::string json = "[\"g\"";
  for (std::size_t i = 1; i < kAttributeValuesMax; ++i) json += ",\"g\"";
  EXPECT_EQ(ParseValueToText(HarborId("gates"), json + "]"), R"(["g"])");
  EXPECT_EQ(ParseValueToText(HarborId("gates"), json + ",\"g\"]"),
            "invalidValue: " + std::string(kHarborUrn) + ":gates: more than 10000 values");
}

TEST(ParseAttributeValueTest, ReadsAManagerInEveryForm) {
  const AttributeId manager = IdOf(std::string(kEnterpriseUrn) + ":manager");
  ExpectParses(manager, {{R"("m")", R"({"value":"m"})"},
                         {R"({"value":"m","displayName":"M"})", R"({"value":"m"})"},
                         {R"([{"value":"m","$ref":"r"}])", R"({"value":"m","$ref":"r"})"},
                         {R"(["m"])", R"({"value":"m"})"},
                         {R"("")", "null"},
                         {R"([""])", "null"},
                         {R"({"value":""})", "null"},
                         {R"({"value":null,"displayName":"M"})", "null"},
                         {"{}", "null"},
                         {"[]", "null"}});
  ExpectRefuses(manager, {{R"(["m","n"])", "expected an object, got a list"},
                          {"7", "expected an object, got a number"}});
  ExpectRefuses(IdOf("name"), {{R"("Jane")", "expected an object, got a string"},
                               {R"([{"givenName":"J"}])", "expected an object, got a list"}});
}

TEST(ParseAttributeValueTest, ReadsRolesThatAreJsonText) {
  const std::string_view role =
      R"("{\"id\":\"3e5b\",\"value\":\"berth\",\"displayName\":\"Berth Admin\"}")";
  const std::string expected = R"([{"value":"berth","display":"Berth Admin"}])";
  const auto parse = [](const std::string& json) { return ParseValueToText(IdOf("roles"), json); };

  EXPECT_EQ(parse("[{\"value\":" + std::string(role) + "}]"), expected);
  EXPECT_EQ(parse("[" + std::string(role) + "]"), expected);
  EXPECT_EQ(parse(std::string(role)), expected);
  EXPECT_EQ(parse("{\"type\":\"t\",\"primary\":\"True\",\"value\":" + std::string(role) + "}"),
            R"([{"value":"berth","display":"Berth Admin","type":"t","primary":true}])");
  EXPECT_EQ(parse(R"({"value":"x","displayName":"X"})"), R"([{"value":"x","display":"X"}])");
  EXPECT_EQ(parse(R"({"value":"x","displayName":"Y","display":"X"})"),
            R"([{"value":"x","display":"X"}])");
}

TEST(ParseAttributeValueTest, KeepsTextThatOnlyLooksLikeAnObject) {
  for (const std::string_view kept :
       {R"("{berth}")", R"("{\"id\":\"1\"}")", R"("{\"value\":1,\"value\":2}")", R"("[1]")"}) {
    EXPECT_EQ(ParseValueToText(IdOf("roles"), "[{\"value\":" + std::string(kept) + "}]"),
              "[{\"value\":" + std::string(kept) + "}]");
  }
}

TEST(ParseAttributeValueTest, ReadsSubAttributesAlone) {
  EXPECT_EQ(ParseValueToText(IdOf("emails.primary"), "\"True\""), "true");
  EXPECT_EQ(ParseValueToText(IdOf("emails.type"), "5"),
            "invalidValue: emails.type: expected a string, got a number");
}

TEST(ParseMemberIdsTest, ReadsEveryFormAndNamesTheBadOne) {
  const auto parse = [](std::string_view json) -> std::string {
    const auto document = JsonDocument::Parse(json);
    const auto ids = ParseMemberIds(*HarborRegistry(), IdOf("members", "Group"), document->root());
    if (!ids) return RenderError(ids.error());
    std::string text;
    for (const std::string& id : *ids) text += id + " ";
    return text;
  };

  EXPECT_EQ(parse(R"([{"value":"b"},"a",null,{"VALUE":"b","type":"User"}])"), "b a ");
  EXPECT_EQ(parse(R"({"value":"b"})"), "b ");
  EXPECT_EQ(parse(R"("b")"), "b ");
  EXPECT_EQ(parse("[]"), "");
  EXPECT_EQ(parse("null"), "");
  EXPECT_EQ(parse(R"([{"value":"b"},{"type":"User"}])"),
            "invalidValue: members[1].value: missing; send the id of a resource");
  EXPECT_EQ(parse("[7]"),
            "invalidValue: members[0].value: expected the id of a resource in a string, got a "
            "number");
  EXPECT_EQ(parse(R"([{"value":""}])"),
            "invalidValue: members[0].value: expected the id of a resource in a string, got an "
            "empty string");
  EXPECT_EQ(parse(R"([{"value":"a","Value":"b"}])"),
            "invalidSyntax: members[0].value: sent twice, in two spellings");
}

TEST(ValueJsonTest, ReadsBackWhatItWrote) {
  RandomValues values(23);
  const RegistryPtr registry = HarborRegistry();
  for (int round = 0; round < 30; ++round) {
    for (const auto& [id, value] : values.MakeUser()) {
      const auto read = ReadValueJson(*registry, id, RenderValue(value));
      ASSERT_TRUE(read) << RenderValue(value);
      EXPECT_EQ(*read, value) << RenderValue(value);
    }
  }
}

TEST(ValueJsonTest, ReadsNoValueAndRefusesWhatDoesNotFit) {
  const RegistryPtr registry = HarborRegistry();
  EXPECT_EQ(ReadValueJson(*registry, IdOf("title"), "null"), Value());
  EXPECT_EQ(ReadValueJson(*registry, IdOf("title"), R"("")"), Value(std::string()));
  for (const std::string_view json : {"", "\"a\"b\"", "1", "true", "{}", "\"a"}) {
    EXPECT_FALSE(ReadValueJson(*registry, IdOf("title"), json)) << json;
  }
  EXPECT_FALSE(ReadValueJson(*registry, IdOf("active"), "\"true\""));
  EXPECT_FALSE(ReadValueJson(*registry, HarborId("berths"), "1.0"));
  EXPECT_FALSE(ReadValueJson(*registry, IdOf("emails"), R"([{"shape":"round"}])"));
}

}  // namespace
}  // namespace scimledger
