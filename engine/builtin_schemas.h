#pragma once

#include <span>
#include <string_view>

namespace scimledger {

/// Texts of engine/schemas/*.json, embedded by engine/embed_schemas.cmake: first the common
/// attributes (written like a schema), then schemas and resource types in an order in which they
/// can be added.
std::span<const std::string_view> BuiltInDefinitions();

}  // namespace scimledger
