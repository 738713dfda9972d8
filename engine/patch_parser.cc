#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/attribute_reader.h"
#include "engine/patch.h"
#include "engine/patch_path.h"
#include "engine/resource_json.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kPatchOpUrn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Whether a write to what may not be written is refused or passed over: clients name attributes
/// one by one in paths, but send back whole objects they have read before.
enum class Strictness : std::uint8_t { kRefuse, kIgnore };

std::optional<element> FindKey(object json, std::string_view name) {
  for (const auto [key, value] : json) {
    if (EqualsIgnoreAsciiCase(key, name)) return value;
  }
  return std::nullopt;
}

bool IsEmptyString(element json) {
  return json.is_string() && std::string_view(json.get_string().value_unsafe()).empty();
}
bool SaysNothing(element json) { return json.is_null() || IsEmptyString(json); }

bool HoldsPatchOpUrn(std::optional<element> schemas) {
  if (!schemas || !schemas->is_array()) return false;
  const auto urns = schemas->get_array().value_unsafe();
  return std::any_of(urns.begin(), urns.end(), [](element urn) {
    return urn.is_string() && EqualsIgnoreAsciiCase(urn.get_string().value_unsafe(), kPatchOpUrn);
  });
}

Result<PatchOp> ParseOp(std::optional<element> json) {
  if (json && json->is_string()) {
    const std::string_view name = json->get_string().value_unsafe();
    if (EqualsIgnoreAsciiCase(name, "add")) return PatchOp::kAdd;
    if (EqualsIgnoreAsciiCase(name, "remove")) return PatchOp::kRemove;
    if (EqualsIgnoreAsciiCase(name, "replace")) return PatchOp::kReplace;
  }
  return Refuse(ScimType::kInvalidSyntax, "'op' must be \"add\", \"remove\" or \"replace\"");
}

std::unexpected<ScimError> RefuseMissingValue() {
  return Refuse(ScimType::kInvalidValue,
                "add and replace need a 'value'; send null to clear the attribute");
}

std::unexpected<ScimError> RefuseTooMany() {
  return Refuse(413, ScimType::kNone,
                fmt::format("a PATCH may have at most {} operations, each attribute of a path-less "
                            "one counted; send several requests",
                            kPatchOperationsMax));
}

class PatchParser {
 public:
  PatchParser(const SchemaRegistry& registry, const ResourceType& type)
      : registry_(registry), type_(type) {}

  Result<Patch> Parse(object body) {
    if (!HoldsPatchOpUrn(FindKey(body, "schemas"))) {
      return Refuse(ScimType::kInvalidSyntax,
                    fmt::format("'schemas' must be an array that holds \"{}\"", kPatchOpUrn));
    }
    const auto operations = FindKey(body, "Operations");
    if (!operations || !operations->is_array()) {
      return Refuse(ScimType::kInvalidSyntax, "'Operations' must be an array");
    }
    const auto list = operations->get_array().value_unsafe();
    std::size_t index = 0;
    for (const element operation : list) {
      if (index == kPatchOperationsMax) return RefuseTooMany();
      if (auto parsed = ParseOperation(operation); !parsed) {
        ScimError error = std::move(parsed).error();
        error.detail = fmt::format("Operations[{}]: {}", index, error.detail);
        return std::unexpected(std::move(error));
      }
      ++index;
    }
    return std::move(patch_);
  }

 private:
  Result<void> ParseOperation(element json) {
    if (!json.is_object()) return Refuse(ScimType::kInvalidSyntax, "must be an object");
    const object sent = json.get_object().value_unsafe();
    SCIMLEDGER_TRY_ASSIGN(const PatchOp op, ParseOp(FindKey(sent, "op")));
    const auto path = FindKey(sent, "path");
    const auto value = FindKey(sent, "value");
    if (!path || SaysNothing(*path)) return ParsePathless(op, value);
    if (!path->is_string()) return Refuse(ScimType::kInvalidSyntax, "'path' must be a string");
    const std::string_view text = path->get_string().value_unsafe();
    SCIMLEDGER_TRY_ASSIGN(PatchTarget target, ParsePatchPath(registry_, type_, text));
    if (target.schema != nullptr) return AddSchemaOperations(op, *target.schema, value);
    return AddOperation({op, std::move(target.path), {}, {}, std::string(text)}, value,
                        Strictness::kRefuse);
  }

  Result<void> ParsePathless(PatchOp op, std::optional<element> value) {
    if (op == PatchOp::kRemove) {
      return Refuse(ScimType::kNoTarget, "remove needs a 'path' that says what to remove");
    }
    if (registry_.settings().IsChanged(Setting::kPathlessPatch)) {
      return Refuse(ScimType::kInvalidSyntax, "an operation needs a 'path' here");
    }
    if (!value) return RefuseMissingValue();
    if (!value->is_object()) {
      return Refuse(ScimType::kInvalidValue,
                    "without a 'path', 'value' must be an object of attributes");
    }
    const object attributes = value->get_object().value_unsafe();
    for (const auto [key, part] : attributes) {
      SCIMLEDGER_TRY(AddByKey(op, std::string(key), part));
    }
    return {};
  }

  /// Keys are attribute paths of any form; those that name nothing are passed over.
  Result<void> AddByKey(PatchOp op, std::string key, element value) {
    auto target = ParsePatchPath(registry_, type_, key);
    if (!target) {
      if (target.error().scim_type == ScimType::kInvalidPath) {
        return CheckUnknown(registry_, [&] { return key; });
      }
      return std::unexpected(std::move(target).error());
    }
    if (target->schema != nullptr) return AddSchemaOperations(op, *target->schema, value);
    return AddOperation({op, std::move(target->path), {}, {}, std::move(key)}, value,
                        Strictness::kIgnore);
  }

  /// A schema is addressed as a whole: like a path-less operation on its attributes only.
  Result<void> AddSchemaOperations(PatchOp op, const Schema& schema, std::optional<element> value) {
    if (op == PatchOp::kRemove) return ClearSchema(op, schema);
    if (!value) return RefuseMissingValue();
    if (SaysNothing(*value)) return ClearSchema(op, schema);
    if (!value->is_object()) {
      return Refuse(ScimType::kInvalidValue,
                    fmt::format("'{}' needs an object of its attributes", schema.id));
    }
    const object attributes = value->get_object().value_unsafe();
    for (const auto [key, part] : attributes) {
      SCIMLEDGER_TRY(AddByKey(op, fmt::format("{}:{}", schema.id, key), part));
    }
    return {};
  }

  Result<void> ClearSchema(PatchOp op, const Schema& schema) {
    for (const AttributeId id : schema.attributes) {
      const Attribute& attribute = registry_.attribute(id);
      const bool is_kept =
          attribute.mutability == Mutability::kReadOnly || attribute.returned == Returned::kNever;
      if (is_kept) continue;
      PatchOperation operation{op, PatchPath{id, std::nullopt, std::nullopt}, {}, {}, schema.id};
      if (attribute.role == AttributeRole::kReferenceSet && op != PatchOp::kRemove) {
        operation.members.emplace();
      }
      SCIMLEDGER_TRY(Push(std::move(operation)));
    }
    return {};
  }

  /// One operation sent may stand for thousands: a schema cleared whole, an object of attributes.
  Result<void> Push(PatchOperation operation) {
    if (patch_.operations.size() == kPatchOperationsMax) return RefuseTooMany();
    patch_.operations.push_back(std::move(operation));
    return {};
  }

  const Attribute& Target(const PatchPath& path) const {
    return registry_.attribute(path.sub.value_or(path.attribute));
  }

  Result<void> AddOperation(PatchOperation operation, std::optional<element> value,
                            Strictness strictness) {
    const Attribute& attribute = registry_.attribute(operation.path.attribute);
    const Attribute& target = Target(operation.path);
    if (attribute.mutability == Mutability::kReadOnly ||
        target.mutability == Mutability::kReadOnly) {
      if (strictness == Strictness::kIgnore) return {};
      return Refuse(ScimType::kMutability, fmt::format("'{}' is readOnly", operation.path_text));
    }
    if (operation.op != PatchOp::kRemove && !value) return RefuseMissingValue();
    if (attribute.role == AttributeRole::kReferenceSet) {
      return AddMembersOperation(std::move(operation), value);
    }
    if (attribute.returned == Returned::kNever || target.returned == Returned::kNever) {
      return AddSecret(std::move(operation), value);
    }
    if (operation.op == PatchOp::kRemove) return AddRemove(std::move(operation), value);
    const bool is_singular_complex = !operation.path.sub && !operation.path.value_filter &&
                                     !attribute.multi_valued &&
                                     attribute.type == AttributeType::kComplex;
    if (is_singular_complex && value->is_object()) {
      return AddComplexOperations(std::move(operation), *value);
    }
    return AddWrite(std::move(operation), *value);
  }

  /// Of secrets nothing is stored that could be removed, but for the reference to a password.
  Result<void> AddSecret(PatchOperation operation, std::optional<element> value) {
    const Attribute& target = Target(operation.path);
    const bool is_password = IsPassword(target);
    Value secret;
    if (operation.op != PatchOp::kRemove) {
      SCIMLEDGER_TRY_ASSIGN(secret, Read(target, *value));
      if (is_password && KeepsPasswords(registry_) && value->is_string()) {
        SCIMLEDGER_TRY_ASSIGN(std::string text,
                              PreparePassword(value->get_string().value_unsafe()));
        patch_.password = SuppliedPassword{target.id, std::move(text)};
        return {};
      }
    }
    if (!secret.IsUnassigned()) {
      patch_.secrets.push_back(target.id);
    } else if (is_password) {
      patch_.password.reset();
      operation.op = PatchOp::kRemove;
      return Push(std::move(operation));
    }
    return {};
  }

  Result<void> AddMembersOperation(PatchOperation operation, std::optional<element> value) {
    if (operation.path.sub) {
      return Refuse(ScimType::kMutability,
                    fmt::format("'{}' cannot be changed; add and remove whole members instead",
                                operation.path_text));
    }
    if (operation.path.value_filter) {
      if (operation.op != PatchOp::kRemove) {
        return Refuse(ScimType::kInvalidPath,
                      fmt::format("'{}': a filter serves to remove members; add them by their ids "
                                  "in 'value'",
                                  operation.path_text));
      }
      return Push(std::move(operation));
    }
    if (value && !SaysNothing(*value)) {
      SCIMLEDGER_TRY_ASSIGN(operation.members,
                            ParseMemberIds(registry_, operation.path.attribute, *value));
    } else if (value || operation.op != PatchOp::kRemove) {
      // A remove that lists nothing removes nothing; only one without a list removes all.
      operation.members.emplace();
    }
    return Push(std::move(operation));
  }

  /// RFC 7644 knows no value on remove, but Entra sends lists of what to remove: without heeding
  /// them it would be everything. On anything but a whole multi-valued attribute the value says
  /// nothing.
  Result<void> AddRemove(PatchOperation operation, std::optional<element> value) {
    const Attribute& attribute = registry_.attribute(operation.path.attribute);
    const bool is_listing = attribute.multi_valued && !operation.path.sub &&
                            !operation.path.value_filter && value && !value->is_null();
    if (is_listing) {
      SCIMLEDGER_TRY_ASSIGN(operation.value, Read(attribute, *value));
      if (operation.value.IsUnassigned()) return {};
    }
    return Push(std::move(operation));
  }

  Result<void> AddWrite(PatchOperation operation, element value) {
    const Attribute& target = Target(operation.path);
    SCIMLEDGER_TRY_ASSIGN(operation.value, Read(target, value));
    const bool is_one_element =
        operation.path.value_filter && !operation.path.sub && target.multi_valued;
    if (is_one_element) SCIMLEDGER_TRY(UnwrapElement(operation));
    const bool adds_nothing = operation.op == PatchOp::kAdd && target.multi_valued &&
                              value.is_array() && operation.value.IsUnassigned();
    if (adds_nothing) return {};
    return Push(std::move(operation));
  }

  Result<void> UnwrapElement(PatchOperation& operation) {
    ValueList* list = operation.value.AsList();
    if (list == nullptr || list->empty()) {
      operation.value = Value();
      return {};
    }
    if (list->size() > 1) {
      return Refuse(ScimType::kInvalidValue,
                    fmt::format("'{}' takes one value, not {}", operation.path_text, list->size()));
    }
    Value element_value = std::move(list->front());
    operation.value = std::move(element_value);
    return {};
  }

  /// The parts sent are merged and the others stay (RFC 7644 §3.5.2.3); a part sent as null or ""
  /// is cleared, and with its `value` the whole goes: Entra clears manager by {"value": ""}.
  Result<void> AddComplexOperations(PatchOperation operation, element value) {
    const Attribute& attribute = registry_.attribute(operation.path.attribute);
    std::vector<AttributeId> cleared;
    const object sent = value.get_object().value_unsafe();
    for (const auto [key, part] : sent) {
      const auto sub = SaysNothing(part) ? registry_.FindSubAttribute(attribute.id, key)
                                         : std::optional<AttributeId>();
      if (!sub || registry_.attribute(*sub).mutability == Mutability::kReadOnly) continue;
      cleared.push_back(*sub);
    }
    const auto value_part = registry_.FindSubAttribute(attribute.id, "value");
    if (value_part && std::find(cleared.begin(), cleared.end(), *value_part) != cleared.end()) {
      return Push(std::move(operation));
    }
    for (const AttributeId sub : cleared) {
      SCIMLEDGER_TRY(Push({operation.op,
                           PatchPath{attribute.id, std::nullopt, sub},
                           {},
                           {},
                           operation.path_text + "." + registry_.attribute(sub).name}));
    }
    SCIMLEDGER_TRY_ASSIGN(operation.value, Read(attribute, value));
    operation.replaces_whole = operation.op == PatchOp::kReplace &&
                               registry_.settings().IsChanged(Setting::kComplexReplace);
    if (operation.value.IsUnassigned() && !operation.replaces_whole) return {};
    return Push(std::move(operation));
  }

  Result<Value> Read(const Attribute& attribute, element json) {
    return AttributeReader(registry_, &patch_.secrets).Read(attribute, json);
  }

  const SchemaRegistry& registry_;
  const ResourceType& type_;
  Patch patch_;
};

}  // namespace

Result<Patch> ParsePatch(const SchemaRegistry& registry, const ResourceType& type,
                         simdjson::dom::element body) {
  if (!body.is_object()) return Refuse(ScimType::kInvalidSyntax, "a PATCH body is an object");
  SCIMLEDGER_TRY_ASSIGN(Patch patch,
                        PatchParser(registry, type).Parse(body.get_object().value_unsafe()));
  std::sort(patch.secrets.begin(), patch.secrets.end());
  patch.secrets.erase(std::unique(patch.secrets.begin(), patch.secrets.end()), patch.secrets.end());
  return patch;
}

}  // namespace scimledger
