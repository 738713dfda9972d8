#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evaluator.h"
#include "engine/resource_json.h"
#include "engine/schema.h"

namespace scimledger {

inline constexpr std::string_view kLabUrn = "urn:example:scim:extension:Lab:2.0:User";
inline constexpr std::string_view kEnterpriseUrn =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The built-in schemas and an extension of User with every data type.
inline RegistryPtr LabRegistry() {
  static const RegistryPtr registry = [] {
    const auto extended = SchemaRegistry::BuiltIn()->With({R"({
      "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
      "id": "urn:example:scim:extension:Lab:2.0:User", "name": "Lab", "description": "Test data",
      "attributes": [
        {"name": "level", "type": "integer"},
        {"name": "score", "type": "decimal"},
        {"name": "seal", "type": "binary"},
        {"name": "since", "type": "dateTime"},
        {"name": "certified", "type": "boolean"},
        {"name": "badge", "type": "string", "caseExact": true},
        {"name": "tags", "type": "string", "multiValued": true},
        {"name": "serial", "type": "string", "mutability": "immutable"},
        {"name": "pin", "type": "string", "mutability": "writeOnly", "returned": "never"},
        {"name": "sector", "type": "string", "required": true},
        {"name": "visits", "type": "complex", "multiValued": true, "subAttributes": [
          {"name": "value", "type": "string"}, {"name": "type", "type": "string"},
          {"name": "count", "type": "integer"},
          {"name": "origin", "type": "string", "mutability": "immutable"}]}
      ]})"});
    if (!extended) ADD_FAILURE() << extended.error().detail;
    return extended.value_or(SchemaRegistry::BuiltIn());
  }();
  return registry;
}

inline const ResourceType& UserType(const SchemaRegistry& registry) {
  return *registry.FindTypeByName("User");
}
inline const ResourceType& GroupType(const SchemaRegistry& registry) {
  return *registry.FindTypeByName("Group");
}

/// A resource in memory; values are given as JSON by attribute path.
class FakeResource : public ResourceReader {
 public:
  FakeResource(RegistryPtr registry, const ResourceType& type)
      : registry_(std::move(registry)), type_(type) {}

  FakeResource& Set(std::string_view path, std::string_view json) {
    const auto resolved = ResolvePath(*registry_, type_, path);
    if (!resolved) {
      ADD_FAILURE() << "no attribute " << path;
      return *this;
    }
    auto value = ReadValueJson(*registry_, resolved->attribute, json);
    if (value) {
      values_[resolved->attribute] = *std::move(value);
    } else {
      ADD_FAILURE() << path << ": " << value.error().detail;
    }
    return *this;
  }

  std::optional<Value> Get(AttributeId attribute) const override {
    const AttributeRole role = registry_->attribute(attribute).role;
    EXPECT_NE(role, AttributeRole::kReferenceSet) << "reference sets are visited";
    EXPECT_NE(role, AttributeRole::kMemberships) << "memberships are visited";
    const auto found = values_.find(attribute);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

  bool AnyElement(AttributeId attribute,
                  const std::function<bool(const AttributeMap&)>& visit) const override {
    const auto found = values_.find(attribute);
    if (found == values_.end()) return false;
    for (const Value& element : *found->second.AsList()) {
      if (visit(*element.AsComplex())) return true;
    }
    return false;
  }

 private:
  RegistryPtr registry_;
  const ResourceType& type_;
  std::map<AttributeId, Value> values_;
};

}  // namespace scimledger
