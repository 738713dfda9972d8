#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/schema.h"
#include "tests/unit/engine/schema_rendering.h"

namespace scimledger {
namespace {

std::string SchemaJson(const std::string& attributes) {
  return R"({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
             "id": "urn:example:Device", "attributes": [)" +
         attributes + "]}";
}

std::string TypeJson(const std::string& members) {
  return R"({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], )" + members + "}";
}

class SchemaDefinitionTest : public testing::Test {
 protected:
  /// "ok", or the scimType and the detail.
  std::string Add(const std::string& json) const {
    const auto added = registry_->With({json});
    if (added) return "ok";
    EXPECT_EQ(added.error().status, 400);
    return std::string(ToString(added.error().scim_type)) + " " + added.error().detail;
  }

  void ExpectRefused(const std::string& json, const std::string& detail_part) const {
    const std::string answer = Add(json);
    EXPECT_TRUE(answer.starts_with("invalidValue ")) << json << "\n" << answer;
    EXPECT_NE(answer.find(detail_part), std::string::npos) << json << "\n" << answer;
  }

  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
};

// rows: S1
TEST_F(SchemaDefinitionTest, SilentCharacteristicsHaveTheDefaultsOfRfc7643Section22) {
  const auto added = registry_->With({SchemaJson(R"({"name": "serial"})")});
  ASSERT_TRUE(added) << added.error().detail;
  const Attribute& serial =
      (*added)->attribute(*(*added)->FindInSchema("urn:example:device", "Serial"));
  const std::string id = std::to_string(registry_->attribute_count());
  EXPECT_EQ(Render(serial), id + " urn:example:Device:serial string readWrite default none role0 "
                                 "(urn:example:Device: )\n");
}

TEST_F(SchemaDefinitionTest, AcceptsEveryCharacteristic) {
  const std::vector<std::string> accepted = {
      R"({"name": "a", "type": "dateTime", "multiValued": true, "required": true,
          "caseExact": true, "mutability": "immutable", "returned": "request",
          "uniqueness": "global", "canonicalValues": ["x", "y"], "description": "d"})",
      R"({"name": "a-B_c$9", "type": "STRING"})",
      R"({"name": "a", "type": "reference", "referenceTypes": ["external", "Later"]})",
      R"({"name": "a", "type": "binary"}, {"name": "b", "type": "decimal"})",
      R"({"name": "a", "type": "complex", "subAttributes": [{"name": "$ref", "type": "reference"}]})",
      R"({"name": "a", "type": "complex", "subAttributes": [{"name": "id"}, {"name": "meta"}]})",
      R"({"name": "a", "mutability": "writeOnly"})",
      R"({"name": "a", "type": null, "subAttributes": null, "canonicalValues": null})",
      R"({"name": "a", "subAttributes": []})",
      R"({"name": "a", "type": "integer", "x-default": 3})",
      R"({"name": "userName"}, {"name": "title", "unknownCharacteristic": 1})",
  };
  for (const std::string& attributes : accepted)
    EXPECT_EQ(Add(SchemaJson(attributes)), "ok") << attributes;
}

TEST_F(SchemaDefinitionTest, CaseExactAndReturnedFollowTypeAndMutabilityWhenSilent) {
  const auto added = registry_->With({SchemaJson(R"(
      {"name": "photo", "type": "binary"}, {"name": "page", "type": "reference"},
      {"name": "urn", "type": "reference", "caseExact": false},
      {"name": "pin", "mutability": "writeOnly"})")});
  ASSERT_TRUE(added) << added.error().detail;
  const auto find = [&](std::string_view name) -> const Attribute& {
    return (*added)->attribute(*(*added)->FindInSchema("urn:example:Device", name));
  };
  EXPECT_TRUE(find("photo").case_exact);
  EXPECT_TRUE(find("page").case_exact);
  EXPECT_FALSE(find("urn").case_exact);
  EXPECT_EQ(find("pin").returned, Returned::kNever);
}

// rows: S2 S4 S14
TEST_F(SchemaDefinitionTest, RefusesMalformedAttributesNamingThem) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {R"({"description": "x"})", "schema 'urn:example:Device': 'name' is missing"},
      {R"({"name": ""})", "'name' is missing"},
      {R"({"name": "1a"})", "'1a' is not an attribute name"},
      {R"({"name": "$a"})", "'$a' is not an attribute name"},
      {R"({"name": "a b"})", "'a b' is not an attribute name"},
      {R"({"name": "a.b"})", "'a.b' is not an attribute name"},
      {R"({"name": "a:b"})", "'a:b' is not an attribute name"},
      {R"({"name": "é"})", "'é' is not an attribute name"},
      {R"({"name": 7})", "'name' must be a string"},
      {R"("a")", "an attribute must be an object"},
      {R"({"name": "a"}, {"name": "A"})", "attribute 'A': the name occurs twice"},
      {R"({"name": "ID"})", "attribute 'ID': every resource already has"},
      {R"({"name": "externalId"})", "attribute 'externalId': every resource already has"},
      {R"({"name": "meta"})", "attribute 'meta'"},
      {R"({"name": "schemas"})", "attribute 'schemas'"},
      {R"({"name": "a", "type": "text"})",
       "attribute 'a': 'type' is \"text\"; accepted are string, boolean, decimal, integer, "
       "dateTime, binary, reference, complex"},
      {R"({"name": "a", "mutability": "never"})",
       "'mutability' is \"never\"; accepted are readOnly"},
      {R"({"name": "a", "returned": "maybe"})", "'returned' is \"maybe\"; accepted are always"},
      {R"({"name": "a", "uniqueness": "local"})", "'uniqueness' is \"local\"; accepted are none"},
      {R"({"name": "a", "type": 7})", "'type' must be a string"},
      {R"({"name": "a", "multiValued": "true"})", "'multiValued' must be true or false"},
      {R"({"name": "a", "required": 1})", "'required' must be true or false"},
      {R"({"name": "a", "canonicalValues": "x"})", "'canonicalValues' must be a list"},
      {R"({"name": "a", "referenceTypes": [1]})", "'referenceTypes' must be a list of strings"},
      {R"({"name": "a", "type": "complex"})", "a complex attribute needs subAttributes"},
      {R"({"name": "a", "subAttributes": [{"name": "b"}]})", "only a complex attribute"},
      {R"({"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex",
           "subAttributes": [{"name": "c"}]}]})",
       "attribute 'a.b': a complex attribute cannot contain another complex attribute"},
      {R"({"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "x"}]})",
       "attribute 'a.b': 'type' is \"x\""},
      {R"({"name": "a", "type": "complex", "subAttributes": [{"name": "b"}, {"name": "B"}]})",
       "attribute 'a.B': the name occurs twice"},
      {R"({"name": "a", "type": "complex", "subAttributes": {"name": "b"}})",
       "attribute 'a': 'subAttributes' must be a list"},
      {R"({"name": "a", "type": "complex", "uniqueness": "server", "subAttributes": [{"name": "b"}]})",
       "a complex attribute cannot be unique"},
      {R"({"name": "a", "mutability": "writeOnly", "returned": "default"})", "must be never"},
      {R"({"name": "a", "returned": "never", "uniqueness": "server"})", "cannot be unique"},
      {R"({"name": "a", "type": "integer", "x-default": "3"})", "attribute 'a': 'x-default' needs"},
      {R"({"name": "a", "type": "integer", "x-default": 1.5})", "'x-default' needs"},
      {R"({"name": "a", "multiValued": true, "x-default": "x"})", "'x-default' needs"},
      {R"({"name": "a", "mutability": "readOnly", "x-default": "x"})", "'x-default' needs"},
      {"", "'attributes' is missing or empty"},
  };
  for (const auto& [attributes, detail] : refused) ExpectRefused(SchemaJson(attributes), detail);
}

TEST_F(SchemaDefinitionTest, RefusesWhatIsNoDefinition) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"[]", "one Schema or ResourceType object"},
      {"{}", "'schemas' must name"},
      {R"({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "Resources": []})",
       "'schemas' must name"},
      {R"({"schemas": "urn:ietf:params:scim:schemas:core:2.0:Schema"})",
       "'schemas' must be a list"},
      {R"({"attributes": [{"name": "a"}]})", "schema: 'id' is missing"},
      {R"({"id": "Device", "attributes": [{"name": "a"}]})", "'id' must be a URI"},
      {R"({"id": "urn:a b", "attributes": [{"name": "a"}]})", "'id' must be a URI"},
      {R"({"id": "urn:a:", "attributes": [{"name": "a"}]})", "'id' must be a URI"},
      {R"({"id": "urn:a[b]", "attributes": [{"name": "a"}]})", "'id' must be a URI"},
      {R"({"id": "urn:a", "attributes": {}})", "schema 'urn:a': 'attributes' must be a list"},
  };
  for (const auto& [json, detail] : refused) ExpectRefused(json, detail);
  EXPECT_TRUE(Add("{").starts_with("invalidSyntax "));
  EXPECT_TRUE(Add("").starts_with("invalidSyntax "));
}

TEST_F(SchemaDefinitionTest, ShapeTellsWhatItIsWithoutSchemas) {
  EXPECT_EQ(Add(R"({"id": "urn:a", "attributes": [{"name": "a"}]})"), "ok");
  ExpectRefused(R"({"name": "Device", "endpoint": "/Devices", "schema": "urn:none"})",
                "resource type 'Device': the schema 'urn:none' is not known");
}

TEST_F(SchemaDefinitionTest, RefusesMalformedResourceTypes) {
  const auto with_schema = registry_->With({SchemaJson(R"({"name": "a"})")});
  ASSERT_TRUE(with_schema);
  registry_ = *with_schema;
  const std::string rest = R"("endpoint": "/Devices", "schema": "urn:example:Device")";
  EXPECT_EQ(Add(TypeJson(R"("name": "Device", )" + rest)), "ok");
  const std::vector<std::pair<std::string, std::string>> refused = {
      {rest, "resource type: 'name' is missing"},
      {R"("name": "My Device", )" + rest, "'name' must be a letter"},
      {R"("name": "external", )" + rest, "'name' must be a letter"},
      {R"("name": "URI", )" + rest, "'name' must be a letter"},
      {R"("name": "D", "schema": "urn:example:Device")",
       "resource type 'D': 'endpoint' is missing"},
      {R"("name": "D", "endpoint": "Devices", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/a/b", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/a?b", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/.search", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/schemas", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/Bulk", "schema": "urn:example:Device")", "'endpoint' is"},
      {R"("name": "D", "endpoint": "/users", "schema": "urn:example:Device")",
       "the endpoint /users belongs to resource type 'User'"},
      {R"("name": "D", "endpoint": "/Devices")", "'schema' is missing"},
      {R"("name": "D", "endpoint": "/Devices", "schema": "urn:x")",
       "the schema 'urn:x' is not known"},
      {R"("name": "D", "endpoint": "/Devices",
          "schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")",
       "is an extension of another resource type"},
      {R"("name": "D", "schemaExtensions": [{"schema": "urn:x"}], )" + rest,
       "the extension 'urn:x' is not known"},
      {R"("name": "D", "schemaExtensions": [{"schema": "urn:example:Device"}], )" + rest,
       "'urn:example:Device' is a base schema"},
      {R"("name": "D", "schemaExtensions": [{}], )" + rest, "'schema' is missing"},
      {R"("name": "D", "schemaExtensions": {}, )" + rest, "'schemaExtensions' must be a list"},
      {R"("name": "D", "schemaExtensions": ["urn:x"], )" + rest, "must be an object"},
      {R"("name": "D", "schemaExtensions": [{"schema": "urn:x"}, {"schema": "URN:X"}], )" + rest,
       "occurs twice"},
  };
  for (const auto& [members, detail] : refused) ExpectRefused(TypeJson(members), detail);
}

}  // namespace
}  // namespace scimledger
