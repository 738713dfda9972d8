#include <fmt/format.h>

#include <algorithm>

#include "engine/registry_builder.h"
#include "engine/schema_changes.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

std::unexpected<ScimError> RefuseType(std::string_view name, std::string_view problem) {
  return Refuse(ScimType::kInvalidValue, fmt::format("resource type '{}': {}", name, problem));
}

/// RFC 7643 §10: `…:extension:…:User` extends User.
bool NamesType(std::string_view urn, std::string_view type_name) {
  const std::size_t last_colon = urn.rfind(':');
  return AsciiLower(urn).contains(":extension:") &&
         EqualsIgnoreAsciiCase(urn.substr(last_colon + 1), type_name);
}

bool Extends(const ResourceType& type, std::string_view urn) {
  return std::any_of(
      type.extensions.begin(), type.extensions.end(),
      [&](const SchemaExtension& known) { return EqualsIgnoreAsciiCase(known.schema, urn); });
}

}  // namespace

Result<void> RegistryBuilder::AddType(const ResourceTypeDocument& document) {
  if (ResourceType* known = FindType(document.name)) return MergeType(*known, document);
  const std::size_t types_max = is_judged() ? kResourceTypesMax : kResourceTypeIdsMax;
  if (next_->types_.size() >= types_max) {
    return RefuseType(
        document.name,
        fmt::format("there are {} resource types already, which is the limit", types_max));
  }
  for (const ResourceType& type : next_->types_) {
    if (EqualsIgnoreAsciiCase(type.endpoint, document.endpoint)) {
      return RefuseType(document.name, fmt::format("the endpoint {} belongs to resource type '{}'",
                                                   document.endpoint, type.name));
    }
  }
  const Schema* schema = FindSchema(document.schema);
  if (schema == nullptr) {
    return RefuseType(document.name,
                      fmt::format("the schema '{}' is not known; add it first", document.schema));
  }
  if (IsExtension(*schema)) {
    return RefuseType(document.name, fmt::format("the schema '{}' is an extension of another "
                                                 "resource type, so it cannot be a base schema",
                                                 schema->id));
  }
  changed_ = true;
  ResourceType& type = next_->types_.emplace_back();
  type.id = static_cast<ResourceTypeId>(next_->types_.size() - 1);
  type.name = document.name;
  type.endpoint = document.endpoint;
  type.description = document.description;
  type.schema = schema->id;
  for (const SchemaExtension& extension : document.extensions) {
    SCIMLEDGER_TRY(Extend(type, extension));
  }
  return {};
}

Result<void> RegistryBuilder::CheckType(const ResourceType& known,
                                        const ResourceTypeDocument& sent) const {
  const auto cannot = [&](std::string_view what, std::string_view before, std::string_view after) {
    return RefuseType(known.name,
                      fmt::format("'{}' cannot change from {} to {}", what, before, after));
  };
  if (known.name != sent.name) return cannot("name", known.name, sent.name);
  if (known.endpoint != sent.endpoint) return cannot("endpoint", known.endpoint, sent.endpoint);
  if (!EqualsIgnoreAsciiCase(known.schema, sent.schema)) {
    return cannot("schema", known.schema, sent.schema);
  }
  for (const SchemaExtension& extension : known.extensions) {
    const bool is_sent = std::any_of(
        sent.extensions.begin(), sent.extensions.end(), [&](const SchemaExtension& listed) {
          return EqualsIgnoreAsciiCase(listed.schema, extension.schema);
        });
    // What came by its name need not be listed.
    if (!is_sent && !NamesType(extension.schema, known.name)) {
      return RefuseType(known.name,
                        fmt::format("the extension '{}' cannot be removed", extension.schema));
    }
  }
  return {};
}

Result<void> RegistryBuilder::MergeType(ResourceType& type, const ResourceTypeDocument& document) {
  if (is_judged()) SCIMLEDGER_TRY(CheckType(type, document));
  changed_ |= MergeText(type.description, document.description);
  for (const SchemaExtension& sent : document.extensions) {
    SCIMLEDGER_TRY(MergeExtension(type, sent));
  }
  return {};
}

Result<void> RegistryBuilder::MergeExtension(ResourceType& type, const SchemaExtension& sent) {
  for (const SchemaExtension& known : type.extensions) {
    if (!EqualsIgnoreAsciiCase(known.schema, sent.schema)) continue;
    if (known.required == sent.required || !is_judged()) return {};
    return RefuseType(type.name,
                      fmt::format("'required' of the extension '{}' cannot change", known.schema));
  }
  if (is_judged() && sent.required) {
    return RefuseType(type.name, fmt::format("the extension '{}' cannot be required: existing "
                                             "resources lack it",
                                             sent.schema));
  }
  return Extend(type, sent);
}

Result<void> RegistryBuilder::Extend(ResourceType& type, const SchemaExtension& extension) {
  const Schema* schema = FindSchema(extension.schema);
  if (schema == nullptr) {
    return RefuseType(
        type.name,
        fmt::format("the extension '{}' is not known; add its schema first", extension.schema));
  }
  if (IsBase(*schema)) {
    return RefuseType(
        type.name, fmt::format("'{}' is a base schema, so it cannot be an extension", schema->id));
  }
  type.extensions.push_back({schema->id, extension.required});
  changed_ = true;
  return {};
}

void RegistryBuilder::ExtendByName(ResourceType& type) {
  for (const Schema& schema : next_->schemas_) {
    if (!NamesType(schema.id, type.name) || Extends(type, schema.id) || IsBase(schema)) continue;
    type.extensions.push_back({schema.id, false});
    changed_ = true;
  }
}

ResourceType* RegistryBuilder::FindType(std::string_view name) {
  for (ResourceType& type : next_->types_) {
    if (EqualsIgnoreAsciiCase(type.name, name)) return &type;
  }
  return nullptr;
}

bool RegistryBuilder::IsBase(const Schema& schema) const {
  return std::any_of(next_->types_.begin(), next_->types_.end(),
                     [&](const ResourceType& type) { return type.schema == schema.id; });
}

bool RegistryBuilder::IsExtension(const Schema& schema) const {
  return std::any_of(next_->types_.begin(), next_->types_.end(),
                     [&](const ResourceType& type) { return Extends(type, schema.id); });
}

}  // namespace scimledger
