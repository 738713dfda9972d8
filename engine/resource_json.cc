#include "engine/resource_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/attribute_reader.h"
#include "engine/filter.h"
#include "engine/scalar_json.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using simdjson::dom::element;

/// Room that is made at once: what most bodies need.
constexpr std::size_t kAttributesUsual = 32;
constexpr std::size_t kDefaultsUsual = 4;

/// One key of the body that names an attribute of the type, at whatever level it was sent.
struct SentAttribute {
  AttributeId attribute{};
  std::optional<AttributeId> sub;
  element json;
};

std::unexpected<ScimError> RefuseTwice(const Attribute& attribute) {
  return Refuse(ScimType::kInvalidSyntax,
                fmt::format("{}: sent twice, in two spellings", attribute.path));
}

class ResourceParser {
 public:
  ResourceParser(const SchemaRegistry& registry, const ResourceType& type)
      : registry_(registry), type_(type), is_sent_(registry.attribute_count()) {}

  Result<ResourceDraft> Parse(element body) {
    if (!body.is_object()) {
      return Refuse(ScimType::kInvalidSyntax, fmt::format("expected a {} as a JSON object, got {}",
                                                          type_.name, DescribeJsonType(body)));
    }
    sent_.reserve(kAttributesUsual);
    SCIMLEDGER_TRY(Collect(simdjson::dom::object(body)));
    SCIMLEDGER_TRY(CheckSchemas());
    draft_.attributes.Reserve(sent_.size() + kDefaultsUsual);
    for (const SentAttribute& sent : sent_) SCIMLEDGER_TRY(sent.sub ? TakePart(sent) : Take(sent));
    SCIMLEDGER_TRY(MergeParts());
    SCIMLEDGER_TRY(CheckRequired());
    return std::move(draft_);
  }

 private:
  Result<void> Collect(simdjson::dom::object body) {
    for (const auto& [key, json] : body) {
      if (EqualsIgnoreAsciiCase(key, "schemas")) {
        if (schemas_) return RefuseTwice(registry_.attribute(registry_.common().schemas));
        schemas_ = json;
      } else if (const Schema* schema = ResolveSchemaPath(registry_, type_, key)) {
        SCIMLEDGER_TRY(CollectFromSchema(*schema, json));
      } else if (key.find(':') != std::string_view::npos) {
        const auto path = ResolvePath(registry_, type_, key);
        SCIMLEDGER_TRY(path ? Add({path->attribute, path->sub, json}) : PassOver(key));
      } else {
        const auto dot = key.find('.');
        const auto attribute = registry_.FindAttribute(type_, key.substr(0, dot));
        SCIMLEDGER_TRY(AddNamed(attribute, key, dot, json));
      }
    }
    return {};
  }

  Result<void> CollectFromSchema(const Schema& schema, element json) {
    if (json.is_null()) return {};
    if (!json.is_object()) {
      return Refuse(ScimType::kInvalidValue, fmt::format("{}: expected an object, got {}",
                                                         schema.id, DescribeJsonType(json)));
    }
    for (const auto& [key, value] : simdjson::dom::object(json)) {
      const auto dot = key.find('.');
      const auto attribute = registry_.FindInSchema(schema, key.substr(0, dot));
      SCIMLEDGER_TRY(AddNamed(attribute, key, dot, value));
    }
    return {};
  }

  Result<void> AddNamed(std::optional<AttributeId> attribute, std::string_view key, std::size_t dot,
                        element json) {
    if (!attribute) return PassOver(key);
    if (dot == std::string_view::npos) return Add({*attribute, std::nullopt, json});
    const auto sub = registry_.FindSubAttribute(*attribute, key.substr(dot + 1));
    return sub ? Add({*attribute, sub, json}) : PassOver(key);
  }

  Result<void> PassOver(std::string_view key) const {
    return CheckUnknown(registry_, [&] { return std::string(key); });
  }

  Result<void> Add(SentAttribute sent) {
    const AttributeId id = sent.sub.value_or(sent.attribute);
    auto is_sent = is_sent_[static_cast<std::size_t>(id)];
    if (is_sent) return RefuseTwice(registry_.attribute(id));
    is_sent = true;
    const Attribute& attribute = registry_.attribute(sent.attribute);
    const bool is_taken = attribute.mutability != Mutability::kReadOnly &&
                          attribute.role != AttributeRole::kCommon &&
                          attribute.role != AttributeRole::kMemberships;
    if (is_taken) sent_.push_back(sent);
    return {};
  }

  Result<void> CheckSchemas() const {
    const auto refuse = [&](std::string_view what) {
      return Refuse(
          ScimType::kInvalidSyntax,
          fmt::format("schemas: {}; send a list with at least \"{}\"", what, type_.schema));
    };
    if (!schemas_ || schemas_->is_null()) return refuse("missing");
    if (!schemas_->is_array()) {
      return refuse(fmt::format("expected a list of URNs, got {}", DescribeJsonType(*schemas_)));
    }
    const auto urns = simdjson::dom::array(*schemas_);
    if (urns.size() == 0) return refuse("empty");
    bool has_base = false;
    for (const element urn : urns) {
      std::string_view text;
      if (urn.get(text) != simdjson::SUCCESS) {
        return refuse(fmt::format("expected URNs in strings, got {}", DescribeJsonType(urn)));
      }
      has_base = has_base || EqualsIgnoreAsciiCase(text, type_.schema);
      if (ResolveSchemaPath(registry_, type_, text) == nullptr) {
        SCIMLEDGER_TRY(PassOver(fmt::format("schemas: {}", text)));
      }
    }
    if (!has_base) return refuse(fmt::format("the schema of a {} is not listed", type_.name));
    return {};
  }

  Result<void> Take(const SentAttribute& sent) {
    const Attribute& attribute = registry_.attribute(sent.attribute);
    if (attribute.role == AttributeRole::kReferenceSet) {
      SCIMLEDGER_TRY_ASSIGN(draft_.members, ParseMemberIds(registry_, attribute.id, sent.json));
      return {};
    }
    SCIMLEDGER_TRY_ASSIGN(Value value, reader_.Read(attribute, sent.json));
    if (KeepsPasswords(registry_) && IsPassword(attribute) && sent.json.is_string()) {
      return TakePassword(sent);
    }
    if (value.IsUnassigned()) {
      draft_.cleared.push_back(attribute.id);
    } else if (attribute.returned == Returned::kNever) {
      draft_.secrets.push_back(attribute.id);
    } else {
      draft_.attributes.Set(attribute.id, std::move(value));
    }
    return {};
  }

  Result<void> TakePassword(const SentAttribute& sent) {
    SCIMLEDGER_TRY_ASSIGN(std::string text, PreparePassword(sent.json.get_string().value_unsafe()));
    draft_.password = SuppliedPassword{sent.attribute, std::move(text)};
    return {};
  }

  /// A dotted key: one part of a complex attribute, next to or instead of its object.
  Result<void> TakePart(const SentAttribute& sent) {
    const Attribute& attribute = registry_.attribute(sent.attribute);
    const Attribute& part = registry_.attribute(*sent.sub);
    const bool is_taken = attribute.role == AttributeRole::kStored &&
                          part.role == AttributeRole::kStored &&
                          part.mutability != Mutability::kReadOnly;
    if (!is_taken) return {};
    SCIMLEDGER_TRY_ASSIGN(Value value, reader_.Read(part, sent.json));
    if (value.IsUnassigned()) return {};
    if (attribute.returned == Returned::kNever || part.returned == Returned::kNever) {
      draft_.secrets.push_back(attribute.returned == Returned::kNever ? attribute.id : part.id);
      return {};
    }
    if (Value* started = dotted_.Find(attribute.id)) {
      started->AsComplex()->Set(part.id, std::move(value));
    } else {
      AttributeMap parts;
      parts.Set(part.id, std::move(value));
      dotted_.Set(attribute.id, Value(std::move(parts)));
    }
    return {};
  }

  /// Dotted keys of a multi-valued attribute make one element.
  Result<void> MergeParts() {
    for (auto& [id, parts] : dotted_) {
      Value* whole = draft_.attributes.Find(id);
      const Attribute& attribute = registry_.attribute(id);
      if (whole == nullptr) {
        draft_.attributes.Set(
            id, attribute.multi_valued ? Value(ValueList{std::move(parts)}) : std::move(parts));
        continue;
      }
      if (attribute.multi_valued) return RefuseTwice(attribute);
      for (auto& [sub, value] : *parts.AsComplex()) {
        if (whole->AsComplex()->Find(sub) != nullptr) return RefuseTwice(registry_.attribute(sub));
        whole->AsComplex()->Set(sub, std::move(value));
      }
    }
    return {};
  }

  bool IsSupplied(AttributeId id) const {
    const auto in = [id](const std::vector<AttributeId>& ids) {
      return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    if (type_.reference_set == id) return draft_.members && !draft_.members->empty();
    if (draft_.attributes.Find(id) != nullptr || in(draft_.secrets)) return true;
    if (draft_.password && draft_.password->attribute == id) return true;
    return !registry_.attribute(id).default_json.empty() && !in(draft_.cleared);
  }

  Result<void> CheckRequired() const {
    for (const SchemaExtension& extension : type_.extensions) {
      const auto& attributes = registry_.FindSchema(extension.schema)->attributes;
      const bool is_present = std::any_of(attributes.begin(), attributes.end(),
                                          [&](AttributeId id) { return IsSupplied(id); });
      if (is_present) {
        SCIMLEDGER_TRY(CheckRequiredOf(attributes));
      } else if (extension.required) {
        return Refuse(ScimType::kInvalidValue,
                      fmt::format("{}: a {} needs this extension{}, and it is missing or empty",
                                  extension.schema, type_.name, RequiredNames(attributes)));
      }
    }
    SCIMLEDGER_TRY(CheckRequiredOf(registry_.FindSchema(type_.schema)->attributes));
    for (const auto& [id, value] : draft_.attributes) {
      SCIMLEDGER_TRY(CheckRequiredParts(registry_, id, value));
    }
    return {};
  }

  /// ` with a, b`: what has to be sent of a schema.
  std::string RequiredNames(const std::vector<AttributeId>& attributes) const {
    std::string names;
    for (const AttributeId id : attributes) {
      const Attribute& attribute = registry_.attribute(id);
      if (!attribute.required || attribute.mutability == Mutability::kReadOnly) continue;
      names += names.empty() ? " with " : ", ";
      names += attribute.name;
    }
    return names;
  }

  Result<void> CheckRequiredOf(const std::vector<AttributeId>& attributes) const {
    for (const AttributeId id : attributes) {
      const Attribute& attribute = registry_.attribute(id);
      if (!attribute.required || attribute.mutability == Mutability::kReadOnly) continue;
      if (!IsSupplied(id)) {
        return Refuse(ScimType::kInvalidValue,
                      fmt::format("{}: required, but missing or empty", attribute.path));
      }
    }
    return {};
  }

  const SchemaRegistry& registry_;
  const ResourceType& type_;
  std::vector<bool> is_sent_;  ///< by attribute id
  std::vector<SentAttribute> sent_;
  std::optional<element> schemas_;
  AttributeMap dotted_;
  ResourceDraft draft_;
  AttributeReader reader_{registry_, &draft_.secrets};
};

/// `index`: of the element of a list.
Result<void> CheckParts(const SchemaRegistry& registry, const Attribute& attribute,
                        const AttributeMap& parts, std::optional<std::size_t> index) {
  for (const AttributeId sub : attribute.sub_attributes) {
    const Attribute& part = registry.attribute(sub);
    const bool is_missing = part.required && part.mutability != Mutability::kReadOnly &&
                            part.role == AttributeRole::kStored && parts.Find(sub) == nullptr;
    if (is_missing && part.returned != Returned::kNever) {
      return Refuse(ScimType::kInvalidValue,
                    fmt::format("{}{}.{}: required, but missing or empty", attribute.path,
                                index ? fmt::format("[{}]", *index) : std::string(), part.name));
    }
  }
  return {};
}

/// Points into the document. nullopt: the element says "no value".
Result<std::optional<std::string_view>> ReadMemberId(const SchemaRegistry& registry,
                                                     const Attribute& attribute, element json,
                                                     std::size_t index) {
  if (json.is_null()) return std::nullopt;
  const auto value_part = registry.FindSubAttribute(attribute.id, "value");
  if (json.is_object()) {
    std::optional<element> id;
    for (const auto& [key, part] : simdjson::dom::object(json)) {
      if (registry.FindSubAttribute(attribute.id, key) != value_part) continue;
      if (id) {
        return Refuse(
            ScimType::kInvalidSyntax,
            fmt::format("{}[{}].value: sent twice, in two spellings", attribute.path, index));
      }
      id = part;
    }
    if (!id) {
      return Refuse(
          ScimType::kInvalidValue,
          fmt::format("{}[{}].value: missing; send the id of a resource", attribute.path, index));
    }
    json = *id;
  }
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS || text.empty()) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("{}[{}].value: expected the id of a resource in a string, got {}",
                              attribute.path, index,
                              json.is_string() ? "an empty string" : DescribeJsonType(json)));
  }
  return text;
}

}  // namespace

Result<ResourceDraft> ParseResource(const SchemaRegistry& registry, const ResourceType& type,
                                    element body) {
  return ResourceParser(registry, type).Parse(body);
}

Result<Value> ParseAttributeValue(const SchemaRegistry& registry, AttributeId attribute,
                                  element json) {
  return AttributeReader(registry, nullptr).Read(registry.attribute(attribute), json);
}

Result<void> CheckRequiredParts(const SchemaRegistry& registry, AttributeId attribute,
                                const Value& value) {
  const Attribute& definition = registry.attribute(attribute);
  if (const AttributeMap* parts = value.AsComplex()) {
    return CheckParts(registry, definition, *parts, std::nullopt);
  }
  if (const ValueList* list = value.AsList()) {
    for (std::size_t index = 0; index < list->size(); ++index) {
      if (const AttributeMap* parts = (*list)[index].AsComplex()) {
        SCIMLEDGER_TRY(CheckParts(registry, definition, *parts, index));
      }
    }
  }
  return {};
}

Result<std::vector<std::string>> ParseMemberIds(const SchemaRegistry& registry,
                                                AttributeId attribute, element json) {
  const Attribute& definition = registry.attribute(attribute);
  std::vector<std::string> ids;
  if (SaysNoValue(json)) return ids;
  std::unordered_set<std::string_view> seen;
  std::size_t index = 0;
  const auto read = [&](element item) -> Result<void> {
    SCIMLEDGER_TRY_ASSIGN(const auto id, ReadMemberId(registry, definition, item, index++));
    if (id && seen.insert(*id).second) ids.emplace_back(*id);
    return {};
  };
  if (!json.is_array()) {
    SCIMLEDGER_TRY(read(json));
    return ids;
  }
  for (const element item : simdjson::dom::array(json)) SCIMLEDGER_TRY(read(item));
  return ids;
}

}  // namespace scimledger
