#include "engine/unique_keys.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/document.h"

namespace scimledger {
namespace {

constexpr std::string_view kDevice = R"({
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
  "id": "urn:example:Device",
  "attributes": [
    {"name": "serial", "uniqueness": "global", "caseExact": true},
    {"name": "number", "type": "integer", "uniqueness": "server"},
    {"name": "made", "type": "dateTime", "uniqueness": "server"},
    {"name": "tags", "multiValued": true, "uniqueness": "server"},
    {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": [
      {"name": "mac", "uniqueness": "server"},
      {"name": "label"}]},
    {"name": "room"}
  ]})";

class UniqueKeysTest : public testing::Test {
 protected:
  UniqueKeysTest() : registry_(*SchemaRegistry::BuiltIn()->With({std::string(kDevice)})) {}

  AttributeId Find(std::string_view name) const {
    return *registry_->FindInSchema("urn:example:Device", name);
  }

  std::string Keys(const AttributeMap& attributes) const {
    Resource resource;
    resource.document = EncodeDocument(attributes);
    std::string text;
    for (const UniqueKey& key : UniqueKeysOf(*registry_, resource)) {
      text += registry_->attribute(key.attribute).name + "=" + key.key + " ";
    }
    return text;
  }

  RegistryPtr registry_;
};

Value Text(const std::string& text) { return Value(text); }

TEST_F(UniqueKeysTest, FoldsUnlessCaseExact) {
  AttributeMap attributes;
  attributes.Set(Find("serial"), Text("AB-1"));
  attributes.Set(Find("tags"), Value(ValueList{Text("Straße"), Text("STRASSE"), Text("b")}));
  attributes.Set(Find("room"), Text("R1"));
  EXPECT_EQ(Keys(attributes), "serial=AB-1 tags=b tags=strasse ");
}

TEST_F(UniqueKeysTest, NumbersAndInstantsHaveOneSpelling) {
  AttributeMap attributes;
  attributes.Set(Find("number"), Value(std::int64_t{42}));
  attributes.Set(Find("made"), Text("2026-11-23T11:00:00+01:00"));
  EXPECT_EQ(Keys(attributes), "number=42 made=2026-11-23T10:00:00.000000Z ");
}

TEST_F(UniqueKeysTest, PartsOfComplexValuesCount) {
  const AttributeId ports = Find("ports");
  AttributeMap first;
  first.Set(*registry_->FindSubAttribute(ports, "mac"), Text("AA:BB"));
  first.Set(*registry_->FindSubAttribute(ports, "label"), Text("left"));
  AttributeMap second;
  second.Set(*registry_->FindSubAttribute(ports, "label"), Text("right"));
  AttributeMap attributes;
  attributes.Set(ports, Value(ValueList{Value(first), Value(second)}));
  EXPECT_EQ(Keys(attributes), "mac=aa:bb ");
}

TEST_F(UniqueKeysTest, UsersAreKnownByFoldedUserNameOnly) {
  const ResourceType& user = *registry_->FindTypeByName("User");
  AttributeMap attributes;
  attributes.Set(*registry_->FindAttribute(user, "userName"), Text("Jane@Example.com"));
  attributes.Set(*registry_->FindAttribute(user, "displayName"), Text("Jane"));
  attributes.Set(*registry_->FindAttribute(user, "externalId"), Text("E1"));
  EXPECT_EQ(Keys(attributes), "userName=jane@example.com ");
}

TEST_F(UniqueKeysTest, ComparisonKeyFollowsCaseExact) {
  const Attribute& external_id = registry_->attribute(registry_->common().external_id);
  const Attribute& room = registry_->attribute(Find("room"));
  EXPECT_EQ(ComparisonKey(external_id, "J\u00FCr"), ComparisonKey(external_id, "Ju\u0308r"));
  EXPECT_NE(ComparisonKey(external_id, "A"), ComparisonKey(external_id, "a"));
  EXPECT_EQ(ComparisonKey(room, "A"), ComparisonKey(room, "a"));
}

}  // namespace
}  // namespace scimledger
