#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "engine/resource_json.h"

namespace scimledger {

inline constexpr std::string_view kHarborUrn =
    "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User";
inline constexpr std::string_view kEnterpriseUrn =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
inline constexpr std::string_view kUserUrn = "urn:ietf:params:scim:schemas:core:2.0:User";

/// An extension of User with one attribute of every type and of every rare characteristic.
inline constexpr std::string_view kHarborSchema = R"({
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
  "id": "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User",
  "name": "Harbor", "description": "Work in a harbor.",
  "attributes": [
    {"name": "shiftCode"},
    {"name": "berths", "type": "integer"},
    {"name": "tonnage", "type": "decimal"},
    {"name": "isNight", "type": "boolean"},
    {"name": "certifiedOn", "type": "dateTime"},
    {"name": "badge", "type": "binary", "caseExact": true},
    {"name": "portal", "type": "reference", "referenceTypes": ["external"], "caseExact": true},
    {"name": "gates", "multiValued": true},
    {"name": "pin", "returned": "never", "mutability": "writeOnly"},
    {"name": "remark", "returned": "request"},
    {"name": "watch", "type": "complex", "subAttributes": [
      {"name": "zone", "required": true},
      {"name": "level", "type": "integer"},
      {"name": "code", "returned": "never"},
      {"name": "log", "returned": "request"}]}
  ]})";

inline RegistryPtr HarborRegistry() {
  static const RegistryPtr registry = [] {
    auto with = SchemaRegistry::BuiltIn()->With({std::string(kHarborSchema)});
    EXPECT_TRUE(with) << with.error().detail;
    return *with;
  }();
  return registry;
}

/// By canonical path, on User or Group.
inline AttributeId IdOf(std::string_view path, std::string_view type = "User") {
  const auto id = HarborRegistry()->FindByPath(*HarborRegistry()->FindTypeByName(type), path);
  EXPECT_TRUE(id) << path;
  return id.value_or(AttributeId{});
}

inline AttributeId HarborId(std::string_view name) {
  return IdOf(std::string(kHarborUrn) + ":" + std::string(name));
}

inline std::string RenderError(const ScimError& error) {
  return std::string(ToString(error.scim_type)) + ": " + error.detail;
}

inline std::string RenderValue(const Value& value) {
  std::string text;
  AppendValueJson(*HarborRegistry(), value, text);
  return text;
}

/// Attributes as JSON, then members, secrets and cleared attributes where there are some.
inline std::string Render(const Result<ResourceDraft>& draft) {
  if (!draft) return RenderError(draft.error());
  std::string text = RenderValue(Value(draft->attributes));
  if (draft->members) {
    text += " members:";
    for (const std::string& id : *draft->members) text += " " + id;
  }
  const auto list = [&](std::string_view title, const std::vector<AttributeId>& ids) {
    if (!ids.empty()) text += title;
    for (const AttributeId id : ids) text += " " + HarborRegistry()->attribute(id).path;
  };
  list(" secrets:", draft->secrets);
  list(" cleared:", draft->cleared);
  return text;
}

inline std::string ParseToText(std::string_view type, std::string_view json) {
  auto document = JsonDocument::Parse(json);
  if (!document) return RenderError(document.error());
  return Render(
      ParseResource(*HarborRegistry(), *HarborRegistry()->FindTypeByName(type), document->root()));
}

/// The body of a user named `u` with `members` added to its object.
inline std::string UserBody(std::string_view members) {
  return R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u",)" +
         std::string(members) + "}";
}

/// One attribute as PATCH reads it.
inline std::string ParseValueToText(AttributeId attribute, std::string_view json) {
  auto document = JsonDocument::Parse(json);
  if (!document) return RenderError(document.error());
  const auto value = ParseAttributeValue(*HarborRegistry(), attribute, document->root());
  return value ? RenderValue(*value) : RenderError(value.error());
}

}  // namespace scimledger
