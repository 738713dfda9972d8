#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/registry_builder.h"
#include "engine/schema.h"
#include "tests/unit/engine/schema_rendering.h"

namespace scimledger {
namespace {

constexpr std::string_view kBadge = "urn:example:schemas:extension:badge:User";

std::string SchemaJson(std::string_view urn, const std::string& attributes) {
  return R"({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": ")" +
         std::string(urn) + R"(", "attributes": [)" + attributes + "]}";
}

std::string TypeJson(const std::string& members) {
  return R"({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "Device",
             "endpoint": "/Devices", "schema": "urn:example:Device")" +
         members + "}";
}

const std::string kLabel = R"({"name": "label", "canonicalValues": ["red", "blue"]})";
const std::string kPorts =
    R"({"name": "ports", "type": "complex", "multiValued": true,
        "subAttributes": [{"name": "value"}, {"name": "speed", "type": "integer"}]})";

/// A resource type Device over the schema urn:example:Device with `label` and `ports`.
class SchemaChangeTest : public testing::Test {
 protected:
  void SetUp() override {
    Require(SchemaJson("urn:example:Device", kLabel + "," + kPorts));
    Require(TypeJson(""));
  }

  void Require(const std::string& json) {
    const auto added = registry_->With({json});
    ASSERT_TRUE(added) << added.error().detail;
    registry_ = *added;
  }

  std::string Refusal(const std::string& json) const {
    const auto added = registry_->With({json});
    if (added) return "accepted";
    EXPECT_EQ(added.error().status, 400);
    EXPECT_EQ(added.error().scim_type, ScimType::kInvalidValue);
    return added.error().detail;
  }

  void ExpectRefused(const std::string& json, const std::string& detail_part) const {
    const std::string detail = Refusal(json);
    EXPECT_NE(detail.find(detail_part), std::string::npos) << json << "\n" << detail;
  }

  std::string Paths(const std::string& type_name) const {
    const ResourceType& type = *registry_->FindTypeByName(type_name);
    std::string paths;
    for (const AttributeId id : type.attributes) {
      if (registry_->attribute(id).schema.empty()) continue;
      paths += registry_->attribute(id).path + " ";
    }
    return paths;
  }

  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
};

TEST_F(SchemaChangeTest, RegisteringTheSameAgainReturnsThisRegistry) {
  const std::vector<std::string> same = {
      SchemaJson("urn:example:Device", kLabel + "," + kPorts),
      SchemaJson("urn:example:Device", kPorts + "," + kLabel),
      SchemaJson("URN:example:device", kLabel + "," + kPorts),
      TypeJson(""),
      TypeJson(R"(, "schemaExtensions": [])"),
  };
  for (const std::string& json : same) {
    const auto again = registry_->With({json});
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->get(), registry_.get()) << json;
  }
}

TEST_F(SchemaChangeTest, AdditionsAreAppendedAndEarlierIdsKeepTheirMeaning) {
  const RegistryPtr before = registry_;
  Require(SchemaJson("urn:example:Device",
                     R"({"name": "added"}, {"name": "label", "description": "Colour",
                         "canonicalValues": ["green", "red", "blue"]},
                        {"name": "ports", "type": "complex", "multiValued": true,
                         "subAttributes": [{"name": "new"}, {"name": "value"},
                                           {"name": "speed", "type": "integer"}]})"));

  ASSERT_EQ(registry_->attribute_count(), before->attribute_count() + 2);
  for (std::size_t index = 0; index < before->attribute_count(); ++index) {
    const auto id = static_cast<AttributeId>(index);
    EXPECT_EQ(registry_->attribute(id).path, before->attribute(id).path);
    EXPECT_EQ(registry_->attribute(id).schema, before->attribute(id).schema);
    EXPECT_EQ(registry_->attribute(id).type, before->attribute(id).type);
    EXPECT_EQ(registry_->attribute(id).role, before->attribute(id).role);
  }
  const ResourceType& device = *registry_->FindTypeByName("Device");
  const Attribute& label = registry_->attribute(*registry_->FindByPath(device, "label"));
  EXPECT_EQ(label.canonical_values, (std::vector<std::string>{"red", "blue", "green"}));
  EXPECT_EQ(label.description, "Colour");
  EXPECT_TRUE(registry_->FindByPath(device, "ports.new"));
  EXPECT_EQ(Paths("Device"), "label ports added ");
  EXPECT_EQ(before->FindByPath(*before->FindTypeByName("Device"), "added"), std::nullopt);
}

TEST_F(SchemaChangeTest, EachAdditionAloneIsAChange) {
  const std::vector<std::string> additions = {
      R"({"name": "label", "canonicalValues": ["red", "blue", "green"]},)" + kPorts,
      R"({"name": "label", "canonicalValues": ["red", "blue"], "description": "Colour"},)" + kPorts,
      kLabel + "," + kPorts + R"(, {"name": "added"})",
  };
  for (const std::string& attributes : additions) {
    const auto next = registry_->With({SchemaJson("urn:example:Device", attributes)});
    ASSERT_TRUE(next) << next.error().detail;
    EXPECT_NE(Render(**next), Render(*registry_)) << attributes;
    EXPECT_EQ((*next)->added().size(), registry_->added().size() + 1) << attributes;
  }
}

TEST_F(SchemaChangeTest, RefusesEveryOtherChangeNamingTheAttribute) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {kLabel, "schema 'urn:example:Device', attribute 'ports': an attribute cannot be removed"},
      {kPorts, "attribute 'label': an attribute cannot be removed"},
      {R"({"name": "label", "canonicalValues": ["red"]},)" + kPorts,
       "attribute 'label': the canonical value 'blue' cannot be removed"},
      {R"({"name": "Label", "canonicalValues": ["red", "blue"]},)" + kPorts,
       "attribute 'label': 'name' cannot change from label to Label"},
      {kLabel + "," + kPorts + R"(, {"name": "added", "required": true})",
       "attribute 'added': an attribute added to a schema in use cannot be required"},
  };
  for (const auto& [attributes, detail] : refused) {
    ExpectRefused(SchemaJson("urn:example:Device", attributes), detail);
  }
}

TEST_F(SchemaChangeTest, RefusesChangedCharacteristics) {
  const std::vector<std::pair<std::string, std::string>> changes = {
      {R"("type": "integer")", "'type' cannot change from string to integer"},
      {R"("multiValued": true)", "'multiValued' cannot change from false to true"},
      {R"("required": true)", "'required' cannot change from false to true"},
      {R"("caseExact": true)", "'caseExact' cannot change from false to true"},
      {R"("mutability": "immutable")", "'mutability' cannot change from readWrite to immutable"},
      {R"("returned": "request")", "'returned' cannot change from default to request"},
      {R"("uniqueness": "server")", "'uniqueness' cannot change from none to server"},
      {R"("referenceTypes": ["uri"])", "'referenceTypes' cannot change"},
      {R"("x-default": "red")", "'x-default' cannot change"},
  };
  for (const auto& [change, detail] : changes) {
    ExpectRefused(SchemaJson("urn:example:Device",
                             R"({"name": "label", "canonicalValues": ["red", "blue"], )" + change +
                                 "}," + kPorts),
                  "attribute 'label': " + detail);
  }
}

TEST_F(SchemaChangeTest, RefusesChangedSubAttributes) {
  const auto with_ports = [](const std::string& subs) {
    return SchemaJson("urn:example:Device",
                      kLabel + R"(, {"name": "ports", "type": "complex", "multiValued": true,
                                     "subAttributes": [)" +
                          subs + "]}");
  };
  ExpectRefused(with_ports(R"({"name": "value"})"),
                "attribute 'ports.speed': an attribute cannot be removed");
  ExpectRefused(with_ports(R"({"name": "value"}, {"name": "speed"})"),
                "attribute 'ports.speed': 'type' cannot change from integer to string");
  ExpectRefused(with_ports(R"({"name": "value"}, {"name": "speed", "type": "integer"},
                              {"name": "x", "required": true})"),
                "attribute 'ports.x': an attribute added to a schema in use cannot be required");
}

TEST_F(SchemaChangeTest, AnAdditionMayNotChangeHowValuesAreKept) {
  const auto owners = [](const std::string& more) {
    return SchemaJson("urn:example:Device", kLabel + "," + kPorts +
                                                R"(, {"name": "owners", "type": "complex",
                          "multiValued": true, "subAttributes": [
                          {"name": "value", "mutability": "immutable"})" +
                                                more + "]}");
  };
  Require(owners(""));
  ExpectRefused(owners(R"(, {"name": "$ref", "type": "reference", "mutability": "immutable",
                            "referenceTypes": ["User"]})"),
                "attribute 'owners': the sub-attributes added would change how");
}

TEST_F(SchemaChangeTest, BuiltInSchemasGrowToo) {
  const std::string group = R"({"name": "displayName", "required": true, "uniqueness": "server"},
      {"name": "members", "type": "complex", "multiValued": true, "subAttributes": [
        {"name": "value", "mutability": "immutable"},
        {"name": "$ref", "type": "reference", "mutability": "immutable",
         "referenceTypes": ["Group", "User"]},
        {"name": "type", "mutability": "immutable", "canonicalValues": ["User", "Group"]},
        {"name": "display", "mutability": "readOnly"}]})";
  const std::string urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
  const auto same = registry_->With({SchemaJson(urn, group)});
  ASSERT_TRUE(same) << same.error().detail;
  EXPECT_EQ(same->get(), registry_.get());
  Require(SchemaJson(urn, group + R"(, {"name": "purpose"})"));
  EXPECT_EQ(Paths("Group"), "displayName members purpose ");
}

TEST_F(SchemaChangeTest, ResourceTypesGainExtensionsAndKeepTheRest) {
  Require(SchemaJson("urn:example:Lease", R"({"name": "until", "type": "dateTime"})"));
  Require(TypeJson(R"(, "schemaExtensions": [{"schema": "URN:example:lease"}])"));
  EXPECT_EQ(Paths("Device"), "label ports urn:example:Lease:until ");

  ExpectRefused(TypeJson(""),
                "resource type 'Device': the extension 'urn:example:Lease' cannot be removed");
  ExpectRefused(
      TypeJson(R"(, "schemaExtensions": [{"schema": "urn:example:Lease", "required": true}])"),
      "'required' of the extension 'urn:example:Lease' cannot change");
  const std::string type =
      R"({"endpoint": "/Gadgets", "name": "Device", "schema": "urn:example:Device"})";
  ExpectRefused(type, "'endpoint' cannot change from /Devices to /Gadgets");
  ExpectRefused(R"({"endpoint": "/Devices", "name": "Device", "schema": "urn:example:Lease"})",
                "'schema' cannot change from urn:example:Device to urn:example:Lease");
  ExpectRefused(R"({"endpoint": "/Devices", "name": "device", "schema": "urn:example:Device"})",
                "'name' cannot change from Device to device");
  ExpectRefused(R"({"endpoint": "/Leases", "name": "Lease", "schema": "urn:example:Lease"})",
                "is an extension of another resource type");
}

TEST_F(SchemaChangeTest, AnExtensionAddedLaterCannotBeRequired) {
  Require(SchemaJson("urn:example:Lease", R"({"name": "until"})"));
  ExpectRefused(
      TypeJson(R"(, "schemaExtensions": [{"schema": "urn:example:Lease", "required": true}])"),
      "the extension 'urn:example:Lease' cannot be required");
}

TEST_F(SchemaChangeTest, AnExtensionUrnNamingATypeExtendsIt) {
  Require(SchemaJson(kBadge, R"({"name": "number"})"));
  const ResourceType& user = *registry_->FindTypeByName("User");
  ASSERT_EQ(user.extensions.size(), 2U);
  EXPECT_EQ(user.extensions[1].schema, kBadge);
  EXPECT_TRUE(registry_->FindByPath(user, std::string(kBadge) + ":number"));
  EXPECT_FALSE(registry_->FindAttribute(user, "number"));

  Require(SchemaJson("urn:example:schemas:Extension:rack:DEVICE", R"({"name": "row"})"));
  EXPECT_EQ(Paths("Device"), "label ports urn:example:schemas:Extension:rack:DEVICE:row ");
  const auto again = registry_->With({TypeJson("")});
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->get(), registry_.get());
}

TEST_F(SchemaChangeTest, OtherUrnsExtendNothing) {
  const RegistryPtr before = registry_;
  Require(SchemaJson("urn:example:schemas:badge:User", R"({"name": "a"})"));
  Require(SchemaJson("urn:example:schemas:extension:badge:UserX", R"({"name": "a"})"));
  Require(SchemaJson("urn:example:schemas:extensions:User", R"({"name": "a"})"));
  EXPECT_EQ(registry_->FindTypeByName("User")->extensions.size(), 1U);
}

TEST_F(SchemaChangeTest, ExtensionsWaitForATypeThatComesLater) {
  Require(SchemaJson("urn:example:schemas:extension:site:Printer", R"({"name": "floor"})"));
  Require(SchemaJson("urn:example:Printer", R"({"name": "model"})"));
  Require(R"({"name": "Printer", "endpoint": "/Printers", "schema": "urn:example:Printer"})");
  EXPECT_EQ(Paths("Printer"), "model urn:example:schemas:extension:site:Printer:floor ");
}

TEST_F(SchemaChangeTest, RegisteringAddedDefinitionsAgainGivesAnEqualRegistry) {
  Require(SchemaJson(kBadge, R"({"name": "number"})"));
  Require(SchemaJson("urn:example:Device", kLabel + "," + kPorts + R"(, {"name": "room"})"));
  Require(SchemaJson("urn:example:Lease", R"({"name": "until"})"));
  Require(TypeJson(R"(, "schemaExtensions": [{"schema": "urn:example:Lease"}])"));
  ASSERT_EQ(registry_->added().size(), 6U);

  RegistryPtr replayed = SchemaRegistry::BuiltIn();
  for (const SchemaDefinition& definition : registry_->added()) {
    const auto next = replayed->With(definition);
    ASSERT_TRUE(next) << next.error().detail;
    replayed = *next;
  }
  EXPECT_EQ(Render(*replayed), Render(*registry_));
  EXPECT_EQ(replayed->added().size(), registry_->added().size());
}

TEST_F(SchemaChangeTest, ARefusedDefinitionLeavesTheRegistryAsItWas) {
  const std::string before = Render(*registry_);
  ExpectRefused(SchemaJson("urn:example:Bad", R"({"name": "fine"}, {"name": "id"})"), "'id'");
  EXPECT_EQ(Render(*registry_), before);
  EXPECT_EQ(registry_->FindSchema("urn:example:Bad"), nullptr);
}

TEST_F(SchemaChangeTest, AttributesBeyondTheLimitAreRefused) {
  const auto many = [](std::size_t count) {
    std::string attributes;
    for (std::size_t index = 0; index < count; ++index) {
      attributes +=
          (index == 0 ? "" : ",") + std::string(R"({"name": "a)") + std::to_string(index) + R"("})";
    }
    return SchemaJson("urn:example:Many", attributes);
  };
  const std::size_t room = kAttributesMax - registry_->attribute_count();
  ExpectRefused(many(room + 1), "schema 'urn:example:Many', attribute 'a" + std::to_string(room) +
                                    "': there are 4000 attributes already, which is the limit");
  Require(many(room));
  EXPECT_EQ(registry_->attribute_count(), kAttributesMax);
  ExpectRefused(SchemaJson("urn:example:More", R"({"name": "a"})"), "which is the limit");
}

TEST_F(SchemaChangeTest, ResourceTypesBeyondTheLimitAreRefused) {
  const auto type = [](std::size_t number) {
    const std::string name = "T" + std::to_string(number);
    return R"({"name": ")" + name + R"(", "endpoint": "/)" + name +
           R"(", "schema": "urn:example:Device"})";
  };
  for (std::size_t number = registry_->resource_types().size(); number < kResourceTypesMax;
       ++number) {
    Require(type(number));
  }
  ExpectRefused(type(999), "resource type 'T999': there are 200 resource types already");
  EXPECT_EQ(registry_->FindTypeByName("t199")->endpoint, "/T199");
}

TEST_F(SchemaChangeTest, WhatWasRecordedIsMergedWithoutBeingJudgedAgain) {
  const std::vector<std::string> refused_today = {
      SchemaJson("urn:example:Device",
                 kLabel + "," + kPorts + R"(, {"name": "serial", "required": true})"),
      SchemaJson("urn:example:Device", R"({"name": "serial"})"),
      SchemaJson("urn:example:Device", R"({"name": "label", "type": "integer"}, {"name": "x y"})"),
      TypeJson(R"(, "schemaExtensions": [{"schema": ")" + std::string(kBadge) +
               R"(", "required": true}])"),
  };
  Require(SchemaJson(kBadge, R"({"name": "number"})"));
  for (const std::string& json : refused_today) {
    ASSERT_NE(Refusal(json), "accepted") << json;
    const auto merged = registry_->WithRecorded({json});
    ASSERT_TRUE(merged) << merged.error().detail;
    // Every id keeps its meaning, whatever was recorded.
    for (std::size_t id = 0; id < registry_->attribute_count(); ++id) {
      const auto attribute = static_cast<AttributeId>(id);
      EXPECT_EQ((*merged)->attribute(attribute).path, registry_->attribute(attribute).path);
      EXPECT_EQ((*merged)->attribute(attribute).type, registry_->attribute(attribute).type);
    }
  }
  EXPECT_FALSE(registry_->WithRecorded({"{"}));
}

TEST_F(SchemaChangeTest, WhatIsAcceptedTodayIsMergedTheSameWay) {
  const std::vector<std::string> accepted = {
      SchemaJson("urn:example:Device", kLabel + "," + kPorts + R"(, {"name": "serial"})"),
      SchemaJson("urn:example:Device",
                 R"({"name": "label", "canonicalValues": ["red", "blue", "green"]},)" + kPorts),
      SchemaJson(kBadge, R"({"name": "number"})"),
      TypeJson(R"(, "description": "A thing")"),
      TypeJson(""),
  };
  for (const std::string& json : accepted) {
    const auto decided = registry_->With({json});
    const auto applied = registry_->WithRecorded({json});
    ASSERT_TRUE(decided && applied) << json;
    EXPECT_EQ(Render(**decided), Render(**applied)) << json;
    EXPECT_EQ(*decided == registry_, *applied == registry_) << json;
  }
}

}  // namespace
}  // namespace scimledger
