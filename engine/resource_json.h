#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/attribute_selection.h"
#include "engine/document.h"
#include "engine/json.h"
#include "engine/password.h"
#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

/// Values of one multi-valued attribute; beyond: 400 `invalidValue`. Reference sets are not limited
/// so.
inline constexpr std::size_t kAttributeValuesMax = 10'000;

/// A resource as a client sent it (POST, PUT), checked against its schemas as far as that needs no
/// state, and normalised from the client dialects of reference/entra-okta.md §6.
struct ResourceDraft {
  AttributeMap attributes;  ///< readWrite, immutable and writeOnly attributes that are stored
  /// Ids sent for the reference set, without duplicates, in order. nullopt: attribute not sent.
  std::optional<std::vector<std::string>> members;
  /// Attributes of `returned: never` that were supplied: their values are dropped here (DESIGN §6).
  std::vector<AttributeId> secrets;
  /// Not among the secrets: where the tenant keeps passwords.
  std::optional<SuppliedPassword> password;
  /// Attributes that were sent as null or empty: they suppress a default.
  std::vector<AttributeId> cleared;
};

/// Reads a POST or PUT body. Unknown attributes, unknown URNs and everything readOnly are ignored
/// (lenient, as Entra needs); null and [] mean "no value"; keys match in any letter case; "True" is
/// accepted for true; values that repeat one are merged into it (engine/element_keys.h); an
/// extension object is accepted whether or not `schemas` lists it; dotted and URN keys are accepted
/// as attribute paths. Errors name the path: `invalidSyntax` (not an object, `schemas` missing,
/// empty or without the base schema), `invalidValue` (wrong type, required attribute missing, more
/// than one primary, a bad dateTime, binary or reference).
[[nodiscard]] Result<ResourceDraft> ParseResource(const SchemaRegistry& registry,
                                                  const ResourceType& type,
                                                  simdjson::dom::element body);

/// Reads one attribute's value as PATCH sends it: a multi-valued attribute takes a list or one
/// value (and gives a ValueList), a complex one an object. JSON null, "", [] and {"value": ""}
/// where they clear the attribute give an unassigned Value. Readonly sub-attributes are dropped.
/// Dialects: booleans and numbers as strings; a bare string (or a one-element array) for a complex
/// attribute with a `value` part; an object as JSON text inside a string (roles).
[[nodiscard]] Result<Value> ParseAttributeValue(const SchemaRegistry& registry,
                                                AttributeId attribute, simdjson::dom::element json);

/// Whether a complex value has every part its schema requires; parts are checked only where the
/// value they belong to is there (RFC 7643 §7). `invalidValue` naming the part. ParseResource has
/// checked this; PATCH checks what its operations leave behind.
[[nodiscard]] Result<void> CheckRequiredParts(const SchemaRegistry& registry, AttributeId attribute,
                                              const Value& value);

/// The ids in a `members` value: a list or one of {"value": id, …} or plain strings.
[[nodiscard]] Result<std::vector<std::string>> ParseMemberIds(const SchemaRegistry& registry,
                                                              AttributeId attribute,
                                                              simdjson::dom::element json);

/// Appends one attribute value as JSON, exactly as it was sent. For events and responses.
void AppendValueJson(const SchemaRegistry& registry, const Value& value, std::string& out);
/// The same for a value of a document, without building it.
void AppendValueJson(const SchemaRegistry& registry, const EncodedValue& value, std::string& out);
/// The inverse, for the log and for snapshots: reads what AppendValueJson wrote.
[[nodiscard]] Result<Value> ReadValueJson(const SchemaRegistry& registry, AttributeId attribute,
                                          std::string_view json);
/// The same into the block that `document` has open. False, and something half built, for what is
/// no value of the attribute or not as AppendValueJson writes it for this registry.
[[nodiscard]] bool BuildFromValueJson(const SchemaRegistry& registry, AttributeId attribute,
                                      std::string_view json, DocumentBuilder& document);

}  // namespace scimledger
