#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/filter.h"
#include "tests/unit/engine/filter_test_resource.h"

namespace scimledger {
namespace {

std::string PathText(const SchemaRegistry& registry, const std::optional<AttributePath>& path) {
  if (!path) return "-";
  const Attribute& attribute = registry.attribute(path->attribute);
  if (!path->sub) return attribute.path;
  return attribute.path + " > " + registry.attribute(*path->sub).name;
}

struct ResolvedRow {
  std::string_view path;
  std::string_view expected;
};

TEST(FilterPathTest, ResolvesNamesUrnsAndSubAttributes) {
  const RegistryPtr registry = LabRegistry();
  const ResolvedRow rows[] = {
      {"userName", "userName"},
      {"USERNAME", "userName"},
      {"name", "name"},
      {"name.familyName", "name > familyName"},
      {"NAME.familyname", "name > familyName"},
      {"emails.Value", "emails > value"},
      {"id", "id"},
      {"externalid", "externalId"},
      {"schemas", "schemas"},
      {"meta.lastModified", "meta > lastModified"},
      {"groups.$ref", "groups > $ref"},
      {"urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName"},
      {"URN:IETF:params:scim:schemas:CORE:2.0:user:name.givenName", "name > givenName"},
      {"urn:ietf:params:scim:schemas:core:2.0:User:id", "id"},
      {"urn:ietf:params:scim:schemas:core:2.0:User:meta.created", "meta > created"},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager > value"},
      {"manager", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"},
      {"manager.displayName",
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager > displayName"},
      {"department", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"},
      {"level", "urn:example:scim:extension:Lab:2.0:User:level"},
      {"nope", "-"},
      {"name.nope", "-"},
      {"userName.value", "-"},
      {"name.familyName.x", "-"},
      {"members", "-"},
      {"", "-"},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "-"},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:", "-"},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:level", "-"},
      {"urn:ietf:params:scim:schemas:core:2.0:User:department", "-"},
      {"urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "-"},
      {"urn:example:unknown:2.0:User:shiftCode", "-"},
  };
  for (const ResolvedRow& row : rows) {
    EXPECT_EQ(PathText(*registry, ResolvePath(*registry, UserType(*registry), row.path)),
              row.expected)
        << row.path;
  }
}

TEST(FilterPathTest, PlainExtensionNameMustBeUnambiguous) {
  const auto registry = LabRegistry()->With({R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    "id": "urn:example:scim:extension:Second:2.0:User", "name": "Second",
    "attributes": [{"name": "level", "type": "integer"}]})"});
  ASSERT_TRUE(registry) << registry.error().detail;
  const ResourceType& user = UserType(**registry);
  EXPECT_FALSE(ResolvePath(**registry, user, "level"));
  EXPECT_TRUE(ResolvePath(**registry, user, "urn:example:scim:extension:Second:2.0:User:level"));
  EXPECT_TRUE(ResolvePath(**registry, user, "badge"));
}

TEST(FilterPathTest, NamesWholeSchemasOfTheType) {
  const RegistryPtr registry = LabRegistry();
  const ResourceType& user = UserType(*registry);
  const Schema* enterprise = ResolveSchemaPath(
      *registry, user, "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user");
  ASSERT_NE(enterprise, nullptr);
  EXPECT_EQ(enterprise->id, kEnterpriseUrn);
  EXPECT_EQ(ResolveSchemaPath(*registry, user, "urn:ietf:params:scim:schemas:core:2.0:Group"),
            nullptr);
  EXPECT_EQ(ResolveSchemaPath(*registry, user, "userName"), nullptr);
}

Result<Filter> ParseAndBind(std::string_view text, std::string_view type = "User") {
  const RegistryPtr registry = LabRegistry();
  const auto syntax = ParseFilter(text);
  if (!syntax) return std::unexpected(syntax.error());
  return BindFilter(*registry, *registry->FindTypeByName(type), *syntax);
}

TEST(FilterBinderTest, AcceptsOperatorsAndOperandsThatFitTheType) {
  const std::string_view rows[] = {
      R"(userName gt "a")",
      R"(emails co "x")",
      R"(manager eq "1")",
      R"(groups eq "1")",
      R"(groups[value eq "1"])",
      R"(profileUrl sw "https://")",
      R"(active eq "TRUE")",
      R"(roles[primary eq "True"])",
      R"(level ge 3)",
      R"(level eq "3")",
      R"(level lt 2.5)",
      R"(score eq "1e2")",
      R"(meta.created ge "2026-11-01T00:00:00.0000000Z")",
      R"(seal eq "AAEC")",
      R"(x509Certificates.value eq "AAEC")",
      R"(name[familyName eq "X"])",
      R"(tags[value eq "x"])",
      R"(tags eq "x")",
      R"(addresses pr)",
      R"(name pr)",
      R"(name eq null)",
      R"(addresses ne null)",
      R"(active eq null)",
      R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr)",
      R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User ne null)",
      R"(schemas eq "urn:example:scim:extension:Lab:2.0:User")",
  };
  for (const std::string_view text : rows) {
    const auto filter = ParseAndBind(text);
    EXPECT_TRUE(filter) << text << ": " << filter.error().detail;
  }
  EXPECT_TRUE(ParseAndBind(R"(members eq "1" and members[type eq "User"])", "Group"));
}

struct RefusedRow {
  std::string_view text;
  std::string_view detail;
};

TEST(FilterBinderTest, RefusesWhatDoesNotFitAndNamesTheAttribute) {
  const RefusedRow rows[] = {
      {R"(nope eq "x")", "User has no attribute 'nope'"},
      {R"(name.nope eq "x")", "'name.nope'"},
      {R"(urn:example:x:2.0:User:y eq "x")", "scimledger schema add"},
      {R"(active gt true)", "'active' is boolean and has no order"},
      {R"(active co "t")", "'active' is boolean and not text"},
      {R"(seal lt "AA")", "is binary and has no order"},
      {R"(seal co "AA")", "is binary and not text"},
      {R"(level sw "1")", "is integer and not text"},
      {R"(score ew 1)", "is decimal and not text"},
      {R"(meta.created co "2026")", "'meta.created' is dateTime and not text"},
      {R"(userName eq 5)", "'userName' compares with a string in double quotes"},
      {R"(userName eq true)", "a string in double quotes"},
      {R"(active eq "yes")", "'active' compares with true or false"},
      {R"(active eq 1)", "true or false"},
      {R"(level eq "three")", "compares with a number"},
      {R"(level eq "nan")", "compares with a number"},
      {R"(level eq "")", "compares with a number"},
      {R"(level eq true)", "compares with a number"},
      {R"(meta.created gt "2026-11-23")", "compares with a dateTime such as"},
      {R"(meta.created gt 5)", "compares with a dateTime"},
      {R"(name eq "x")", "'name' is complex; name one of its sub-attributes"},
      {R"(addresses co "x")", "'addresses' is complex"},
      {R"(password eq "hunter2")", "'password' is never returned"},
      {R"(password pr)", "'password' is never returned"},
      {R"(not (pin pr))", "is never returned"},
      {R"(userName gt null)", "'userName' can be compared with null by eq and ne only, not gt"},
      {R"(userName co null)", "by eq and ne only, not co"},
      {R"(userName[value eq "x"])", "'userName' has neither parts nor several values"},
      {R"(name.familyName[value eq "x"])", "has neither parts nor several values"},
      {R"(emails[nope eq "x"])", "'emails' has no sub-attribute 'nope'"},
      {R"(emails[type eq 5])", "'emails.type' compares with a string"},
      {R"(tags[type eq "x"])", "has no sub-attribute 'type'"},
      {R"(emails[value pr or primary gt true])", "has no order"},
      {R"(members eq "x")", "User has no attribute 'members'"},
      {R"(userName eq "x" or (title pr and nope pr))", "'nope'"},
  };
  for (const RefusedRow& row : rows) {
    const auto filter = ParseAndBind(row.text);
    ASSERT_FALSE(filter) << row.text;
    EXPECT_EQ(filter.error().status, 400);
    EXPECT_EQ(filter.error().scim_type, ScimType::kInvalidFilter);
    EXPECT_NE(filter.error().detail.find(row.detail), std::string::npos)
        << row.text << ": " << filter.error().detail;
    EXPECT_EQ(filter.error().detail.find("hunter2"), std::string::npos);
  }
}

TEST(FilterBinderTest, BareComplexAttributeStandsForItsValue) {
  const RegistryPtr registry = LabRegistry();
  const auto filter = ParseAndBind(R"(emails eq "A@X.example")");
  ASSERT_TRUE(filter);
  const auto& compare = std::get<Filter::Compare>(filter->node);
  EXPECT_EQ(PathText(*registry, compare.path), "emails > value");
  EXPECT_EQ(compare.operand.folded, "a@x.example");
  EXPECT_EQ(*compare.operand.value.AsString(), "A@X.example");
}

TEST(FilterBinderTest, NullIsBoundAsAbsence) {
  const auto absent = ParseAndBind("title eq null");
  ASSERT_TRUE(absent);
  EXPECT_TRUE(std::holds_alternative<Filter::Not>(absent->node));
  const auto present = ParseAndBind("title ne null");
  ASSERT_TRUE(present);
  EXPECT_TRUE(std::holds_alternative<Filter::Present>(present->node));
}

TEST(FilterBinderTest, ElementFilterRefusesBracketsInside) {
  const RegistryPtr registry = LabRegistry();
  const auto syntax = ParseFilter(R"(emails[type eq "work"])");
  ASSERT_TRUE(syntax);
  const auto emails = ResolvePath(*registry, UserType(*registry), "emails");
  EXPECT_FALSE(BindElementFilter(*registry, emails->attribute, *syntax));
}

}  // namespace
}  // namespace scimledger
