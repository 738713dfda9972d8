#include "api/tenant_name.h"

#include <algorithm>

namespace scimledger::api {
namespace {

constexpr std::size_t kNameBytesMax = 63;

bool IsNameByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

}  // namespace

bool IsTenantName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '-' &&
         name.back() != '-' && std::all_of(name.begin(), name.end(), IsNameByte);
}

std::string TokenPrefix(std::string_view tenant) {
  if (tenant == kDefaultTenant) return {};
  std::string prefix(tenant);
  prefix += '.';
  return prefix;
}

std::optional<std::string_view> TenantOfToken(std::string_view token) {
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return kDefaultTenant;
  // The base64 of a JSON object's beginning has capitals, so a JWT's header is no tenant's name.
  const std::string_view name = token.substr(0, dot);
  if (IsTenantName(name)) return name;
  return std::nullopt;
}

std::string FormatClientId(std::string_view tenant, const Uuid& credential) {
  return TokenPrefix(tenant) + credential.ToString();
}

std::optional<ClientId> ParseClientId(std::string_view text) {
  const auto tenant = TenantOfToken(text);
  if (!tenant) return std::nullopt;
  const std::size_t prefix = TokenPrefix(*tenant).size();
  if (!text.starts_with(TokenPrefix(*tenant))) return std::nullopt;
  const auto credential = Uuid::Parse(text.substr(prefix));
  if (!credential) return std::nullopt;
  return ClientId{std::string(*tenant), *credential};
}

}  // namespace scimledger::api
