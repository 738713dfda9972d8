#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/schema.h"

namespace scimledger {

/// An attribute as a definition describes it: defaults of RFC 7643 §2.2 filled in; ids, role and
/// path are the registry's to give.
struct AttributeDefinition {
  Attribute attribute;
  std::vector<Attribute> sub_attributes;
};

/// A Schema object (RFC 7643 §7), checked in itself.
struct SchemaDocument {
  std::string id;
  std::string name;
  std::string description;
  std::vector<AttributeDefinition> attributes;
};

/// A ResourceType object (RFC 7643 §6), checked in itself.
struct ResourceTypeDocument {
  std::string name;
  std::string endpoint;
  std::string description;
  std::string schema;
  std::vector<SchemaExtension> extensions;
};

using DefinitionDocument = std::variant<SchemaDocument, ResourceTypeDocument>;

/// Reads one Schema or ResourceType object. What neither names is ignored (`meta`, `id` of a
/// resource type). Errors, all 400, name the definition and the attribute: `invalidSyntax` when it
/// is not JSON, `invalidValue` for a wrong JSON type, a missing member, an unknown characteristic's
/// value, a malformed or repeated name, a complex attribute within a complex one.
/// kRecorded passes over what a rule could forbid and reading does not need forbidden.
[[nodiscard]] Result<DefinitionDocument> ReadDefinition(std::string_view json,
                                                        DefinitionRules rules);

}  // namespace scimledger
