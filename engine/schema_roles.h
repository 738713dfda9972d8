#pragma once

#include <optional>
#include <vector>

#include "engine/schema.h"

namespace scimledger {

/// Whether values of the attribute name SCIM resources: a reference whose referenceTypes name at
/// least one resource type. `external` and `uri` are none (RFC 7643 §7); a type may be registered
/// later.
bool ReferencesResources(const Attribute& attribute);

/// Sets the role of every attribute of `base` or extension schema `schema`, from characteristics
/// alone:
/// - in a base schema, the first multi-valued complex attribute that clients can write, with an
///   immutable `value` and an immutable `$ref` to SCIM resources and nothing but `type` and
///   `display` besides, is the reference set; the first readOnly one with `value` and `$ref` to
///   SCIM resources is the memberships;
/// - a readOnly `display` or `displayName` beside a `$ref` to SCIM resources, in any other complex
///   attribute that clients can write, is derived.
/// Sub-attributes of reference set and memberships take their parent's role.
void DecideRoles(std::vector<Attribute>& attributes, const Schema& schema, bool is_base);

/// The attribute a resource of this base schema is known by: the first required unique string, else
/// a string called displayName.
std::optional<AttributeId> NamingAttribute(const std::vector<Attribute>& attributes,
                                           const Schema& schema);

}  // namespace scimledger
