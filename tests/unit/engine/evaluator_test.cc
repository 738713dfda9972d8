#include "engine/evaluator.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/filter_test_resource.h"

namespace scimledger {
namespace {

FakeResource Jane() {
  const RegistryPtr registry = LabRegistry();
  FakeResource jane(registry, UserType(*registry));
  jane.Set("schemas", R"(["urn:ietf:params:scim:schemas:core:2.0:User",
                          "urn:example:scim:extension:Lab:2.0:User"])")
      .Set("id", R"("6f0c1b52-93de-4e7a-9c55-2b1f0e7d8a31")")
      .Set("externalId", R"("Ext-7")")
      .Set("meta", R"({"resourceType": "User", "created": "2026-11-01T10:00:00.000000Z",
                       "lastModified": "2026-11-02T10:00:00.500000Z"})")
      .Set("userName", R"("Jane.Strauß@Example.com")")
      .Set("name", R"({"familyName": "Strauß", "givenName": "Jane"})")
      .Set("active", "true")
      .Set("emails", R"([{"value": "jane@work.example", "type": "work", "primary": true},
                         {"value": "jane@home.example", "type": "home"}])")
      .Set("addresses", R"([{"type": "work", "locality": "Halden"}])")
      .Set("groups", R"([{"value": "g-1", "type": "direct"}, {"value": "g-2", "type": "direct"}])")
      .Set("level", "9007199254740993")
      .Set("score", "2.5")
      .Set("seal", R"("AAEC")")
      .Set("since", R"("2026-11-23T12:00:00+02:00")")
      .Set("certified", "false")
      .Set("badge", R"("Blue-7")")
      .Set("tags", R"(["red", "Green"])");
  return jane;
}

struct Row {
  std::string_view filter;
  bool expected;
};

void ExpectRows(const ResourceReader& resource, std::span<const Row> rows) {
  const RegistryPtr registry = LabRegistry();
  for (const Row& row : rows) {
    const auto syntax = ParseFilter(row.filter);
    ASSERT_TRUE(syntax) << row.filter << ": " << syntax.error().detail;
    const auto filter = BindFilter(*registry, UserType(*registry), *syntax);
    ASSERT_TRUE(filter) << row.filter << ": " << filter.error().detail;
    EXPECT_EQ(Matches(*registry, *filter, resource), row.expected) << row.filter;
  }
}

TEST(EvaluatorTest, StringsCompareAsTheirSchemaSays) {
  const Row rows[] = {
      {R"(userName eq "JANE.STRAUSS@example.com")", true},
      {R"(userName eq "jane.strauss@example.org")", false},
      {R"(userName ne "JANE.STRAUSS@example.com")", false},
      {R"(userName ne "x")", true},
      {R"(userName co "STRAUSS")", true},
      {R"(userName co "jane.strauß@example.com")", true},
      {R"(userName sw "JANE")", true},
      {R"(userName sw "ane")", false},
      {R"(userName ew ".COM")", true},
      {R"(userName ew ".co")", false},
      {R"(userName gt "jane")", true},
      {R"(userName ge "JANE.STRAUSS@EXAMPLE.COM")", true},
      {R"(userName gt "JANE.STRAUSS@EXAMPLE.COM")", false},
      {R"(userName lt "k")", true},
      {R"(userName le "a")", false},
      {R"(badge eq "Blue-7")", true},
      {R"(badge eq "blue-7")", false},
      {R"(badge sw "blue")", false},
      {R"(externalId eq "ext-7")", false},
      {R"(externalId eq "Ext-7")", true},
      {R"(id eq "6f0c1b52-93de-4e7a-9c55-2b1f0e7d8a31")", true},
      {R"(seal eq "AAEC")", true},
      {R"(seal eq "aaec")", false},
      {R"(schemas eq "URN:example:scim:extension:lab:2.0:User")", true},
      {R"(schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")", false},
      {R"(meta.resourceType eq "User")", true},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, OtherTypesCompareByMeaning) {
  const Row rows[] = {
      {"active eq true", true},
      {R"(active eq "True")", true},
      {"active ne true", false},
      {"certified eq false", true},
      {"certified ne false", false},
      {"level eq 9007199254740993", true},
      {"level eq 9007199254740992", false},
      {"level gt 9007199254740992.0", true},
      {"level le 9007199254740992.0", false},
      {"level lt 1e300", true},
      {"level gt -1e300", true},
      {R"(level eq "9007199254740993")", true},
      {"score eq 2.5", true},
      {"score gt 2", true},
      {"score ge 3", false},
      {"score lt 3", true},
      {"score eq 2", false},
      {R"(since eq "2026-11-23T10:00:00Z")", true},
      {R"(since gt "2026-11-23T11:00:00Z")", false},
      {R"(since lt "2026-11-23T11:59:00+02:00")", false},
      {R"(since le "2026-11-23T10:00:00.0000000Z")", true},
      {R"(meta.lastModified ge "2026-11-02T10:00:00.5000000Z")", true},
      {R"(meta.lastModified gt "2026-11-02T10:00:00.5000000Z")", false},
      {R"(meta.created lt "2026-11-02T00:00:00Z" and active eq true)", true},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, NoValueMakesEverythingFalseButNe) {
  const Row rows[] = {
      {R"(title eq "x")", false},
      {R"(title ne "x")", true},
      {R"(title co "")", false},
      {R"(title sw "x")", false},
      {R"(title gt "")", false},
      {R"(title le "x")", false},
      {"title pr", false},
      {"not (title pr)", true},
      {R"(not (title eq "x"))", true},
      {"title eq null", true},
      {"title ne null", false},
      {"userName eq null", false},
      {"userName ne null", true},
      {"name.middleName pr", false},
      {R"(name.middleName ne "x")", true},
      {R"(phoneNumbers eq "1")", false},
      {R"(phoneNumbers ne "1")", true},
      {R"(phoneNumbers[not (type eq "work")])", false},
      {R"(manager eq "x")", false},
      {"manager eq null", true},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, EmptyOperandMatchesAnyPresentValue) {
  const Row rows[] = {
      {R"(userName co "")", true},  {R"(userName sw "")", true}, {R"(userName ew "")", true},
      {R"(userName eq "")", false}, {R"(emails co "")", true},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, PresenceLooksIntoPartsElementsAndExtensions) {
  const Row rows[] = {
      {"userName pr", true},
      {"name pr", true},
      {"name.givenName pr", true},
      {"emails pr", true},
      {"emails.primary pr", true},
      {"emails.display pr", false},
      {"tags pr", true},
      {"ims pr", false},
      {"groups pr", true},
      {"groups.display pr", false},
      {"urn:example:scim:extension:Lab:2.0:User pr", true},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", false},
      {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq null", true},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, MultiValuedMatchesIfAnyValueDoes) {
  const Row rows[] = {
      {R"(emails eq "JANE@home.example")", true},
      {R"(emails.value ew "work.example")", true},
      {R"(emails co "nowhere")", false},
      {R"(emails.type eq "work")", true},
      {R"(emails.type ne "work")", false},
      {R"(emails.type ne "other")", true},
      {R"(tags eq "green")", true},
      {R"(tags ne "green")", false},
      {R"(tags gt "q")", true},
      {R"(groups eq "g-2")", true},
      {R"(groups.value eq "g-3")", false},
      {R"(groups.type ne "direct")", false},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, BracketsHoldOneElementWhereDotsDoNot) {
  const Row rows[] = {
      {R"(emails.type eq "work" and emails.value co "home")", true},
      {R"(emails[type eq "work" and value co "home"])", false},
      {R"(emails[type eq "work" and value co "work"])", true},
      {R"(emails[type eq "home" and not (primary eq true)])", true},
      {R"(emails[type eq "home" and primary ne true])", true},
      {R"(emails[type eq "work" and primary ne true])", false},
      {R"(emails[type eq "other" or value sw "jane@h"])", true},
      {R"(emails[primary eq null])", true},
      {R"(emails[type eq "work"].value eq "jane@WORK.example")", true},
      {R"(emails[type eq "work"].value eq "jane@home.example")", false},
      {R"(emails[type eq "work"].value ne "jane@home.example")", true},
      {R"(emails[type eq "work"].value ne "jane@work.example")", false},
      {R"(emails[type eq "work"].display eq null)", true},
      {R"(emails[type eq "work"].value eq null)", false},
      {R"(name[familyName eq "strauss" and givenName eq "jane"])", true},
      {R"(name[familyName eq "strauss" and givenName eq "john"])", false},
      {R"(tags[value eq "red"])", true},
      {R"(tags[value eq "red" and value eq "green"])", false},
      {R"(tags eq "red" and tags eq "green")", true},
      {R"(tags[value pr])", true},
      {R"(groups[value eq "g-1" and type eq "direct"])", true},
      {R"(groups[value eq "g-1" and type eq "indirect"])", false},
      {R"(not (emails[type eq "other"]))", true},
      {R"(emails[type eq "other"] or addresses[locality eq "halden"])", true},
  };
  ExpectRows(Jane(), rows);
}

// rows: S17
TEST(EvaluatorTest, AMissingPrimaryIsFalseButForPresence) {
  const Row rows[] = {
      {R"(emails[type eq "home" and primary eq false])", true},
      {R"(emails[type eq "home" and primary ne false])", false},
      {R"(emails[type eq "home" and primary ne true])", true},
      {R"(emails[type eq "home" and primary eq true])", false},
      {R"(emails[type eq "home" and primary pr])", false},
      {R"(emails[type eq "home" and primary eq null])", true},
      {R"(emails[type eq "work" and primary eq false])", false},
      {"emails.primary eq false", true},
      {"emails.primary ne false", false},
      {"addresses.primary eq false", true},
      {"addresses.primary ne true", true},
      {"addresses.primary pr", false},
      {"phoneNumbers.primary eq false", false},
      {"phoneNumbers[primary eq false]", false},
      {R"(emails[type eq "home"].primary eq false)", true},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, AndBindsTighterThanOr) {
  const Row rows[] = {
      {R"(active eq true or title pr and title pr)", true},
      {R"((active eq true or title pr) and title pr)", false},
      {R"(not (active eq true) or active eq true)", true},
      {R"(not (active eq true or title pr))", false},
      {R"(not (active eq true) and active eq true)", false},
  };
  ExpectRows(Jane(), rows);
}

TEST(EvaluatorTest, ElementFiltersMatchSimpleValuesToo) {
  const RegistryPtr registry = LabRegistry();
  const auto tags = ResolvePath(*registry, UserType(*registry), "tags")->attribute;
  const auto syntax = ParseFilter(R"(value sw "r" and not (value eq "rose"))");
  const auto filter = BindElementFilter(*registry, tags, *syntax);
  ASSERT_TRUE(filter) << filter.error().detail;
  EXPECT_TRUE(MatchesElement(*registry, *filter, Value(std::string("Red"))));
  EXPECT_FALSE(MatchesElement(*registry, *filter, Value(std::string("Rose"))));
  EXPECT_FALSE(MatchesElement(*registry, *filter, Value()));
}

}  // namespace
}  // namespace scimledger
