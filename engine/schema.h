#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scim_error.h"
#include "engine/tenant_settings.h"
#include "engine/text_format.h"

namespace scimledger {

/// Data types of RFC 7643 §2.3.
enum class AttributeType : std::uint8_t {
  kString,
  kBoolean,
  kDecimal,
  kInteger,
  kDateTime,
  kBinary,
  kReference,
  kComplex,
};
/// Characteristics of RFC 7643 §7.
enum class Mutability : std::uint8_t { kReadOnly, kReadWrite, kImmutable, kWriteOnly };
enum class Returned : std::uint8_t { kAlways, kNever, kDefault, kRequest };
enum class Uniqueness : std::uint8_t { kNone, kServer, kGlobal };

std::string_view ToString(AttributeType type);
std::string_view ToString(Mutability mutability);
std::string_view ToString(Returned returned);
std::string_view ToString(Uniqueness uniqueness);

/// Index of an attribute or sub-attribute in its registry. Given in order of registration and never
/// reused, so an id means the same attribute in every later registry of the same log.
enum class AttributeId : std::uint16_t {};

/// Index of a resource type in its registry, with the same guarantee.
enum class ResourceTypeId : std::uint8_t {};

/// Where an attribute's value comes from. Decided from the schema's characteristics alone.
enum class AttributeRole : std::uint8_t {
  kStored,        ///< kept in the resource's document
  kCommon,        ///< id, meta, schemas: kept in the row or derived from it
  kReferenceSet,  ///< a set of SCIM resource ids kept apart from the document (Group.members)
  kMemberships,   ///< the read-only inverse of reference sets (User.groups)
  kDerived,       ///< a read-only sub-attribute filled from the referenced resource
                  ///< (manager.displayName)
};

/// The sub-attributes whose meaning RFC 7643 §2.4 fixes, where an attribute has them.
struct StandardParts {
  std::optional<AttributeId> value, ref, type, display, primary;
};

/// One attribute or sub-attribute definition (RFC 7643 §7).
struct Attribute {
  AttributeId id{};
  std::optional<AttributeId> parent;  ///< set on sub-attributes
  std::string schema;    ///< URN of the defining schema; empty for the common attributes
  std::string name;      ///< as the schema spells it
  std::string json_key;  ///< `"name":`, for answers and events
  /// Canonical path: `title`, `name.familyName`, `urn:…:User:department` for extensions (audit,
  /// events).
  std::string path;
  std::string description;
  AttributeType type = AttributeType::kString;
  AttributeRole role = AttributeRole::kStored;
  bool multi_valued = false;
  bool required = false;
  bool case_exact = false;
  Mutability mutability = Mutability::kReadWrite;
  Returned returned = Returned::kDefault;
  Uniqueness uniqueness = Uniqueness::kNone;
  std::vector<std::string> canonical_values;
  std::vector<std::string> reference_types;
  std::vector<AttributeId> sub_attributes;  ///< in schema order; empty unless complex
  StandardParts parts;                      ///< of those sub-attributes
  /// JSON of the value a create gets when the attribute is not sent; such an attribute also keeps
  /// its value when a PUT omits it (User.active: DESIGN §8). Empty: none. Our own characteristic,
  /// spelled `x-default` in the built-in schema files and not published.
  std::string default_json;
  /// What the text must look like when the tenant's `formats` are strict. Spelled `x-format` in
  /// schema files, not published.
  TextFormat format = TextFormat::kAny;
};

struct Schema {
  std::string id;  ///< URN
  std::string name;
  std::string description;
  std::vector<AttributeId> attributes;  ///< top level, in schema order
};

struct SchemaExtension {
  std::string schema;  ///< URN
  bool required = false;
};

/// RFC 7643 §6.
struct ResourceType {
  ResourceTypeId id{};
  std::string name;      ///< "User"; also its id on /ResourceTypes
  std::string endpoint;  ///< "/Users"
  std::string description;
  std::string schema;  ///< URN of the base schema
  std::vector<SchemaExtension> extensions;
  /// Top-level attributes usable on this type: common, base schema, then extensions, in order.
  std::vector<AttributeId> attributes;
  std::optional<AttributeId> reference_set;  ///< at most one, from the base schema
  std::optional<AttributeId> memberships;
  /// The attribute people know a resource by (userName, else displayName): events carry its value.
  std::optional<AttributeId> naming_attribute;
};

/// Ids of the common attributes of RFC 7643 §3.1, the same in every registry.
struct CommonAttributes {
  AttributeId schemas, id, external_id, meta;
  AttributeId meta_resource_type, meta_created, meta_last_modified, meta_location, meta_version;
};

/// A definition to register, in the JSON form of RFC 7643 §6 and §7.
struct SchemaDefinition {
  std::string json;  ///< one Schema or one ResourceType object
};

/// How a definition is read: judged by the rules in force (decide), or taken as what was accepted
/// when it was recorded (apply).
enum class DefinitionRules : std::uint8_t { kEnforced, kRecorded };

/// All schemas and resource types in force. Immutable after it was made; share it freely between
/// threads. Extending gives a new registry in which every earlier id keeps its meaning.
class SchemaRegistry : public std::enable_shared_from_this<SchemaRegistry> {
 public:
  /// User, Group, EnterpriseUser and the common attributes.
  static std::shared_ptr<const SchemaRegistry> BuiltIn();

  /// Adds a schema or a resource type (the object's `schemas` or shape tells which), or extends one
  /// that exists. The definition sent again is whole: a schema in use accepts only additive changes
  /// (new attributes and sub-attributes that are not required, new canonical values), a resource
  /// type only new extensions that are not required; descriptions may change. A schema is a base
  /// schema or an extension, never both. Refusals are 400 `invalidValue` (400 `invalidSyntax`: not
  /// JSON) with a detail naming the definition and the attribute. A schema whose URN has the form
  /// `…:extension:…:<name of a resource type>` (RFC 7643 §10) extends that resource type, whichever
  /// of the two comes first. Returns this registry itself when the definition changes nothing.
  [[nodiscard]] Result<std::shared_ptr<const SchemaRegistry>> With(
      const SchemaDefinition& definition) const;
  /// The same for a definition that was accepted before, by With of this or an earlier version:
  /// merges and does not judge, so that a rule which came later cannot refuse an old log. Fails
  /// only where the definition fits nothing (not JSON, a base schema that is not there).
  [[nodiscard]] Result<std::shared_ptr<const SchemaRegistry>> WithRecorded(
      const SchemaDefinition& definition) const;

  /// The tenant's switches, which decide how values are read and what is published.
  const TenantSettings& settings() const { return settings_; }
  /// The same definitions under other switches.
  std::shared_ptr<const SchemaRegistry> WithSettings(const TenantSettings& settings) const;

  /// Definitions added over the built-in ones, in order: WithRecorded of each gives this registry.
  std::span<const SchemaDefinition> added() const { return added_; }

  const Attribute& attribute(AttributeId id) const {
    return attributes_[static_cast<std::size_t>(id)];
  }
  std::size_t attribute_count() const { return attributes_.size(); }
  const CommonAttributes& common() const { return common_; }
  std::span<const Schema> schemas() const { return schemas_; }
  std::span<const ResourceType> resource_types() const { return types_; }
  const ResourceType& type(ResourceTypeId id) const { return types_[static_cast<std::size_t>(id)]; }

  /// URNs and names compare case-insensitively (RFC 7644 §3.10); nullptr / nullopt: not there.
  const Schema* FindSchema(std::string_view urn) const;
  const ResourceType* FindTypeByName(std::string_view name) const;
  /// `endpoint` with its leading slash; exact case.
  const ResourceType* FindTypeByEndpoint(std::string_view endpoint) const;
  /// A top-level attribute of `type` by its plain name: common, then base schema. Not extensions.
  std::optional<AttributeId> FindAttribute(const ResourceType& type, std::string_view name) const;
  /// A top-level attribute of the schema `urn`.
  std::optional<AttributeId> FindInSchema(std::string_view urn, std::string_view name) const;
  /// The same of one of schemas().
  std::optional<AttributeId> FindInSchema(const Schema& schema, std::string_view name) const;
  std::optional<AttributeId> FindSubAttribute(AttributeId parent, std::string_view name) const;
  /// By canonical path within `type` (Attribute::path): how events name attributes.
  std::optional<AttributeId> FindByPath(const ResourceType& type, std::string_view path) const;

 private:
  friend class RegistryBuilder;
  SchemaRegistry() = default;
  Result<std::shared_ptr<const SchemaRegistry>> Extended(const SchemaDefinition& definition,
                                                         DefinitionRules rules) const;

  std::vector<Attribute> attributes_;
  std::vector<Schema> schemas_;
  std::vector<ResourceType> types_;
  CommonAttributes common_{};
  std::vector<SchemaDefinition> added_;
  TenantSettings settings_;
  struct Lookup;
  std::shared_ptr<const Lookup> lookup_;  ///< hash maps over folded names and paths
};

using RegistryPtr = std::shared_ptr<const SchemaRegistry>;

}  // namespace scimledger
