#pragma once

#include <vector>

#include "engine/patch.h"
#include "engine/resource_json.h"

namespace scimledger {

/// The attributes with `returned: request` that a write sent (RFC 7643 §7): its answer shows them,
/// and no other answer does unasked.
std::vector<AttributeId> SuppliedOnRequest(const SchemaRegistry& registry, const ResourceType& type,
                                           const ResourceDraft& draft);
std::vector<AttributeId> SuppliedOnRequest(const SchemaRegistry& registry, const Patch& patch);

}  // namespace scimledger
