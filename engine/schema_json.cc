#include "engine/schema_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "engine/json.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kSchemaUrn = "urn:ietf:params:scim:schemas:core:2.0:Schema";
constexpr std::string_view kResourceTypeUrn = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// RFC 7644 §3.2, and `t`, which begins paths with an explicit tenant (DESIGN §8).
constexpr std::array<std::string_view, 6> kReservedEndpoints = {
    "Schemas", "ResourceTypes", "ServiceProviderConfig", "Bulk", "Me", "t"};

constexpr std::array kTypes = {AttributeType::kString,    AttributeType::kBoolean,
                               AttributeType::kDecimal,   AttributeType::kInteger,
                               AttributeType::kDateTime,  AttributeType::kBinary,
                               AttributeType::kReference, AttributeType::kComplex};
constexpr std::array kMutabilities = {Mutability::kReadOnly, Mutability::kReadWrite,
                                      Mutability::kImmutable, Mutability::kWriteOnly};
constexpr std::array kReturneds = {Returned::kAlways, Returned::kNever, Returned::kDefault,
                                   Returned::kRequest};
constexpr std::array kUniquenesses = {Uniqueness::kNone, Uniqueness::kServer, Uniqueness::kGlobal};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsUrnCharacter(char c) {
  return IsLetter(c) || IsDigit(c) || std::string_view("-._~:/?#@!$&'*+,;=%").contains(c);
}

/// One JSON object of a definition, with the words that name it in error details.
struct Node {
  object json;
  std::string definition;      ///< "schema 'urn:…'"
  std::string attribute_path;  ///< "emails.type"; empty: the definition itself
  DefinitionRules rules = DefinitionRules::kEnforced;

  bool is_judged() const { return rules == DefinitionRules::kEnforced; }

  std::unexpected<ScimError> Refuse(std::string_view problem) const {
    const std::string attribute =
        attribute_path.empty() ? "" : fmt::format(", attribute '{}'", attribute_path);
    return scimledger::Refuse(ScimType::kInvalidValue,
                              fmt::format("{}{}: {}", definition, attribute, problem));
  }

  /// nullopt: absent or null.
  std::optional<element> Find(std::string_view key) const {
    element value;
    if (json.at_key_case_insensitive(key).get(value) != simdjson::SUCCESS || value.is_null()) {
      return std::nullopt;
    }
    return value;
  }

  Result<std::string> Text(std::string_view key) const {
    const auto value = Find(key);
    if (!value) return std::string();
    std::string_view text;
    if (value->get(text) != simdjson::SUCCESS) {
      return Refuse(fmt::format("'{}' must be a string", key));
    }
    return std::string(text);
  }

  Result<std::string> RequiredText(std::string_view key) const {
    SCIMLEDGER_TRY_ASSIGN(std::string text, Text(key));
    if (text.empty()) return Refuse(fmt::format("'{}' is missing", key));
    return text;
  }

  Result<bool> Flag(std::string_view key, bool default_value) const {
    const auto value = Find(key);
    if (!value) return default_value;
    bool flag = false;
    if (value->get(flag) != simdjson::SUCCESS) {
      return Refuse(fmt::format("'{}' must be true or false", key));
    }
    return flag;
  }

  /// Empty when absent.
  Result<std::vector<element>> List(std::string_view key) const {
    const auto value = Find(key);
    if (!value) return std::vector<element>();
    array list;
    if (value->get(list) != simdjson::SUCCESS) {
      return Refuse(fmt::format("'{}' must be a list", key));
    }
    return std::vector<element>(list.begin(), list.end());
  }

  Result<std::vector<std::string>> Texts(std::string_view key) const {
    std::vector<std::string> texts;
    SCIMLEDGER_TRY_ASSIGN(const std::vector<element> entries, List(key));
    for (const element entry : entries) {
      std::string_view text;
      if (entry.get(text) != simdjson::SUCCESS) {
        return Refuse(fmt::format("'{}' must be a list of strings", key));
      }
      if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.emplace_back(text);
    }
    return texts;
  }

  template <typename Choice, std::size_t count>
  Result<Choice> OneOf(std::string_view key, std::span<const Choice, count> choices,
                       Choice default_choice) const {
    SCIMLEDGER_TRY_ASSIGN(const std::string text, Text(key));
    if (text.empty()) return default_choice;
    std::string accepted;
    for (const Choice choice : choices) {
      if (EqualsIgnoreAsciiCase(text, ToString(choice))) return choice;
      accepted += fmt::format("{}{}", accepted.empty() ? "" : ", ", ToString(choice));
    }
    return Refuse(fmt::format("'{}' is \"{}\"; accepted are {}", key, text, accepted));
  }
};

bool IsUrn(std::string_view text) {
  return text.contains(':') && IsLetter(text.front()) && text.back() != ':' &&
         std::all_of(text.begin(), text.end(), IsUrnCharacter);
}

bool IsEndpoint(std::string_view text) {
  if (text.size() < 2 || text.front() != '/') return false;
  const std::string_view segment = text.substr(1);
  const bool is_reserved = std::any_of(
      kReservedEndpoints.begin(), kReservedEndpoints.end(),
      [&](std::string_view reserved) { return EqualsIgnoreAsciiCase(segment, reserved); });
  return !is_reserved && IsLetter(segment.front()) &&
         std::all_of(segment.begin(), segment.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.' || c == '~';
         });
}

/// RFC 7643 §2.1; `$ref` is the one name that begins with a dollar sign.
bool IsAttributeName(std::string_view name) {
  if (name == "$ref") return true;
  return !name.empty() && IsLetter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '$' || c == '-' || c == '_';
         });
}

bool FitsDefault(AttributeType type, const element& value) {
  switch (type) {
    case AttributeType::kBoolean:
      return value.is_bool();
    case AttributeType::kInteger:
      return value.is_int64();
    case AttributeType::kDecimal:
      return value.is_number();
    case AttributeType::kString:
      return value.is_string() && !value.get_string().value_unsafe().empty();
    case AttributeType::kDateTime:
    case AttributeType::kBinary:
    case AttributeType::kReference:
    case AttributeType::kComplex:
      return false;
  }
  return false;
}

Result<std::string> ReadDefault(const Node& node, const Attribute& attribute) {
  const auto value = node.Find("x-default");
  if (!value) return std::string();
  if (attribute.multi_valued || attribute.mutability != Mutability::kReadWrite ||
      !FitsDefault(attribute.type, *value)) {
    return node.Refuse(
        "'x-default' needs a readWrite singular string, boolean, integer or decimal attribute, and "
        "a "
        "value of its type");
  }
  return simdjson::minify(*value);
}

Result<void> CheckCombination(const Node& node, const Attribute& attribute) {
  if (!node.is_judged()) return {};
  const bool is_unique = attribute.uniqueness != Uniqueness::kNone;
  if (attribute.type == AttributeType::kComplex && is_unique) {
    return node.Refuse("a complex attribute cannot be unique; its sub-attributes can");
  }
  if (attribute.mutability == Mutability::kWriteOnly && attribute.returned != Returned::kNever) {
    return node.Refuse("'returned' of a writeOnly attribute must be never");
  }
  if (attribute.returned == Returned::kNever && is_unique) {
    return node.Refuse("an attribute that is never returned is not stored, so it cannot be unique");
  }
  return {};
}

/// Everything but the sub-attributes.
Result<Attribute> ReadCharacteristics(const Node& node, std::string name) {
  Attribute attribute;
  attribute.name = std::move(name);
  SCIMLEDGER_TRY_ASSIGN(attribute.description, node.Text("description"));
  SCIMLEDGER_TRY_ASSIGN(attribute.type,
                        node.OneOf("type", std::span(kTypes), AttributeType::kString));
  // RFC 7643 §2.3.6 and §2.3.7: binary and reference values are case exact by nature.
  const bool is_exact_by_nature =
      attribute.type == AttributeType::kBinary || attribute.type == AttributeType::kReference;
  SCIMLEDGER_TRY_ASSIGN(attribute.multi_valued, node.Flag("multiValued", false));
  SCIMLEDGER_TRY_ASSIGN(attribute.required, node.Flag("required", false));
  SCIMLEDGER_TRY_ASSIGN(attribute.case_exact, node.Flag("caseExact", is_exact_by_nature));
  SCIMLEDGER_TRY_ASSIGN(attribute.mutability,
                        node.OneOf("mutability", std::span(kMutabilities), Mutability::kReadWrite));
  const bool is_write_only = attribute.mutability == Mutability::kWriteOnly;
  SCIMLEDGER_TRY_ASSIGN(attribute.returned,
                        node.OneOf("returned", std::span(kReturneds),
                                   is_write_only ? Returned::kNever : Returned::kDefault));
  SCIMLEDGER_TRY_ASSIGN(attribute.uniqueness,
                        node.OneOf("uniqueness", std::span(kUniquenesses), Uniqueness::kNone));
  SCIMLEDGER_TRY_ASSIGN(attribute.canonical_values, node.Texts("canonicalValues"));
  SCIMLEDGER_TRY_ASSIGN(attribute.reference_types, node.Texts("referenceTypes"));
  SCIMLEDGER_TRY_ASSIGN(attribute.format,
                        node.OneOf("x-format", std::span(kTextFormats), TextFormat::kAny));
  SCIMLEDGER_TRY(CheckCombination(node, attribute));
  return attribute;
}

struct NamedNode {
  Node node;
  std::string name;
};

/// One entry of `attributes` or `subAttributes`; `earlier` are the names before it.
Result<NamedNode> ReadEntry(const Node& owner, element entry,
                            const std::vector<std::string>& earlier) {
  object json;
  if (entry.get(json) != simdjson::SUCCESS) return owner.Refuse("an attribute must be an object");
  NamedNode named{{json, owner.definition, owner.attribute_path, owner.rules}, ""};
  SCIMLEDGER_TRY_ASSIGN(named.name, named.node.RequiredText("name"));
  if (owner.is_judged() && !IsAttributeName(named.name)) {
    return owner.Refuse(
        fmt::format("'{}' is not an attribute name: a letter comes first, then "
                    "letters, digits, '$', '-' and '_'",
                    named.name));
  }
  const std::string_view separator = owner.attribute_path.empty() ? "" : ".";
  named.node.attribute_path = fmt::format("{}{}{}", owner.attribute_path, separator, named.name);
  const bool is_repeated =
      std::any_of(earlier.begin(), earlier.end(),
                  [&](const std::string& name) { return EqualsIgnoreAsciiCase(name, named.name); });
  if (is_repeated) return named.node.Refuse("the name occurs twice");
  return named;
}

Result<Attribute> ReadSubAttribute(NamedNode named) {
  const Node& node = named.node;
  SCIMLEDGER_TRY_ASSIGN(Attribute sub, ReadCharacteristics(node, std::move(named.name)));
  if (sub.type == AttributeType::kComplex) {
    return node.Refuse("a complex attribute cannot contain another complex attribute");
  }
  if (node.Find("subAttributes")) return node.Refuse("only a complex attribute has subAttributes");
  if (node.Find("x-default")) return node.Refuse("a sub-attribute cannot have 'x-default'");
  return sub;
}

Result<std::vector<Attribute>> ReadSubAttributes(const Node& node) {
  std::vector<Attribute> subs;
  std::vector<std::string> names;
  SCIMLEDGER_TRY_ASSIGN(const std::vector<element> entries, node.List("subAttributes"));
  for (const element entry : entries) {
    SCIMLEDGER_TRY_ASSIGN(NamedNode named, ReadEntry(node, entry, names));
    names.push_back(named.name);
    SCIMLEDGER_TRY_ASSIGN(Attribute sub, ReadSubAttribute(std::move(named)));
    subs.push_back(std::move(sub));
  }
  return subs;
}

Result<AttributeDefinition> ReadAttribute(NamedNode named) {
  const Node& node = named.node;
  AttributeDefinition definition;
  Attribute& attribute = definition.attribute;
  SCIMLEDGER_TRY_ASSIGN(attribute, ReadCharacteristics(node, std::move(named.name)));
  SCIMLEDGER_TRY_ASSIGN(attribute.default_json, ReadDefault(node, attribute));
  SCIMLEDGER_TRY_ASSIGN(definition.sub_attributes, ReadSubAttributes(node));
  const bool is_complex = attribute.type == AttributeType::kComplex;
  if (node.is_judged() && is_complex && definition.sub_attributes.empty()) {
    return node.Refuse("a complex attribute needs subAttributes");
  }
  if (!is_complex && !definition.sub_attributes.empty()) {
    return node.Refuse("only a complex attribute has subAttributes");
  }
  return definition;
}

Result<SchemaDocument> ReadSchema(object json, DefinitionRules rules) {
  Node node{json, "schema", "", rules};
  SchemaDocument schema;
  SCIMLEDGER_TRY_ASSIGN(schema.id, node.RequiredText("id"));
  node.definition = fmt::format("schema '{}'", schema.id);
  if (node.is_judged() && !IsUrn(schema.id)) {
    return node.Refuse("'id' must be a URI such as urn:example:params:scim:schemas:Device");
  }
  SCIMLEDGER_TRY_ASSIGN(schema.name, node.Text("name"));
  SCIMLEDGER_TRY_ASSIGN(schema.description, node.Text("description"));
  SCIMLEDGER_TRY_ASSIGN(const std::vector<element> entries, node.List("attributes"));
  if (node.is_judged() && entries.empty()) {
    return node.Refuse("'attributes' is missing or empty");
  }
  std::vector<std::string> names;
  for (const element entry : entries) {
    SCIMLEDGER_TRY_ASSIGN(NamedNode named, ReadEntry(node, entry, names));
    names.push_back(named.name);
    SCIMLEDGER_TRY_ASSIGN(AttributeDefinition definition, ReadAttribute(std::move(named)));
    schema.attributes.push_back(std::move(definition));
  }
  return schema;
}

Result<std::vector<SchemaExtension>> ReadExtensions(const Node& node) {
  std::vector<SchemaExtension> extensions;
  SCIMLEDGER_TRY_ASSIGN(const std::vector<element> entries, node.List("schemaExtensions"));
  for (const element entry : entries) {
    Node extension{{}, node.definition, "", node.rules};
    if (entry.get(extension.json) != simdjson::SUCCESS) {
      return node.Refuse("a schema extension must be an object");
    }
    SchemaExtension read;
    SCIMLEDGER_TRY_ASSIGN(read.schema, extension.RequiredText("schema"));
    SCIMLEDGER_TRY_ASSIGN(read.required, extension.Flag("required", false));
    const bool is_repeated =
        std::any_of(extensions.begin(), extensions.end(), [&](const SchemaExtension& earlier) {
          return EqualsIgnoreAsciiCase(earlier.schema, read.schema);
        });
    if (is_repeated) {
      return node.Refuse(fmt::format("the extension '{}' occurs twice", read.schema));
    }
    extensions.push_back(std::move(read));
  }
  return extensions;
}

/// 'external' and 'uri' stand for other things in referenceTypes.
bool IsTypeName(std::string_view name) {
  return IsAttributeName(name) && !name.contains('$') && !EqualsIgnoreAsciiCase(name, "external") &&
         !EqualsIgnoreAsciiCase(name, "uri");
}

Result<ResourceTypeDocument> ReadResourceType(object json, DefinitionRules rules) {
  Node node{json, "resource type", "", rules};
  ResourceTypeDocument type;
  SCIMLEDGER_TRY_ASSIGN(type.name, node.RequiredText("name"));
  node.definition = fmt::format("resource type '{}'", type.name);
  if (node.is_judged() && !IsTypeName(type.name)) {
    return node.Refuse(
        "'name' must be a letter followed by letters, digits, '-' and '_'; 'external' and 'uri' "
        "are taken");
  }
  SCIMLEDGER_TRY_ASSIGN(type.endpoint, node.RequiredText("endpoint"));
  if (node.is_judged() && !IsEndpoint(type.endpoint)) {
    return node.Refuse(
        fmt::format("'endpoint' is '{}'; it must be one path segment with its slash, such as "
                    "/Devices, and none "
                    "that the protocol itself uses",
                    type.endpoint));
  }
  SCIMLEDGER_TRY_ASSIGN(type.description, node.Text("description"));
  SCIMLEDGER_TRY_ASSIGN(type.schema, node.RequiredText("schema"));
  SCIMLEDGER_TRY_ASSIGN(type.extensions, ReadExtensions(node));
  return type;
}

bool Lists(const std::vector<std::string>& urns, std::string_view urn) {
  return std::any_of(urns.begin(), urns.end(),
                     [&](const std::string& listed) { return EqualsIgnoreAsciiCase(listed, urn); });
}

}  // namespace

Result<DefinitionDocument> ReadDefinition(std::string_view json, DefinitionRules rules) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument document, JsonDocument::Parse(json));
  Node node{{}, "definition", "", rules};
  if (document.root().get(node.json) != simdjson::SUCCESS) {
    return node.Refuse("one Schema or ResourceType object is expected");
  }
  SCIMLEDGER_TRY_ASSIGN(const std::vector<std::string> urns, node.Texts("schemas"));
  if (Lists(urns, kSchemaUrn) || (urns.empty() && node.Find("attributes"))) {
    SCIMLEDGER_TRY_ASSIGN(SchemaDocument schema, ReadSchema(node.json, rules));
    return schema;
  }
  if (Lists(urns, kResourceTypeUrn) || (urns.empty() && node.Find("endpoint"))) {
    SCIMLEDGER_TRY_ASSIGN(ResourceTypeDocument type, ReadResourceType(node.json, rules));
    return type;
  }
  return node.Refuse(fmt::format("'schemas' must name {} or {}", kSchemaUrn, kResourceTypeUrn));
}

}  // namespace scimledger
