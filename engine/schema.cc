#include "engine/schema.h"

#include "engine/schema_changes.h"
#include "engine/schema_lookup.h"
#include "storage/result.h"

namespace scimledger {
namespace {

template <typename Id>
std::optional<Id> FindName(const NameMap<Id>& names, std::string_view name) {
  const auto found = names.find(name);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::string_view ToString(AttributeType type) {
  switch (type) {
    case AttributeType::kString:
      return "string";
    case AttributeType::kBoolean:
      return "boolean";
    case AttributeType::kDecimal:
      return "decimal";
    case AttributeType::kInteger:
      return "integer";
    case AttributeType::kDateTime:
      return "dateTime";
    case AttributeType::kBinary:
      return "binary";
    case AttributeType::kReference:
      return "reference";
    case AttributeType::kComplex:
      return "complex";
  }
  return "";
}

std::string_view ToString(Mutability mutability) {
  switch (mutability) {
    case Mutability::kReadOnly:
      return "readOnly";
    case Mutability::kReadWrite:
      return "readWrite";
    case Mutability::kImmutable:
      return "immutable";
    case Mutability::kWriteOnly:
      return "writeOnly";
  }
  return "";
}

std::string_view ToString(Returned returned) {
  switch (returned) {
    case Returned::kAlways:
      return "always";
    case Returned::kNever:
      return "never";
    case Returned::kDefault:
      return "default";
    case Returned::kRequest:
      return "request";
  }
  return "";
}

std::string_view ToString(Uniqueness uniqueness) {
  switch (uniqueness) {
    case Uniqueness::kNone:
      return "none";
    case Uniqueness::kServer:
      return "server";
    case Uniqueness::kGlobal:
      return "global";
  }
  return "";
}

SchemaRegistry::Lookup::Lookup(const SchemaRegistry& registry)
    : schema_attributes(registry.schemas_.size()),
      sub_attributes(registry.attributes_.size()),
      type_attributes(registry.types_.size()),
      type_paths(registry.types_.size()) {
  for (const Attribute& attribute : registry.attributes_) {
    if (!attribute.parent) continue;
    sub_attributes[static_cast<std::size_t>(*attribute.parent)].Add(attribute.name, attribute.id);
  }
  for (std::size_t index = 0; index < registry.schemas_.size(); ++index) {
    const Schema& schema = registry.schemas_[index];
    schemas.emplace(schema.id, index);
    for (const AttributeId id : schema.attributes) {
      schema_attributes[index].emplace(registry.attribute(id).name, id);
    }
  }
  for (const ResourceType& type : registry.types_) {
    types_by_name.emplace(type.name, type.id);
    types_by_endpoint.emplace(type.endpoint, type.id);
    const auto index = static_cast<std::size_t>(type.id);
    for (const AttributeId id : type.attributes) {
      const Attribute& attribute = registry.attribute(id);
      const bool is_extension = !attribute.schema.empty() && attribute.schema != type.schema;
      if (!is_extension) type_attributes[index].emplace(attribute.name, id);
      type_paths[index].emplace(attribute.path, id);
      for (const AttributeId sub : attribute.sub_attributes) {
        type_paths[index].emplace(registry.attribute(sub).path, sub);
      }
    }
  }
}

std::shared_ptr<const SchemaRegistry> SchemaRegistry::WithSettings(
    const TenantSettings& settings) const {
  auto next = std::make_shared<SchemaRegistry>(*this);
  next->settings_ = settings;
  const bool is_free = settings.IsChanged(Setting::kGroupDisplayName);
  for (Attribute& attribute : next->attributes_) {
    if (!IsDecidedBySettings(attribute)) continue;
    attribute.required = !is_free;
    attribute.uniqueness = is_free ? Uniqueness::kNone : Uniqueness::kServer;
  }
  return next;
}

const Schema* SchemaRegistry::FindSchema(std::string_view urn) const {
  const auto index = FindName(lookup_->schemas, urn);
  return index ? &schemas_[*index] : nullptr;
}

const ResourceType* SchemaRegistry::FindTypeByName(std::string_view name) const {
  const auto id = FindName(lookup_->types_by_name, name);
  return id ? &type(*id) : nullptr;
}

const ResourceType* SchemaRegistry::FindTypeByEndpoint(std::string_view endpoint) const {
  const auto id = FindName(lookup_->types_by_endpoint, endpoint);
  return id && type(*id).endpoint == endpoint ? &type(*id) : nullptr;
}

std::optional<AttributeId> SchemaRegistry::FindAttribute(const ResourceType& resource_type,
                                                         std::string_view name) const {
  return FindName(lookup_->type_attributes[static_cast<std::size_t>(resource_type.id)], name);
}

std::optional<AttributeId> SchemaRegistry::FindInSchema(std::string_view urn,
                                                        std::string_view name) const {
  const Schema* const schema = FindSchema(urn);
  return schema != nullptr ? FindInSchema(*schema, name) : std::nullopt;
}

std::optional<AttributeId> SchemaRegistry::FindInSchema(const Schema& schema,
                                                        std::string_view name) const {
  const auto index = static_cast<std::size_t>(&schema - schemas_.data());
  SCIMLEDGER_INVARIANT(index < schemas_.size(), "a schema of another registry");
  return FindName(lookup_->schema_attributes[index], name);
}

std::optional<AttributeId> SchemaRegistry::FindSubAttribute(AttributeId parent,
                                                            std::string_view name) const {
  return lookup_->sub_attributes[static_cast<std::size_t>(parent)].Find(name);
}

std::optional<AttributeId> SchemaRegistry::FindByPath(const ResourceType& resource_type,
                                                      std::string_view path) const {
  return FindName(lookup_->type_paths[static_cast<std::size_t>(resource_type.id)], path);
}

}  // namespace scimledger
