#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/engine/resource_json_fixture.h"

namespace scimledger {
namespace {

/// What a selection includes of a few telling attributes: `a b(x y)`.
std::string Render(const AttributeSelection& selection) {
  struct Probe {
    AttributeId attribute;
    std::vector<std::string_view> parts;
  };
  const std::vector<Probe> probes = {
      {IdOf("schemas"), {}},
      {IdOf("id"), {}},
      {IdOf("userName"), {}},
      {IdOf("name"), {"familyName", "givenName"}},
      {IdOf("password"), {}},
      {IdOf("emails"), {"value", "type"}},
      {IdOf(std::string(kEnterpriseUrn) + ":department"), {}},
      {IdOf(std::string(kEnterpriseUrn) + ":manager"), {"value", "displayName"}},
      {HarborId("shiftCode"), {}},
      {HarborId("pin"), {}},
      {HarborId("remark"), {}},
      {HarborId("watch"), {"zone", "code", "log"}},
      {IdOf("meta"), {"created", "version"}},
  };
  std::string text;
  for (const auto& [id, parts] : probes) {
    const Attribute& attribute = HarborRegistry()->attribute(id);
    if (!selection.Includes(attribute)) continue;
    text += (text.empty() ? "" : " ") + attribute.name;
    std::string inner;
    for (const std::string_view part : parts) {
      const auto sub = HarborRegistry()->FindSubAttribute(id, part);
      if (!selection.Includes(HarborRegistry()->attribute(*sub))) continue;
      inner += (inner.empty() ? "" : " ") + std::string(part);
    }
    if (!parts.empty()) text += "(" + inner + ")";
  }
  return text;
}

using List = std::optional<std::string_view>;

Result<AttributeSelection> Parse(List attributes, List excluded,
                                 std::span<const AttributeId> supplied = {}) {
  return AttributeSelection::Parse(*HarborRegistry(), {HarborRegistry()->FindTypeByName("User"), 1},
                                   attributes, excluded, supplied);
}

std::string Select(List attributes, List excluded, std::span<const AttributeId> supplied = {}) {
  const auto selection = Parse(attributes, excluded, supplied);
  return selection ? Render(*selection) : RenderError(selection.error());
}

constexpr std::string_view kEverything =
    "schemas id userName name(familyName givenName) emails(value type) department "
    "manager(value displayName) shiftCode watch(zone) meta(created version)";

TEST(AttributeSelectionTest, DefaultsToWhatIsReturnedByDefault) {
  EXPECT_EQ(Render(AttributeSelection()), kEverything);
  for (const std::string_view blank : {"", " ", ", ,"}) {
    EXPECT_EQ(Select(blank, std::nullopt), kEverything) << blank;
    EXPECT_EQ(Select(std::nullopt, blank), kEverything) << blank;
    EXPECT_FALSE(Parse(blank, std::nullopt)->is_explicit());
  }
}

// rows: S35 R8
TEST(AttributeSelectionTest, NamesBringThemselvesAndWhatIsAlwaysReturned) {
  struct Case {
    std::string_view attributes;
    std::string_view expected;
  };
  for (const auto& [attributes, expected] : std::vector<Case>{
           {"userName", "schemas id userName"},
           {" USERNAME ,, emails.type ", "schemas id userName emails(type)"},
           {"name", "schemas id name(familyName givenName)"},
           {"name.givenName", "schemas id name(givenName)"},
           {"name,name.givenName", "schemas id name(familyName givenName)"},
           {"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName",
            "schemas id name(familyName)"},
           {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "schemas id department"},
           {"URN:ietf:params:scim:schemas:extension:enterprise:2.0:user",
            "schemas id department manager(value displayName)"},
           {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
            "schemas id manager(displayName)"},
           {"meta", "schemas id meta(created version)"},
           {"meta.version", "schemas id meta(version)"},
           {"password", "schemas id"},
           {"unknown,name.unknown,urn:example:nothing", "schemas id"},
           {"id", "schemas id"},
           {"remark", "schemas id remark"},
           {"watch", "schemas id watch(zone)"},
           {"watch.log,watch.code", "schemas id watch(log)"},
           {"urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User",
            "schemas id shiftCode remark watch(zone)"},
       }) {
    EXPECT_EQ(Select(attributes, std::nullopt), expected) << attributes;
    EXPECT_TRUE(Parse(attributes, std::nullopt)->is_explicit()) << attributes;
  }
}

TEST(AttributeSelectionTest, ExclusionsLeaveTheRest) {
  const auto without = [](std::string_view part, std::string_view instead) {
    std::string text(kEverything);
    return text.replace(text.find(part), part.size(), instead);
  };
  EXPECT_EQ(Select(std::nullopt, "emails.type"), without("emails(value type)", "emails(value)"));
  EXPECT_EQ(Select(std::nullopt, "emails,emails.type"), without("emails(value type) ", ""));
  EXPECT_EQ(Select(std::nullopt, "userName"), without("userName ", ""));
  EXPECT_EQ(Select(std::nullopt, "id,schemas,unknown"), kEverything);
  EXPECT_EQ(Select(std::nullopt, "meta"), without(" meta(created version)", ""));
  EXPECT_EQ(Select(std::nullopt, kEnterpriseUrn),
            without("department manager(value displayName) ", ""));
  EXPECT_FALSE(Parse(std::nullopt, "meta")->is_explicit());
}

// rows: S35
TEST(AttributeSelectionTest, AnswersToWritesShowWhatWasSupplied) {
  const std::vector<AttributeId> supplied = {HarborId("watch.log"), HarborId("remark"),
                                             HarborId("pin")};
  std::string expected(kEverything);
  expected.replace(expected.find("watch(zone)"), 11, "remark watch(zone log)");

  EXPECT_EQ(Select(std::nullopt, std::nullopt, supplied), expected);
  EXPECT_EQ(Select("userName", std::nullopt, supplied), "schemas id userName");
}

TEST(AttributeSelectionTest, RefusesBothParameters) {
  EXPECT_EQ(Select("userName", "emails"),
            "invalidValue: attributes and excludedAttributes cannot be used together; send one of "
            "them");
  EXPECT_EQ(Select("userName", " "), "schemas id userName");
}

}  // namespace
}  // namespace scimledger
