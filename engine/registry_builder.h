#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema.h"
#include "engine/schema_json.h"

namespace scimledger {

/// Limits of one registry: ids are small, and every tenant holds one.
inline constexpr std::size_t kAttributesMax = 4'000;
inline constexpr std::size_t kResourceTypesMax = 200;

/// What an id can number at all, whatever the rules say.
inline constexpr std::size_t kAttributeIdsMax = 1U << 16U;
inline constexpr std::size_t kResourceTypeIdsMax = 1U << 8U;

/// Makes the next registry from one that exists, by one definition. Ids are only ever appended. A
/// schema is a base schema or an extension, never both, so that each attribute has one path; what a
/// resource type uses ("in use") may only grow, and by nothing that existing resources would lack.
class RegistryBuilder {
 public:
  /// From the common attributes alone, written like a schema (engine/schemas/common.json).
  explicit RegistryBuilder(const SchemaDocument& common);
  RegistryBuilder(const SchemaRegistry& base, DefinitionRules rules);

  /// Refusals as SchemaRegistry::With, or as WithRecorded when the rules are kRecorded; the builder
  /// is of no use after one.
  [[nodiscard]] Result<void> Add(const DefinitionDocument& definition);
  /// Whether Add changed anything.
  bool changed() const { return changed_; }
  /// Decides paths, roles and lookups. `source` is remembered in added().
  [[nodiscard]] Result<std::shared_ptr<const SchemaRegistry>> Finish(
      std::optional<SchemaDefinition> source) &&;

 private:
  Result<void> AddSchema(const SchemaDocument& document);
  Result<void> MergeSchema(Schema& schema, const SchemaDocument& document);
  Result<void> MergeAttribute(const Schema& schema, AttributeId id,
                              const AttributeDefinition& definition);
  Result<void> AddTopLevel(Schema& schema, const AttributeDefinition& definition);
  Result<void> MergeCharacteristicsOf(const Schema& schema, std::string_view path, AttributeId id,
                                      const Attribute& sent);
  Result<void> AppendSub(AttributeId parent, Attribute sub);
  Result<AttributeId> Append(Attribute attribute);

  Result<void> AddType(const ResourceTypeDocument& document);
  Result<void> MergeType(ResourceType& type, const ResourceTypeDocument& document);
  Result<void> CheckType(const ResourceType& known, const ResourceTypeDocument& sent) const;
  Result<void> MergeExtension(ResourceType& type, const SchemaExtension& sent);
  Result<void> Extend(ResourceType& type, const SchemaExtension& extension);
  void ExtendByName(ResourceType& type);

  Result<void> DecideStorage();
  Result<void> CheckRolesKept() const;
  void DecidePaths(const Schema& schema, bool is_base);
  void CollectAttributes(ResourceType& type);

  Attribute& At(AttributeId id) { return next_->attributes_[static_cast<std::size_t>(id)]; }
  Schema* FindSchema(std::string_view urn);
  ResourceType* FindType(std::string_view name);
  bool IsBase(const Schema& schema) const;
  bool IsExtension(const Schema& schema) const;
  bool IsInUse(const Schema& schema) const { return IsBase(schema) || IsExtension(schema); }
  bool IsCommonName(std::string_view name) const;
  bool is_judged() const { return rules_ == DefinitionRules::kEnforced; }
  bool IsListed(const std::vector<AttributeId>& ids, std::string_view name);

  const SchemaRegistry* base_ = nullptr;
  DefinitionRules rules_ = DefinitionRules::kEnforced;
  std::shared_ptr<SchemaRegistry> next_;
  std::size_t common_count_ = 0;  ///< common attributes, sub-attributes included, come first
  bool changed_ = false;
};

}  // namespace scimledger
