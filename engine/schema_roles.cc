#include "engine/schema_roles.h"

#include <algorithm>
#include <string_view>

#include "engine/text.h"

namespace scimledger {
namespace {

const Attribute* FindSub(const std::vector<Attribute>& attributes, const Attribute& parent,
                         std::string_view name) {
  for (const AttributeId id : parent.sub_attributes) {
    const Attribute& sub = attributes[static_cast<std::size_t>(id)];
    if (EqualsIgnoreAsciiCase(sub.name, name)) return &sub;
  }
  return nullptr;
}

bool RefersToResources(const std::vector<Attribute>& attributes, const Attribute& parent) {
  const Attribute* ref = FindSub(attributes, parent, "$ref");
  return ref != nullptr && ReferencesResources(*ref);
}

/// A set of ids keeps nothing else, so an attribute with further parts is not one.
bool HasOnlyReferenceParts(const std::vector<Attribute>& attributes, const Attribute& attribute) {
  return std::all_of(
      attribute.sub_attributes.begin(), attribute.sub_attributes.end(), [&](AttributeId id) {
        const std::string& name = attributes[static_cast<std::size_t>(id)].name;
        return EqualsIgnoreAsciiCase(name, "value") || EqualsIgnoreAsciiCase(name, "$ref") ||
               EqualsIgnoreAsciiCase(name, "type") || EqualsIgnoreAsciiCase(name, "display");
      });
}

bool IsReferenceSet(const std::vector<Attribute>& attributes, const Attribute& attribute) {
  if (!attribute.multi_valued || attribute.mutability == Mutability::kReadOnly) return false;
  const Attribute* value = FindSub(attributes, attribute, "value");
  const Attribute* ref = FindSub(attributes, attribute, "$ref");
  return value != nullptr && value->type == AttributeType::kString &&
         value->mutability == Mutability::kImmutable && ref != nullptr &&
         ref->mutability == Mutability::kImmutable && ReferencesResources(*ref) &&
         HasOnlyReferenceParts(attributes, attribute);
}

bool IsMemberships(const std::vector<Attribute>& attributes, const Attribute& attribute) {
  return attribute.multi_valued && attribute.mutability == Mutability::kReadOnly &&
         FindSub(attributes, attribute, "value") != nullptr &&
         RefersToResources(attributes, attribute);
}

AttributeRole SubAttributeRole(const Attribute& parent, bool refers_to_resources,
                               const Attribute& sub) {
  if (parent.role != AttributeRole::kStored) return parent.role;
  const bool is_display =
      EqualsIgnoreAsciiCase(sub.name, "display") || EqualsIgnoreAsciiCase(sub.name, "displayName");
  const bool is_derived = is_display && sub.mutability == Mutability::kReadOnly &&
                          parent.mutability != Mutability::kReadOnly && refers_to_resources;
  return is_derived ? AttributeRole::kDerived : AttributeRole::kStored;
}

}  // namespace

bool ReferencesResources(const Attribute& attribute) {
  if (attribute.type != AttributeType::kReference) return false;
  return std::any_of(attribute.reference_types.begin(), attribute.reference_types.end(),
                     [](const std::string& type) {
                       return !EqualsIgnoreAsciiCase(type, "external") &&
                              !EqualsIgnoreAsciiCase(type, "uri");
                     });
}

void DecideRoles(std::vector<Attribute>& attributes, const Schema& schema, bool is_base) {
  bool may_be_reference_set = is_base;
  bool may_be_memberships = is_base;
  for (const AttributeId id : schema.attributes) {
    Attribute& attribute = attributes[static_cast<std::size_t>(id)];
    attribute.role = AttributeRole::kStored;
    if (may_be_reference_set && IsReferenceSet(attributes, attribute)) {
      attribute.role = AttributeRole::kReferenceSet;
      may_be_reference_set = false;
    } else if (may_be_memberships && IsMemberships(attributes, attribute)) {
      attribute.role = AttributeRole::kMemberships;
      may_be_memberships = false;
    }
    const bool refers_to_resources = RefersToResources(attributes, attribute);
    for (const AttributeId sub_id : attribute.sub_attributes) {
      Attribute& sub = attributes[static_cast<std::size_t>(sub_id)];
      sub.role = SubAttributeRole(attribute, refers_to_resources, sub);
    }
  }
}

std::optional<AttributeId> NamingAttribute(const std::vector<Attribute>& attributes,
                                           const Schema& schema) {
  std::optional<AttributeId> display_name;
  for (const AttributeId id : schema.attributes) {
    const Attribute& attribute = attributes[static_cast<std::size_t>(id)];
    if (attribute.type != AttributeType::kString || attribute.multi_valued ||
        attribute.role != AttributeRole::kStored || attribute.returned == Returned::kNever) {
      continue;
    }
    if (attribute.required && attribute.uniqueness != Uniqueness::kNone) return id;
    if (EqualsIgnoreAsciiCase(attribute.name, "displayName")) display_name = id;
  }
  return display_name;
}

}  // namespace scimledger
