#include "engine/registry_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/builtin_schemas.h"
#include "engine/schema_changes.h"
#include "engine/schema_lookup.h"
#include "engine/schema_roles.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

std::unexpected<ScimError> RefuseSchema(const Schema& schema, std::string_view path,
                                        std::string_view problem) {
  return Refuse(ScimType::kInvalidValue,
                fmt::format("schema '{}', attribute '{}': {}", schema.id, path, problem));
}

const AttributeDefinition* FindSent(const std::vector<AttributeDefinition>& sent,
                                    std::string_view name) {
  for (const AttributeDefinition& definition : sent) {
    if (EqualsIgnoreAsciiCase(definition.attribute.name, name)) return &definition;
  }
  return nullptr;
}

const Attribute* FindSent(const std::vector<Attribute>& sent, std::string_view name) {
  for (const Attribute& attribute : sent) {
    if (EqualsIgnoreAsciiCase(attribute.name, name)) return &attribute;
  }
  return nullptr;
}

constexpr std::string_view kRemoved = "an attribute cannot be removed";

std::optional<AttributeId>* StandardPart(StandardParts& parts, std::string_view name) {
  if (EqualsIgnoreAsciiCase(name, "value")) return &parts.value;
  if (EqualsIgnoreAsciiCase(name, "$ref")) return &parts.ref;
  if (EqualsIgnoreAsciiCase(name, "type")) return &parts.type;
  if (EqualsIgnoreAsciiCase(name, "display")) return &parts.display;
  if (EqualsIgnoreAsciiCase(name, "primary")) return &parts.primary;
  return nullptr;
}

}  // namespace

RegistryBuilder::RegistryBuilder(const SchemaDocument& common)
    : next_(std::shared_ptr<SchemaRegistry>(new SchemaRegistry)) {
  Schema nameless;
  for (const AttributeDefinition& definition : common.attributes) {
    SCIMLEDGER_INVARIANT(AddTopLevel(nameless, definition), "the common attributes do not fit");
  }
  DecidePaths(nameless, true);
  common_count_ = next_->attributes_.size();
  for (Attribute& attribute : next_->attributes_) {
    const bool is_kept_in_row = attribute.mutability == Mutability::kReadOnly;
    attribute.role = is_kept_in_row ? AttributeRole::kCommon : AttributeRole::kStored;
  }
  const auto id = [this](std::string_view path) {
    const auto& attributes = next_->attributes_;
    const auto found =
        std::find_if(attributes.begin(), attributes.end(),
                     [&](const Attribute& attribute) { return attribute.path == path; });
    SCIMLEDGER_INVARIANT(found != attributes.end(), "a common attribute is missing");
    return found->id;
  };
  next_->common_ = {
      id("schemas"),           id("id"),           id("externalId"),        id("meta"),
      id("meta.resourceType"), id("meta.created"), id("meta.lastModified"), id("meta.location"),
      id("meta.version")};
}

RegistryBuilder::RegistryBuilder(const SchemaRegistry& base, DefinitionRules rules)
    : base_(&base), rules_(rules), next_(std::make_shared<SchemaRegistry>(base)) {
  const auto& attributes = next_->attributes_;
  common_count_ = static_cast<std::size_t>(
      std::count_if(attributes.begin(), attributes.end(),
                    [](const Attribute& attribute) { return attribute.schema.empty(); }));
}

Result<void> RegistryBuilder::Add(const DefinitionDocument& definition) {
  if (const auto* schema = std::get_if<SchemaDocument>(&definition)) {
    SCIMLEDGER_TRY(AddSchema(*schema));
  } else {
    SCIMLEDGER_TRY(AddType(std::get<ResourceTypeDocument>(definition)));
  }
  for (ResourceType& type : next_->types_) ExtendByName(type);
  return {};
}

Result<std::shared_ptr<const SchemaRegistry>> RegistryBuilder::Finish(
    std::optional<SchemaDefinition> source) && {
  SCIMLEDGER_TRY(DecideStorage());
  if (source) next_->added_.push_back(*std::move(source));
  next_->lookup_ = std::make_shared<const SchemaRegistry::Lookup>(*next_);
  return std::shared_ptr<const SchemaRegistry>(std::move(next_));
}

Result<void> RegistryBuilder::AddSchema(const SchemaDocument& document) {
  if (Schema* known = FindSchema(document.id)) return MergeSchema(*known, document);
  changed_ = true;
  Schema& schema =
      next_->schemas_.emplace_back(Schema{document.id, document.name, document.description, {}});
  for (const AttributeDefinition& definition : document.attributes) {
    SCIMLEDGER_TRY(AddTopLevel(schema, definition));
  }
  return {};
}

Result<void> RegistryBuilder::AddTopLevel(Schema& schema, const AttributeDefinition& definition) {
  if (IsCommonName(definition.attribute.name)) {
    return RefuseSchema(
        schema, definition.attribute.name,
        "every resource already has an attribute of this name (RFC 7643 section 3.1)");
  }
  Attribute top = definition.attribute;
  top.schema = schema.id;
  SCIMLEDGER_TRY_ASSIGN(const AttributeId id, Append(std::move(top)));
  schema.attributes.push_back(id);
  for (const Attribute& sub : definition.sub_attributes) SCIMLEDGER_TRY(AppendSub(id, sub));
  return {};
}

Result<void> RegistryBuilder::AppendSub(AttributeId parent, Attribute sub) {
  sub.schema = At(parent).schema;
  sub.parent = parent;
  SCIMLEDGER_TRY_ASSIGN(const AttributeId id, Append(std::move(sub)));
  At(parent).sub_attributes.push_back(id);
  if (std::optional<AttributeId>* part = StandardPart(At(parent).parts, At(id).name)) *part = id;
  return {};
}

Result<AttributeId> RegistryBuilder::Append(Attribute attribute) {
  const std::size_t index = next_->attributes_.size();
  if (index >= (is_judged() ? kAttributesMax : kAttributeIdsMax)) {
    return Refuse(
        ScimType::kInvalidValue,
        fmt::format("schema '{}', attribute '{}': there are {} attributes already, which is "
                    "the limit",
                    attribute.schema, attribute.name, index));
  }
  changed_ = true;
  attribute.id = static_cast<AttributeId>(index);
  // Names have no character that JSON escapes (RFC 7643 §2.1).
  attribute.json_key = fmt::format("\"{}\":", attribute.name);
  return next_->attributes_.emplace_back(std::move(attribute)).id;
}

Result<void> RegistryBuilder::MergeSchema(Schema& schema, const SchemaDocument& document) {
  changed_ |= MergeText(schema.name, document.name);
  changed_ |= MergeText(schema.description, document.description);
  for (const AttributeId id : schema.attributes) {
    if (const AttributeDefinition* sent = FindSent(document.attributes, At(id).name)) {
      SCIMLEDGER_TRY(MergeAttribute(schema, id, *sent));
    } else if (is_judged()) {
      return RefuseSchema(schema, At(id).name, kRemoved);
    }
  }
  for (const AttributeDefinition& definition : document.attributes) {
    if (IsListed(schema.attributes, definition.attribute.name)) continue;
    if (is_judged() && definition.attribute.required && IsInUse(schema)) {
      return RefuseSchema(schema, definition.attribute.name, kAddedRequired);
    }
    SCIMLEDGER_TRY(AddTopLevel(schema, definition));
  }
  return {};
}

Result<void> RegistryBuilder::MergeCharacteristicsOf(const Schema& schema, std::string_view path,
                                                     AttributeId id, const Attribute& sent) {
  if (is_judged()) {
    const auto additive = CheckAdditive(At(id), sent);
    if (!additive) return RefuseSchema(schema, path, additive.error());
  }
  changed_ |= MergeCharacteristics(At(id), sent);
  return {};
}

Result<void> RegistryBuilder::MergeAttribute(const Schema& schema, AttributeId id,
                                             const AttributeDefinition& definition) {
  const auto path = [&](const Attribute& sub) {
    return fmt::format("{}.{}", definition.attribute.name, sub.name);
  };
  SCIMLEDGER_TRY(MergeCharacteristicsOf(schema, At(id).name, id, definition.attribute));
  for (const AttributeId sub : At(id).sub_attributes) {
    if (const Attribute* sent = FindSent(definition.sub_attributes, At(sub).name)) {
      SCIMLEDGER_TRY(MergeCharacteristicsOf(schema, path(At(sub)), sub, *sent));
    } else if (is_judged()) {
      return RefuseSchema(schema, path(At(sub)), kRemoved);
    }
  }
  for (const Attribute& sent : definition.sub_attributes) {
    if (IsListed(At(id).sub_attributes, sent.name)) continue;
    if (is_judged() && sent.required && IsInUse(schema)) {
      return RefuseSchema(schema, path(sent), kAddedRequired);
    }
    SCIMLEDGER_TRY(AppendSub(id, sent));
  }
  return {};
}

Result<void> RegistryBuilder::DecideStorage() {
  for (const Schema& schema : next_->schemas_) {
    const bool is_base = IsBase(schema);
    DecidePaths(schema, is_base);
    DecideRoles(next_->attributes_, schema, is_base);
  }
  for (ResourceType& type : next_->types_) CollectAttributes(type);
  return base_ == nullptr ? Result<void>() : CheckRolesKept();
}

Result<void> RegistryBuilder::CheckRolesKept() const {
  for (const ResourceType& type : base_->types_) {
    for (const AttributeId id : type.attributes) {
      const Attribute& attribute = base_->attribute(id);
      if (attribute.role == next_->attribute(id).role) continue;
      return Refuse(
          ScimType::kInvalidValue,
          fmt::format("schema '{}', attribute '{}': the sub-attributes added would change "
                      "how existing values are kept",
                      attribute.schema, attribute.name));
    }
  }
  return {};
}

void RegistryBuilder::DecidePaths(const Schema& schema, bool is_base) {
  for (const AttributeId id : schema.attributes) {
    Attribute& attribute = At(id);
    attribute.path =
        is_base ? attribute.name : fmt::format("{}:{}", attribute.schema, attribute.name);
    for (const AttributeId sub : attribute.sub_attributes) {
      At(sub).path = fmt::format("{}.{}", attribute.path, At(sub).name);
    }
  }
}

void RegistryBuilder::CollectAttributes(ResourceType& type) {
  type.attributes.clear();
  for (std::size_t index = 0; index < common_count_; ++index) {
    const Attribute& attribute = next_->attributes_[index];
    if (!attribute.parent) type.attributes.push_back(attribute.id);
  }
  const Schema& base = *FindSchema(type.schema);
  const auto append = [&](const Schema& schema) {
    type.attributes.insert(type.attributes.end(), schema.attributes.begin(),
                           schema.attributes.end());
  };
  append(base);
  for (const SchemaExtension& extension : type.extensions) append(*FindSchema(extension.schema));
  for (const AttributeId id : base.attributes) {
    if (At(id).role == AttributeRole::kReferenceSet) type.reference_set = id;
    if (At(id).role == AttributeRole::kMemberships) type.memberships = id;
  }
  type.naming_attribute = NamingAttribute(next_->attributes_, base);
}

Schema* RegistryBuilder::FindSchema(std::string_view urn) {
  for (Schema& schema : next_->schemas_) {
    if (EqualsIgnoreAsciiCase(schema.id, urn)) return &schema;
  }
  return nullptr;
}

bool RegistryBuilder::IsListed(const std::vector<AttributeId>& ids, std::string_view name) {
  return std::any_of(ids.begin(), ids.end(),
                     [&](AttributeId id) { return EqualsIgnoreAsciiCase(At(id).name, name); });
}

bool RegistryBuilder::IsCommonName(std::string_view name) const {
  const auto begin = next_->attributes_.begin();
  return std::any_of(begin, begin + static_cast<std::ptrdiff_t>(common_count_),
                     [&](const Attribute& attribute) {
                       return !attribute.parent && EqualsIgnoreAsciiCase(attribute.name, name);
                     });
}

std::shared_ptr<const SchemaRegistry> SchemaRegistry::BuiltIn() {
  static const std::shared_ptr<const SchemaRegistry> built_in = [] {
    const auto texts = BuiltInDefinitions();
    const auto common = ReadDefinition(texts.front(), DefinitionRules::kEnforced);
    SCIMLEDGER_INVARIANT(common, "the common attributes are malformed");
    RegistryBuilder builder(std::get<SchemaDocument>(*common));
    for (const std::string_view text : texts.subspan(1)) {
      const auto definition = ReadDefinition(text, DefinitionRules::kEnforced);
      SCIMLEDGER_INVARIANT(definition && builder.Add(*definition),
                           "a built-in schema is malformed");
    }
    auto finished = std::move(builder).Finish(std::nullopt);
    SCIMLEDGER_INVARIANT(finished, "the built-in schemas do not fit");
    return *std::move(finished);
  }();
  return built_in;
}

Result<std::shared_ptr<const SchemaRegistry>> SchemaRegistry::With(
    const SchemaDefinition& definition) const {
  return Extended(definition, DefinitionRules::kEnforced);
}

Result<std::shared_ptr<const SchemaRegistry>> SchemaRegistry::WithRecorded(
    const SchemaDefinition& definition) const {
  return Extended(definition, DefinitionRules::kRecorded);
}

Result<std::shared_ptr<const SchemaRegistry>> SchemaRegistry::Extended(
    const SchemaDefinition& definition, DefinitionRules rules) const {
  SCIMLEDGER_TRY_ASSIGN(const DefinitionDocument document, ReadDefinition(definition.json, rules));
  RegistryBuilder builder(*this, rules);
  SCIMLEDGER_TRY(builder.Add(document));
  if (!builder.changed()) return shared_from_this();
  return std::move(builder).Finish(definition);
}

}  // namespace scimledger
