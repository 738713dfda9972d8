#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/schema.h"

namespace scimledger {
namespace {

const std::string kSet =
    R"("type": "complex", "multiValued": true, "subAttributes": [
         {"name": "value", "mutability": "immutable"},
         {"name": "$ref", "type": "reference", "mutability": "immutable",
          "referenceTypes": ["Pump"]}])";
const std::string kInverse =
    R"("type": "complex", "multiValued": true, "mutability": "readOnly", "subAttributes": [
         {"name": "value", "mutability": "readOnly"},
         {"name": "$ref", "type": "reference", "mutability": "readOnly",
          "referenceTypes": ["Station"]}])";

/// Names tell nothing here: only characteristics may decide.
class SchemaRolesTest : public testing::Test {
 protected:
  /// Roles of the attributes of a base schema, "name=role" with sub-attributes dotted, kStored left
  /// out.
  std::string Roles(const std::string& attributes, bool as_base = true) {
    const auto schema = SchemaRegistry::BuiltIn()->With(
        {R"({"id": "urn:example:Station", "attributes": [)" + attributes + "]}"});
    EXPECT_TRUE(schema) << schema.error().detail;
    registry_ = *schema;
    if (as_base) {
      const auto type = registry_->With(
          {R"({"name": "Station", "endpoint": "/Stations", "schema": "urn:example:Station"})"});
      EXPECT_TRUE(type) << type.error().detail;
      registry_ = *type;
    }
    std::string roles;
    for (std::size_t index = 0; index < registry_->attribute_count(); ++index) {
      const Attribute& attribute = registry_->attribute(static_cast<AttributeId>(index));
      if (attribute.schema != "urn:example:Station") continue;
      roles += Name(attribute);
    }
    return roles;
  }

  static std::string Name(const Attribute& attribute) {
    switch (attribute.role) {
      case AttributeRole::kStored:
        return "";
      case AttributeRole::kCommon:
        return attribute.path + "=common ";
      case AttributeRole::kReferenceSet:
        return attribute.path + "=set ";
      case AttributeRole::kMemberships:
        return attribute.path + "=memberships ";
      case AttributeRole::kDerived:
        return attribute.path + "=derived ";
    }
    return "";
  }

  std::string NamingAttribute(const std::string& attributes) {
    Roles(attributes);
    const ResourceType& type = *registry_->FindTypeByName("Station");
    return type.naming_attribute ? registry_->attribute(*type.naming_attribute).name : "none";
  }

  RegistryPtr registry_;
};

TEST_F(SchemaRolesTest, TheFirstSetOfImmutableReferencesIsTheReferenceSet) {
  EXPECT_EQ(Roles(R"({"name": "title"}, {"name": "pumps", )" + kSet + R"(}, {"name": "spares", )" +
                  kSet + "}"),
            "pumps=set pumps.value=set pumps.$ref=set ");
  const ResourceType& type = *registry_->FindTypeByName("Station");
  EXPECT_EQ(type.reference_set, registry_->FindByPath(type, "pumps"));
  EXPECT_FALSE(type.memberships);
}

TEST_F(SchemaRolesTest, TheFirstReadOnlyReferencesAreTheMemberships) {
  EXPECT_EQ(
      Roles(R"({"name": "stations", )" + kInverse + R"(}, {"name": "more", )" + kInverse + "}"),
      "stations=memberships stations.value=memberships stations.$ref=memberships ");
  const ResourceType& type = *registry_->FindTypeByName("Station");
  EXPECT_EQ(type.memberships, registry_->FindByPath(type, "stations"));
}

TEST_F(SchemaRolesTest, ASchemaThatIsNoBaseKeepsItsReferencesInTheDocument) {
  EXPECT_EQ(Roles(R"({"name": "pumps", )" + kSet + "}", false), "");
  EXPECT_EQ(Roles(R"({"name": "stations", )" + kInverse + "}", false), "");
}

TEST_F(SchemaRolesTest, AnythingLessIsNoReferenceSet) {
  const std::vector<std::string> stored = {
      R"("type": "complex", "subAttributes": [
           {"name": "value", "mutability": "immutable"},
           {"name": "$ref", "type": "reference", "mutability": "immutable",
            "referenceTypes": ["Pump"]}])",
      R"("type": "complex", "multiValued": true, "subAttributes": [
           {"name": "value"},
           {"name": "$ref", "type": "reference", "mutability": "immutable",
            "referenceTypes": ["Pump"]}])",
      R"("type": "complex", "multiValued": true, "subAttributes": [
           {"name": "value", "mutability": "immutable"},
           {"name": "$ref", "type": "reference", "referenceTypes": ["Pump"]}])",
      R"("type": "complex", "multiValued": true, "subAttributes": [
           {"name": "value", "mutability": "immutable"},
           {"name": "$ref", "type": "reference", "mutability": "immutable",
            "referenceTypes": ["external", "URI"]}])",
      R"("type": "complex", "multiValued": true, "subAttributes": [
           {"name": "value", "mutability": "immutable"},
           {"name": "$ref", "mutability": "immutable", "referenceTypes": ["Pump"]}])",
      R"("type": "complex", "multiValued": true, "subAttributes": [
           {"name": "value", "mutability": "immutable"}, {"name": "weight", "type": "integer"},
           {"name": "$ref", "type": "reference", "mutability": "immutable",
            "referenceTypes": ["Pump"]}])",
      R"("type": "complex", "multiValued": true, "subAttributes": [
           {"name": "$ref", "type": "reference", "mutability": "immutable",
            "referenceTypes": ["Pump"]}])",
  };
  for (const std::string& rest : stored) {
    EXPECT_EQ(Roles(R"({"name": "members", )" + rest + "}"), "") << rest;
  }
}

TEST_F(SchemaRolesTest, AReadOnlyNameBesideAReferenceIsDerived) {
  const auto keeper = [](const std::string& display, const std::string& reference_type) {
    return R"({"name": "keeper", "type": "complex", "subAttributes": [{"name": "value"},
        {"name": "$ref", "type": "reference", "referenceTypes": [")" +
           reference_type + R"("]}, )" + display + "]}";
  };
  EXPECT_EQ(Roles(keeper(R"({"name": "displayName", "mutability": "readOnly"})", "User")),
            "keeper.displayName=derived ");
  EXPECT_EQ(Roles(keeper(R"({"name": "Display", "mutability": "readOnly"})", "User"), false),
            "urn:example:Station:keeper.Display=derived ");
  EXPECT_EQ(Roles(keeper(R"({"name": "displayName"})", "User")), "");
  EXPECT_EQ(Roles(keeper(R"({"name": "label", "mutability": "readOnly"})", "User")), "");
  EXPECT_EQ(Roles(keeper(R"({"name": "displayName", "mutability": "readOnly"})", "external")), "");
}

TEST_F(SchemaRolesTest, TheNamingAttributeIsRequiredAndUniqueElseTheDisplayName) {
  EXPECT_EQ(NamingAttribute(R"({"name": "displayName"}, {"name": "code", "required": true},
                               {"name": "serial", "required": true, "uniqueness": "server"},
                               {"name": "tag", "required": true, "uniqueness": "global"})"),
            "serial");
  EXPECT_EQ(NamingAttribute(R"({"name": "number", "type": "integer", "required": true,
                                "uniqueness": "server"}, {"name": "DisplayName"})"),
            "DisplayName");
  EXPECT_EQ(NamingAttribute(R"({"name": "serial", "uniqueness": "server"})"), "none");
  EXPECT_EQ(NamingAttribute(R"({"name": "displayName", "multiValued": true})"), "none");
}

}  // namespace
}  // namespace scimledger
