#include <utility>

#include "engine/resource_writer.h"

namespace scimledger {
namespace {

constexpr std::string_view kSchemaUrn = "urn:ietf:params:scim:schemas:core:2.0:Schema";
constexpr std::string_view kResourceTypeUrn = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

void AppendText(std::string& out, std::string_view key, std::string_view text) {
  out += ',';
  AppendJsonString(out, key);
  out += ':';
  AppendJsonString(out, text);
}

void AppendFlag(std::string& out, std::string_view key, bool value) {
  out += ',';
  AppendJsonString(out, key);
  out += value ? ":true" : ":false";
}

/// Nothing when the list is empty.
void AppendTexts(std::string& out, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out += ',';
  AppendJsonString(out, key);
  out += ':';
  char separator = '[';
  for (const std::string& text : texts) {
    out += std::exchange(separator, ',');
    AppendJsonString(out, text);
  }
  out += ']';
}

void AppendAttributes(const SchemaRegistry& registry, const std::vector<AttributeId>& ids,
                      std::string& out);

/// All characteristics of RFC 7643 §7, those with their default value too.
void AppendAttribute(const SchemaRegistry& registry, const Attribute& attribute, std::string& out) {
  out += "{\"name\":";
  AppendJsonString(out, attribute.name);
  AppendText(out, "type", ToString(attribute.type));
  if (!attribute.sub_attributes.empty()) {
    out += ",\"subAttributes\":";
    AppendAttributes(registry, attribute.sub_attributes, out);
  }
  AppendFlag(out, "multiValued", attribute.multi_valued);
  AppendText(out, "description", attribute.description);
  AppendFlag(out, "required", attribute.required);
  AppendTexts(out, "canonicalValues", attribute.canonical_values);
  AppendFlag(out, "caseExact", attribute.case_exact);
  AppendText(out, "mutability", ToString(attribute.mutability));
  AppendText(out, "returned", ToString(attribute.returned));
  AppendText(out, "uniqueness", ToString(attribute.uniqueness));
  if (attribute.type == AttributeType::kReference) {
    AppendTexts(out, "referenceTypes", attribute.reference_types);
  }
  out += '}';
}

void AppendAttributes(const SchemaRegistry& registry, const std::vector<AttributeId>& ids,
                      std::string& out) {
  out += '[';
  bool is_first = true;
  for (const AttributeId id : ids) {
    if (!std::exchange(is_first, false)) out += ',';
    AppendAttribute(registry, registry.attribute(id), out);
  }
  out += ']';
}

void AppendHead(std::string& out, std::string_view urn) {
  out += "{\"schemas\":[";
  AppendJsonString(out, urn);
  out += ']';
}

void AppendMeta(std::string& out, std::string_view resource_type, std::string_view base_url,
                std::string_view endpoint, std::string_view id) {
  out += ",\"meta\":{\"resourceType\":";
  AppendJsonString(out, resource_type);
  std::string location(base_url);
  location += endpoint;
  location += '/';
  location += id;
  AppendText(out, "location", location);
  out += "}}";
}

}  // namespace

void AppendSchemaJson(const SchemaRegistry& registry, const Schema& schema,
                      std::string_view base_url, std::string& out) {
  AppendHead(out, kSchemaUrn);
  AppendText(out, "id", schema.id);
  AppendText(out, "name", schema.name);
  AppendText(out, "description", schema.description);
  out += ",\"attributes\":";
  AppendAttributes(registry, schema.attributes, out);
  AppendMeta(out, "Schema", base_url, "/Schemas", schema.id);
}

void AppendResourceTypeJson(const ResourceType& type, std::string_view base_url, std::string& out) {
  AppendHead(out, kResourceTypeUrn);
  AppendText(out, "id", type.name);
  AppendText(out, "name", type.name);
  AppendText(out, "endpoint", type.endpoint);
  AppendText(out, "description", type.description);
  AppendText(out, "schema", type.schema);
  if (!type.extensions.empty()) {
    out += ",\"schemaExtensions\":[";
    bool is_first = true;
    for (const SchemaExtension& extension : type.extensions) {
      if (!std::exchange(is_first, false)) out += ',';
      out += "{\"schema\":";
      AppendJsonString(out, extension.schema);
      AppendFlag(out, "required", extension.required);
      out += '}';
    }
    out += ']';
  }
  AppendMeta(out, "ResourceType", base_url, "/ResourceTypes", type.name);
}

}  // namespace scimledger
