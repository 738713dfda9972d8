#include "api/authenticator.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "api/tenant_name.h"
#include "engine/text.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

std::string_view TrimBlanks(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// The token of an `Authorization: Bearer <token>`; nullopt: no such header, or another scheme.
std::optional<std::string_view> BearerToken(const HttpRequest& request) {
  const auto header = FindHeader(request.headers, "Authorization");
  if (!header) return std::nullopt;
  const std::string_view value = TrimBlanks(*header);
  const std::size_t blank = value.find(' ');
  if (!EqualsIgnoreAsciiCase(value.substr(0, blank), "Bearer")) return std::nullopt;
  if (blank == std::string_view::npos) return std::nullopt;
  return TrimBlanks(value.substr(blank));
}

std::unexpected<ScimError> Unauthenticated(std::string detail) {
  return Refuse(401, ScimType::kNone, std::move(detail));
}

bool Allows(Access access, Role role) {
  switch (access) {
    case Access::kProcess:
    case Access::kOpen:
    case Access::kReadScim:
      return true;
    case Access::kWriteScim:
      return role == Role::kProvisioner || role == Role::kAdmin;
    case Access::kReadAudit:
      return role == Role::kAuditor || role == Role::kAdmin;
    case Access::kAdminister:
      return role == Role::kAdmin;
  }
  return false;
}

std::string_view Describe(Access access) {
  switch (access) {
    case Access::kProcess:
    case Access::kOpen:
    case Access::kReadScim:
      return "reading SCIM resources";
    case Access::kWriteScim:
      return "changing SCIM resources";
    case Access::kReadAudit:
      return "reading the audit log";
    case Access::kAdminister:
      return "administration";
  }
  return "this";
}

}  // namespace

Result<Actor> Authenticate(const HttpRequest& request, const Tenant& tenant,
                           std::optional<Actor>* refused) {
  if (request.transport != Transport::kNetwork) {
    return Actor{fmt::format("local:{}", request.peer_uid), AuthMethod::kLocal, Role::kAdmin};
  }
  if (!FindHeader(request.headers, "Authorization")) {
    return Unauthenticated(
        "This path needs a token: send the header `Authorization: Bearer <token>`. An "
        "administrator makes tokens with `scimledger token create`.");
  }
  const auto token = BearerToken(request);
  if (!token || token->empty()) {
    return Unauthenticated(
        "The Authorization header must have the form `Bearer <token>`; other schemes are not "
        "supported.");
  }
  const auto credential = tenant.directory().FindCredentialBySecret(storage::Sha256({*token}));
  if (!credential) {
    return Unauthenticated(
        "The token is unknown here: check that it was copied whole and belongs to this server, or "
        "make a new one with `scimledger token create`.");
  }
  Actor actor{credential->id.ToString(), AuthMethod::kBearer, credential->role};
  if (refused != nullptr) *refused = actor;
  if (credential->revoked_us != 0) {
    return Unauthenticated(
        "The token was revoked: replace it by a new one made with `scimledger token create`.");
  }
  if (credential->expires_us != 0 && credential->expires_us <= tenant.NowUs()) {
    return Unauthenticated(
        fmt::format("The token expired at {}: replace it by a new one made with `scimledger token "
                    "create`.",
                    FormatDateTime(credential->expires_us)));
  }
  if (refused != nullptr) refused->reset();
  return actor;
}

std::optional<std::string_view> TenantOfCredential(const HttpRequest& request) {
  if (request.transport != Transport::kNetwork) return std::nullopt;
  const auto token = BearerToken(request);
  if (!token) return std::nullopt;
  return TenantOfToken(*token);
}

std::string Challenge(const HttpRequest& request) {
  std::string challenge = R"(Bearer realm="scimledger")";
  if (BearerToken(request)) challenge += R"(, error="invalid_token")";
  return challenge;
}

Result<void> Authorize(Role role, Access access) {
  if (Allows(access, role)) return {};
  std::string names;
  for (const Role each : {Role::kProvisioner, Role::kReader, Role::kAuditor, Role::kAdmin}) {
    if (!Allows(access, each)) continue;
    if (!names.empty()) names += " or ";
    names += ToString(each);
  }
  return Refuse(403, ScimType::kNone,
                fmt::format("This token has the role {}; {} takes the role {}.", ToString(role),
                            Describe(access), names));
}

}  // namespace scimledger::api
