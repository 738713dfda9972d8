#pragma once

#include <vector>

#include "engine/state.h"

namespace scimledger {

/// Comparison form of a string value of `attribute`: folded unless caseExact. Uniqueness, filters
/// and lookups all compare this form.
std::string ComparisonKey(const Attribute& attribute, std::string_view value);

/// Keys of the resource's attributes with uniqueness `server` or `global`, sorted.
std::vector<UniqueKey> UniqueKeysOf(const SchemaRegistry& registry, const Resource& resource);

}  // namespace scimledger
