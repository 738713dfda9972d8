#include "engine/decide_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "engine/document.h"
#include "engine/resource_writer.h"
#include "engine/unique_keys.h"
#include "engine/work_budget.h"

namespace scimledger {
namespace {

constexpr std::size_t kNamedMembersMax = 20;

/// The value as it was sent, where the key is of a plain top-level attribute.
std::string ValueOfKey(const Resource& row, const UniqueKey& key) {
  const auto value = FindInDocument(row.document, key.attribute);
  const std::string* text = value ? value->AsString() : nullptr;
  return text != nullptr ? *text : key.key;
}

/// Types that the `value` of a reference set may name, from the referenceTypes of `value` or `$ref`
/// (RFC 7643 §7). Empty: any type.
std::vector<ResourceTypeId> MemberTypes(const SchemaRegistry& registry, AttributeId set) {
  std::vector<ResourceTypeId> types;
  for (const std::string_view part : {"value", "$ref"}) {
    const auto id = registry.FindSubAttribute(set, part);
    if (!id || !types.empty()) continue;
    for (const std::string& name : registry.attribute(*id).reference_types) {
      if (const ResourceType* type = registry.FindTypeByName(name)) types.push_back(type->id);
    }
  }
  return types;
}

bool IsMissing(const AttributeMap& attributes, AttributeId id) {
  return attributes.Find(id) == nullptr;
}

bool HasAnyOf(const SchemaRegistry& registry, const AttributeMap& attributes,
              std::string_view schema) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const AttributeMap::Entry& entry) {
    return registry.attribute(entry.first).schema == schema;
  });
}

std::unexpected<ScimError> Required(const Attribute& attribute) {
  return Refuse(ScimType::kInvalidValue,
                fmt::format("{} is required and must have a value", attribute.path));
}

Result<void> CheckRequiredParts(const SchemaRegistry& registry, const Attribute& attribute,
                                const Value& element) {
  const AttributeMap* parts = element.AsComplex();
  if (parts == nullptr) return {};
  for (const AttributeId id : attribute.sub_attributes) {
    const Attribute& part = registry.attribute(id);
    if (part.required && part.role == AttributeRole::kStored && IsMissing(*parts, id)) {
      return Required(part);
    }
  }
  return {};
}

/// The complex elements of a list, each as bytes.
std::unordered_set<std::string> ElementsIn(const Value* list) {
  std::unordered_set<std::string> elements;
  const ValueList* values = list != nullptr ? list->AsList() : nullptr;
  if (values == nullptr) return elements;
  for (const Value& value : *values) {
    if (const AttributeMap* parts = value.AsComplex()) elements.insert(EncodeDocument(*parts));
  }
  return elements;
}

/// The parts of a value that differs from the one before; elements that were there before pass.
Result<void> CheckChangedValue(const SchemaRegistry& registry, const Attribute& attribute,
                               const Value* before, const Value& after) {
  const bool has_required_parts =
      std::any_of(attribute.sub_attributes.begin(), attribute.sub_attributes.end(),
                  [&](AttributeId id) { return registry.attribute(id).required; });
  if (!has_required_parts || (before != nullptr && *before == after)) return {};
  const ValueList* elements = after.AsList();
  if (elements == nullptr) return CheckRequiredParts(registry, attribute, after);
  std::optional<std::unordered_set<std::string>> known;
  for (const Value& element : *elements) {
    auto checked = CheckRequiredParts(registry, attribute, element);
    if (checked) continue;
    if (!known) known = ElementsIn(before);
    if (!known->contains(EncodeDocument(*element.AsComplex()))) return checked;
  }
  return {};
}

}  // namespace

Result<ResourcePtr> FindTarget(const State& state, const ResourceType& type, const ResourceId& id) {
  ResourcePtr row = state.FindResource(id);
  if (row == nullptr || row->type != type.id) {
    return Refuse(404, ScimType::kNone,
                  fmt::format("There is no {} with id {}", type.name, id.ToString()));
  }
  return row;
}

Result<void> CheckExpected(const SchemaRegistry& registry, const Resource& resource,
                           const std::optional<ExpectedVersion>& expected) {
  const bool has_if_match = expected && expected->is_if_match;
  if (!has_if_match && registry.settings().IsChanged(Setting::kIfMatch)) {
    return Refuse(428, ScimType::kNone,
                  fmt::format("If-Match is required here: read the resource and send its ETag, now "
                              "{}, along (in a Bulk: as `version`)",
                              FormatETag(resource.version)));
  }
  if (!expected) return {};
  return CheckVersion(resource, *expected);
}

Result<void> CheckVersion(const Resource& resource, const ExpectedVersion& expected) {
  const auto has = [&](const std::vector<std::uint64_t>& versions) {
    return std::find(versions.begin(), versions.end(), resource.version) != versions.end();
  };
  const std::string now = FormatETag(resource.version);
  if (!expected.any && !has(expected.versions)) {
    std::vector<std::string> tags;
    for (const std::uint64_t version : expected.versions) tags.push_back(FormatETag(version));
    return Refuse(
        412, ScimType::kNone,
        fmt::format("The resource is at version {}, but If-Match expects {}; read it again "
                    "and repeat the change",
                    now,
                    tags.empty() ? "none that exists" : fmt::format("{}", fmt::join(tags, ", "))));
  }
  if (!expected.excludes_any && !has(expected.excluded)) return {};
  return Refuse(412, ScimType::kNone,
                fmt::format("The resource is at version {}, which If-None-Match excludes", now));
}

Result<void> CheckUniqueKeys(const State& state, const Resource& row) {
  const RegistryPtr registry = state.registry();
  // What a resource has already it keeps: where an attribute became unique later (a tenant's
  // setting), several may hold one key.
  const auto has_already = [&](const UniqueKey& key) {
    const ResourcePtr before = state.FindResource(row.id);
    if (before == nullptr) return false;
    const std::vector<UniqueKey> keys = UniqueKeysOf(*registry, *before);
    return std::binary_search(keys.begin(), keys.end(), key);
  };
  for (const UniqueKey& key : UniqueKeysOf(*registry, row)) {
    const auto holder = state.FindByUniqueKey(key);
    if (!holder || *holder == row.id || has_already(key)) continue;
    return Refuse(409, ScimType::kUniqueness,
                  fmt::format("{} \"{}\" is taken by another resource",
                              registry->attribute(key.attribute).path, ValueOfKey(row, key)));
  }
  return {};
}

Result<void> CheckSize(std::size_t bytes_before, std::size_t bytes_after) {
  if (bytes_after <= std::max(bytes_before, kResourceBytesMax)) return {};
  return Refuse(413, ScimType::kNone,
                fmt::format("The resource would hold {} bytes of attribute values; at most {} are "
                            "kept (members not counted). Send fewer or shorter values",
                            bytes_after, kResourceBytesMax));
}

Result<std::vector<ResourceId>> ResolveMembers(const State& state, AttributeId reference_set,
                                               std::span<const std::string> sent,
                                               WorkBudget& work) {
  work.Spend(sent.size() * kStepsOfMemberAsked);
  SCIMLEDGER_TRY(work.Check());
  const RegistryPtr registry = state.registry();
  const std::vector<ResourceTypeId> types = MemberTypes(*registry, reference_set);
  std::vector<ResourceId> members;
  members.reserve(sent.size());
  std::vector<std::string_view> refused;
  for (const std::string& text : sent) {
    const auto id = Uuid::Parse(text);
    const ResourcePtr row = id ? state.FindResource(*id) : nullptr;
    const bool fits = row != nullptr && (types.empty() || std::find(types.begin(), types.end(),
                                                                    row->type) != types.end());
    if (fits) {
      members.push_back(*id);
    } else {
      refused.push_back(text);
    }
  }
  if (refused.empty()) return members;
  const std::size_t more = refused.size() - std::min(refused.size(), kNamedMembersMax);
  refused.resize(refused.size() - more);
  return Refuse(ScimType::kInvalidValue,
                fmt::format("{} names no existing resource of an allowed type: {}{}",
                            registry->attribute(reference_set).path, fmt::join(refused, ", "),
                            more != 0 ? fmt::format(" and {} more", more) : ""));
}

Result<void> CheckRequired(const SchemaRegistry& registry, const ResourceType& type,
                           const AttributeMap& before, const AttributeMap& after) {
  for (const AttributeId id : type.attributes) {
    const Attribute& attribute = registry.attribute(id);
    if (attribute.role != AttributeRole::kStored) continue;
    if (const Value* value = after.Find(id)) {
      SCIMLEDGER_TRY(CheckChangedValue(registry, attribute, before.Find(id), *value));
      continue;
    }
    if (!attribute.required || attribute.returned == Returned::kNever) continue;
    const bool came_without = HasAnyOf(registry, after, attribute.schema) &&
                              !HasAnyOf(registry, before, attribute.schema);
    if (!IsMissing(before, id) || came_without) return Required(attribute);
  }
  return {};
}

}  // namespace scimledger
