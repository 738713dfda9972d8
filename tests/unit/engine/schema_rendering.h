#pragma once

#include <string>

#include "engine/schema.h"

namespace scimledger {

/// Everything a registry says about one attribute, on one line.
inline std::string Render(const Attribute& attribute) {
  std::string line = std::to_string(static_cast<int>(attribute.id)) + " " + attribute.path;
  line += " " + std::string(ToString(attribute.type)) + (attribute.multi_valued ? "[]" : "");
  line += " " + std::string(ToString(attribute.mutability));
  line += " " + std::string(ToString(attribute.returned));
  line += " " + std::string(ToString(attribute.uniqueness));
  if (attribute.required) line += " required";
  if (attribute.case_exact) line += " caseExact";
  line += " role" + std::to_string(static_cast<int>(attribute.role));
  for (const std::string& value : attribute.canonical_values) line += " '" + value + "'";
  for (const std::string& type : attribute.reference_types) line += " ->" + type;
  for (const AttributeId sub : attribute.sub_attributes) {
    line += " ." + std::to_string(static_cast<int>(sub));
  }
  if (!attribute.default_json.empty()) line += " default " + attribute.default_json;
  return line + " (" + attribute.schema + ": " + attribute.description + ")\n";
}

/// Everything a registry says, to compare two of them whole.
inline std::string Render(const SchemaRegistry& registry) {
  std::string text;
  for (std::size_t index = 0; index < registry.attribute_count(); ++index) {
    text += Render(registry.attribute(static_cast<AttributeId>(index)));
  }
  const auto append_ids = [&text](const std::vector<AttributeId>& ids) {
    for (const AttributeId id : ids) text += " " + std::to_string(static_cast<int>(id));
    text += "\n";
  };
  for (const Schema& schema : registry.schemas()) {
    text += schema.id + " " + schema.name + " (" + schema.description + ")";
    append_ids(schema.attributes);
  }
  for (const ResourceType& type : registry.resource_types()) {
    text += std::to_string(static_cast<int>(type.id)) + " " + type.name + " " + type.endpoint +
            " " + type.schema + " (" + type.description + ")";
    for (const SchemaExtension& extension : type.extensions) {
      text += " +" + extension.schema + (extension.required ? "!" : "");
    }
    append_ids(type.attributes);
  }
  return text;
}

}  // namespace scimledger
