#pragma once

#include <vector>

#include "engine/event.h"

namespace scimledger {

/// The changes that lead from `before` to `after`, in order of attribute id, in the form of
/// AttributeChange: whole lists, singular complex attributes part by part.
std::vector<AttributeChange> Diff(const SchemaRegistry& registry, const AttributeMap& before,
                                  const AttributeMap& after);

}  // namespace scimledger
