#include "engine/resource_json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/engine/resource_json_fixture.h"

namespace scimledger {
namespace {

std::string ParseUser(std::string_view members) { return ParseToText("User", UserBody(members)); }

TEST(ParseResourceTest, ReadsAnEntraCreateWithAnExtensionThatSchemasDoesNotList) {
  EXPECT_EQ(ParseToText("User", R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
    "externalId": "rmadsen", "userName": "runa.madsen@fjord-lines.example", "active": true,
    "displayName": "Runa Madsen",
    "emails": [{"primary": true, "type": "work", "value": "runa.madsen@fjord-lines.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Runa Madsen", "familyName": "Madsen", "givenName": "Runa"},
    "preferredLanguage": "nb-NO",
    "phoneNumbers": [{"type": "mobile", "value": "+47 40 00 09 99"},
                     {"type": "work", "value": "4700000999"}],
    "addresses": [{"type": "work", "streetAddress": "Bryggen 3", "country": "NO"}],
    "roles": [],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
        {"employeeNumber": "FL-77", "department": "Deck"},
    "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User": {"shiftCode": "N3"}})"),
            R"({"externalId":"rmadsen","userName":"runa.madsen@fjord-lines.example",)"
            R"("name":{"formatted":"Runa Madsen","familyName":"Madsen","givenName":"Runa"},)"
            R"("displayName":"Runa Madsen","preferredLanguage":"nb-NO","active":true,)"
            R"("emails":[{"value":"runa.madsen@fjord-lines.example","type":"work",)"
            R"("primary":true}],"phoneNumbers":[{"value":"+47 40 00 09 99","type":"mobile"},)"
            R"({"value":"4700000999","type":"work"}],)"
            R"("addresses":[{"streetAddress":"Bryggen 3","country":"NO","type":"work"}],)"
            R"("employeeNumber":"FL-77","department":"Deck","shiftCode":"N3"})"
            " cleared: roles");
}

TEST(ParseResourceTest, ReadsAnEntraCreateWithStringsForBooleansAndNulls) {
  EXPECT_EQ(ParseToText("User", R"({
    "schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                "urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "Ana.Ferreira@fjord-lines.example", "active": "True", "title": null,
    "addresses": null, "phoneNumbers": [],
    "emails": [{"Primary": true, "type": "work", "value": "ana@fjord-lines.example"}],
    "roles": [{"primary": "True", "display": "Lead", "value": "lead", "type": "AppRole"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
        {"department": null, "manager": {"value": "NOBODY1"}}})"),
            R"({"userName":"Ana.Ferreira@fjord-lines.example","active":true,)"
            R"("emails":[{"value":"ana@fjord-lines.example","type":"work","primary":true}],)"
            R"("roles":[{"value":"lead","display":"Lead","type":"AppRole","primary":true}],)"
            R"("manager":{"value":"NOBODY1"}})"
            " cleared: title addresses phoneNumbers "
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department");
}

TEST(ParseResourceTest, ReadsAnOktaReplaceWithReadOnlyAttributesAndAPassword) {
  const std::string text = ParseToText("User", R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "id": "7e2c9bb0-14a5-4f5d-8f5e-3c3a1f0f9e11", "externalId": "00u1", "userName": "kai@x.example",
    "name": {"givenName": "Kai", "middleName": "", "familyName": "Oduya"},
    "password": "Inv-ented-1", "active": true, "groups": [{"value": "g"}],
    "meta": {"version": "W/\"41\"", "location": 7}})");

  EXPECT_EQ(text,
            R"({"externalId":"00u1","userName":"kai@x.example",)"
            R"("name":{"familyName":"Oduya","givenName":"Kai"},"active":true} secrets: password)");
}

TEST(ParseResourceTest, ReadsAGroupWithAForeignSchema) {
  EXPECT_EQ(ParseToText("Group", R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
    "externalId": "e1", "displayName": "Pier 9 'Night' Crew", "meta": {"resourceType": "Group"}})"),
            R"({"externalId":"e1","displayName":"Pier 9 'Night' Crew"})");
}

TEST(ParseResourceTest, ReadsMembersApartAndTellsNotSentFromEmpty) {
  const auto group = [](std::string_view members) {
    return ParseToText("Group", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],)"
                                R"("displayName":"g")" +
                                    std::string(members) + "}");
  };
  const std::string own = R"({"displayName":"g"})";

  EXPECT_EQ(group(""), own);
  EXPECT_EQ(group(R"(,"members":[])"), own + " members:");
  EXPECT_EQ(group(R"(,"members":null)"), own + " members:");
  EXPECT_EQ(group(R"(,"Members":[{"value":"b"},{"Value":"a","$ref":null},{"value":"b"}])"),
            own + " members: b a");
}

TEST(ParseResourceTest, ResolvesDottedAndUrnKeys) {
  EXPECT_EQ(ParseUser(R"("name.givenName":"G","NAME.familyname":"F","emails.value":"e@x",)"
                      R"("urn:ietf:params:scim:schemas:core:2.0:User:title":"T",)"
                      R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":)"
                      R"("D","URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User:)"
                      R"(manager.value":"m")"),
            R"({"userName":"u","name":{"familyName":"F","givenName":"G"},"title":"T",)"
            R"("emails":[{"value":"e@x"}],"department":"D","manager":{"value":"m"}})");
  EXPECT_EQ(ParseUser(R"("name":{"givenName":"G"},"name.familyName":"F")"),
            R"({"userName":"u","name":{"familyName":"F","givenName":"G"}})");
  EXPECT_EQ(ParseUser(R"("urn:ietf:params:scim:schemas:core:2.0:user":{"title":"T"})"),
            R"({"userName":"u","title":"T"})");
}

TEST(ParseResourceTest, IgnoresWhatNoSchemaKnowsAndWhatIsReadOnly) {
  EXPECT_EQ(ParseUser(R"("favouriteKnot":"bowline","name.middle":"x","department":"plain",)"
                      R"("urn:example:unknown:1.0:User":7,"urn:example:unknown:1.0:User:x":1,)"
                      R"("id":5,"meta.created":[],"groups":"g",)"
                      R"("emails":[{"value":"e","shape":"round"}],)"
                      R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":)"
                      R"({"manager":{"value":"m","displayName":"M"},"unknown":{}})"),
            R"({"userName":"u","emails":[{"value":"e"}],"manager":{"value":"m"}})");
}

TEST(ParseResourceTest, DropsSecretsAndNamesThem) {
  EXPECT_EQ(ParseUser(R"("urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User":)"
                      R"({"pin":"1234","watch":{"zone":"A","code":"c"}})"),
            R"({"userName":"u","watch":{"zone":"A"}} secrets: )"
            "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User:pin "
            "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User:watch.code");
  EXPECT_EQ(ParseUser(R"("password":"")"), R"({"userName":"u"} cleared: password)");
}

TEST(ParseResourceTest, RefusesBodiesWithoutTheirSchema) {
  const std::string end =
      R"(; send a list with at least "urn:ietf:params:scim:schemas:core:2.0:User")";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[]", "expected a User as a JSON object, got a list"},
      {"null", "expected a User as a JSON object, got null"},
      {R"({"userName":"u"})", "schemas: missing" + end},
      {R"({"schemas":[],"userName":"u"})", "schemas: empty" + end},
      {R"({"schemas":"urn:ietf:params:scim:schemas:core:2.0:User"})",
       "schemas: expected a list of URNs, got a string" + end},
      {R"({"schemas":[1]})", "schemas: expected URNs in strings, got a number" + end},
      {R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]})",
       "schemas: the schema of a User is not listed" + end},
      {R"({"schemas":["x"],"Schemas":["x"]})", "schemas: sent twice, in two spellings"},
  };
  for (const auto& [json, detail] : cases) {
    EXPECT_EQ(ParseToText("User", json), "invalidSyntax: " + detail) << json;
  }
  EXPECT_EQ(ParseToText("User", R"({"SCHEMAS":["URN:IETF:params:scim:schemas:core:2.0:user",
                                    "urn:ietf:params:scim:schemas:core:2.0:User"],"username":"u"})"),
            R"({"userName":"u"})");
}

TEST(ParseResourceTest, RefusesTwoSpellingsOfOneAttribute) {
  for (const std::string_view members :
       {R"("title":"a","Title":"b")",
        R"("urn:ietf:params:scim:schemas:core:2.0:User:title":1,"title":1)",
        R"("name":{"givenName":"a","GivenName":"b"})",
        R"("name":{"givenName":"a"},"name.givenName":"b")",
        R"("emails":[{"value":"x"}],"emails.value":"y")",
        R"("emails":[{"primary":true,"Primary":true}])"}) {
    EXPECT_EQ(ParseUser(members).substr(0, 14), "invalidSyntax:") << members;
  }
  EXPECT_EQ(ParseUser(R"("emails":[{"value":"x"},{"primary":true,"Primary":true}])"),
            "invalidSyntax: emails[1].primary: sent twice, in two spellings");
}

TEST(ParseResourceTest, RefusesMissingRequiredAttributes) {
  EXPECT_EQ(ParseToText("User", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]})"),
            "invalidValue: userName: required, but missing or empty");
  EXPECT_EQ(ParseToText("User", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
                                   "userName":""})"),
            "invalidValue: userName: required, but missing or empty");
  EXPECT_EQ(
      ParseUser(R"("urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User":)"
                R"({"watch":{"level":1}})"),
      "invalidValue: urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User:watch.zone: "
      "required, but missing or empty");
}

TEST(ParseResourceTest, RefusesAUserWithoutARequiredExtension) {
  auto registry = SchemaRegistry::BuiltIn()->With({std::string(R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": "urn:example:pass:1.0",
    "name": "Pass", "attributes": [{"name": "number", "required": true}, {"name": "color"}]})")});
  ASSERT_TRUE(registry) << registry.error().detail;
  registry = (*registry)->With({std::string(R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "Visitor",
    "endpoint": "/Visitors", "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
    "schemaExtensions": [{"schema": "urn:example:pass:1.0", "required": true}]})")});
  ASSERT_TRUE(registry) << registry.error().detail;
  const auto parse = [&](std::string_view members) {
    auto document = JsonDocument::Parse(UserBody(members));
    const auto draft =
        ParseResource(**registry, *(*registry)->FindTypeByName("Visitor"), document->root());
    return draft ? std::string("accepted") : RenderError(draft.error());
  };

  EXPECT_EQ(parse(R"("title":"t")"),
            "invalidValue: urn:example:pass:1.0: a Visitor needs this extension with number, and "
            "it is missing "
            "or empty");
  EXPECT_EQ(parse(R"("urn:example:pass:1.0":{"color":"red"})"),
            "invalidValue: urn:example:pass:1.0:number: required, but missing or empty");
  EXPECT_EQ(parse(R"("urn:example:pass:1.0":{"number":"9"})"), "accepted");
}

TEST(ParseResourceTest, RefusesAnExtensionThatIsNoObject) {
  EXPECT_EQ(ParseUser(R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":["x"])"),
            "invalidValue: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User: expected an "
            "object, got a list");
  EXPECT_EQ(ParseUser(R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":null)"),
            R"({"userName":"u"})");
}

}  // namespace
}  // namespace scimledger
