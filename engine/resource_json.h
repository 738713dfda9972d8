#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json.h"
#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

/// A resource as a client sent it (POST, PUT), checked against its schemas as far as that needs no
/// state, and normalised from the client dialects of reference/entra-okta.md §6.
struct ResourceDraft {
  AttributeMap attributes;  ///< readWrite, immutable and writeOnly attributes that are stored
  /// Ids sent for the reference set, without duplicates, in order. nullopt: attribute not sent.
  std::optional<std::vector<std::string>> members;
  /// Attributes of `returned: never` that were supplied: their values are dropped here (DESIGN §6).
  std::vector<AttributeId> secrets;
  /// Attributes that were sent as null or empty: they suppress a default.
  std::vector<AttributeId> cleared;
};

/// Reads a POST or PUT body. Unknown attributes, unknown URNs and everything readOnly are ignored
/// (lenient, as Entra needs); null and [] mean "no value"; keys match in any letter case; "True" is
/// accepted for true; an extension object is accepted whether or not `schemas` lists it; dotted and
/// URN keys are accepted as attribute paths. Errors name the path: `invalidSyntax` (not an object,
/// `schemas` missing, empty or without the base schema), `invalidValue` (wrong type, required
/// attribute missing, more than one primary, a bad dateTime, binary or reference).
[[nodiscard]] Result<ResourceDraft> ParseResource(const SchemaRegistry& registry,
                                                  const ResourceType& type,
                                                  simdjson::dom::element body);

/// Reads one attribute's value as PATCH sends it: a multi-valued attribute takes a list or one value
/// (and gives a ValueList), a complex one an object. JSON null, "", [] and {"value": ""} where they
/// clear the attribute give an unassigned Value. Readonly sub-attributes are dropped. Dialects:
/// booleans and numbers as strings; a bare string (or a one-element array) for a complex attribute
/// with a `value` part; an object as JSON text inside a string (roles).
[[nodiscard]] Result<Value> ParseAttributeValue(const SchemaRegistry& registry,
                                                AttributeId attribute, simdjson::dom::element json);

/// The ids in a `members` value: a list or one of {"value": id, …} or plain strings.
[[nodiscard]] Result<std::vector<std::string>> ParseMemberIds(const SchemaRegistry& registry,
                                                              AttributeId attribute,
                                                              simdjson::dom::element json);

/// Appends one attribute value as JSON, exactly as it was sent. For events and responses.
void AppendValueJson(const SchemaRegistry& registry, const Value& value, std::string& out);
/// The inverse, for the log and for snapshots: reads what AppendValueJson wrote.
[[nodiscard]] Result<Value> ReadValueJson(const SchemaRegistry& registry, AttributeId attribute,
                                          std::string_view json);

/// `attributes` and `excludedAttributes` of one request (RFC 7644 §3.9), resolved against a type.
class AttributeSelection {
 public:
  /// Everything returned by default.
  AttributeSelection() = default;
  /// Comma-separated lists, blanks allowed; unknown names are ignored. Both given: 400 `invalidValue`.
  /// Names may be short, dotted, URN-qualified, or a whole extension's URN. `supplied` are attributes
  /// the client sent, for `returned: request` in answers to writes.
  [[nodiscard]] static Result<AttributeSelection> Parse(const SchemaRegistry& registry,
                                                        const ResourceType& type,
                                                        std::optional<std::string_view> attributes,
                                                        std::optional<std::string_view> excluded);
  /// Whether the attribute (top level or sub) goes into the answer.
  bool Includes(const Attribute& attribute) const;
  /// True when `attributes=` was given: a PATCH then answers 200 with a body.
  bool is_explicit() const { return mode_ == Mode::kOnly; }

 private:
  enum class Mode { kDefault, kOnly, kExcept };
  Mode mode_ = Mode::kDefault;
  std::vector<AttributeId> named_;   ///< sorted; named themselves
  std::vector<AttributeId> parents_; ///< sorted; parents of named sub-attributes
};

}  // namespace scimledger
