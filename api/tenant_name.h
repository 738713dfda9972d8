#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/identifiers.h"

namespace scimledger::api {

/// The tenant of requests that name none, and of tokens without a prefix.
inline constexpr std::string_view kDefaultTenant = "default";
/// The operators' own tenant: its log records which tenants there are.
inline constexpr std::string_view kSystemTenant = "system";

/// 1 to 63 lower-case ASCII letters, digits and hyphens, no hyphen at either end (as a DNS label):
/// safe in a URL, a file name and a token.
bool IsTenantName(std::string_view name);

/// What tokens and client ids of a tenant begin with, so that its log need not be searched for
/// among others: empty for the default tenant, else its name and a dot.
std::string TokenPrefix(std::string_view tenant);

/// The tenant that a token or a client id says it is of. Only the tenant itself can tell whether
/// that is true. nullopt: a JWT, which says nothing of tenants.
std::optional<std::string_view> TenantOfToken(std::string_view token);

/// A client id of OAuth 2.0: a credential's id, as its tenant gives it to clients.
struct ClientId {
  std::string tenant;
  Uuid credential;
};
std::string FormatClientId(std::string_view tenant, const Uuid& credential);
/// nullopt: none.
std::optional<ClientId> ParseClientId(std::string_view text);

}  // namespace scimledger::api
