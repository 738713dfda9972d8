#pragma once

#include <span>
#include <string>
#include <string_view>

namespace scimledger::api {

/// A schema of discovery documents (RFC 7643 §5 to §7), so that each URN they name has its Schema
/// resource. Nothing is stored by them, so the registry does not know them.
struct DiscoverySchema {
  std::string_view id;
  std::string_view json;  ///< characteristics with their default value left out
};

/// ServiceProviderConfig, ResourceType and Schema.
std::span<const DiscoverySchema> DiscoverySchemas();

/// nullptr: none of them. Letter case does not matter.
const DiscoverySchema* FindDiscoverySchema(std::string_view urn);

/// Appends the Schema resource, with every characteristic spelled out.
void AppendDiscoverySchemaJson(const DiscoverySchema& schema, std::string_view base_url,
                               std::string& out);

}  // namespace scimledger::api
