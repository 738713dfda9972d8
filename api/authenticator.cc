#include "api/authenticator.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "api/base64url.h"
#include "api/tenant_name.h"
#include "engine/text.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

/// Of the tag at the end of a token that names its tenant: 48 bits, which cannot be tried at the
/// rate that refused tokens are answered.
constexpr std::size_t kTagBytes = 6;
constexpr std::size_t kTagLength = 8;

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

/// What the sentence about a credential calls it.
std::string_view NameOf(AuthMethod method) {
  switch (method) {
    case AuthMethod::kOauth:
      return "The credential of this access token";
    case AuthMethod::kJwt:
      return "The credential that [[trusted_issuer]] names for this JWT";
    case AuthMethod::kBearer:
    case AuthMethod::kLocal:
      break;
  }
  return "The token";
}

Result<std::string_view> RequiredToken(const HttpRequest& request) {
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
  return *token;
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

Authenticator::Authenticator(AuthenticatorOptions options, const Notice& notice)
    : key_(options.access_token_key),
      lifetime_(options.access_token_lifetime),
      issuers_(std::move(options.trusted_issuers), notice) {}

Result<Actor> Authenticator::Authenticate(const HttpRequest& request,
                                          const std::optional<PresentedToken>& presented,
                                          const Tenant& tenant,
                                          std::optional<Actor>* refused) const {
  if (request.transport != Transport::kNetwork) {
    return Actor{fmt::format("local:{}", request.peer_uid), AuthMethod::kLocal, Role::kAdmin};
  }
  SCIMLEDGER_TRY_ASSIGN(const std::string_view token, RequiredToken(request));
  SCIMLEDGER_TRY_ASSIGN(Claim claim, Identify(token, presented, tenant));
  const Credential& credential = claim.credential;
  const std::int64_t now_us = tenant.NowUs();
  claim.actor.id = credential.id.ToString();
  claim.actor.role = credential.role;
  std::optional<std::string> objection =
      WhyNotInForce(credential, NameOf(claim.actor.method), now_us);
  if (!objection && claim.expires_us <= now_us) {
    objection = "The access token has expired: ask the token endpoint for another.";
  }
  if (!objection) return std::move(claim.actor);
  if (refused != nullptr) *refused = std::move(claim.actor);
  return Unauthenticated(*std::move(objection));
}

Result<Authenticator::Claim> Authenticator::Identify(std::string_view token,
                                                     const std::optional<PresentedToken>& presented,
                                                     const Tenant& tenant) const {
  const std::string prefix = TokenPrefix(tenant.name());
  std::string_view rest = token;
  if (!prefix.empty() && token.starts_with(prefix) && token.size() > prefix.size() + kTagLength) {
    rest = token.substr(prefix.size(), token.size() - prefix.size() - kTagLength);
  }
  if (rest.starts_with(kAccessTokenPrefix)) return OpenedToken(rest, tenant);
  if (LooksLikeJwt(token)) {
    const bool is_judged = presented && presented->jwt;
    return ClaimOf(is_judged ? *presented->jwt : issuers_.Check(token, tenant.NowUs()), tenant);
  }
  Claim claim;
  auto credential = tenant.directory().FindCredentialBySecret(storage::Sha256({token}));
  if (!credential) {
    return Unauthenticated(
        "The token is unknown here: check that it was copied whole and belongs to this server, or "
        "make a new one with `scimledger token create`.");
  }
  claim.credential = *std::move(credential);
  claim.actor.method = AuthMethod::kBearer;
  return claim;
}

Result<Authenticator::Claim> Authenticator::OpenedToken(std::string_view token,
                                                        const Tenant& tenant) const {
  auto opened = OpenAccessToken(key_, token, tenant.log().id());
  auto credential =
      opened ? tenant.directory().FindCredentialById(opened->credential) : std::nullopt;
  if (!credential) {
    return Unauthenticated(
        "The access token was not given out by this server: ask its token endpoint for another.");
  }
  Claim claim;
  claim.credential = *std::move(credential);
  claim.expires_us = opened->expires_us;
  claim.actor.method = AuthMethod::kOauth;
  claim.actor.issuer = std::move(opened->issuer);
  claim.actor.subject = std::move(opened->subject);
  return claim;
}

Result<Authenticator::Claim> Authenticator::ClaimOf(Checked<Vouched> vouched,
                                                    const Tenant& tenant) const {
  if (!vouched) return Unauthenticated(std::move(vouched).error());
  auto credential = vouched->tenant == tenant.name()
                        ? tenant.directory().FindCredentialById(vouched->credential)
                        : std::nullopt;
  if (!credential) return Unauthenticated(std::string(kNoSuchCredential));
  Claim claim;
  claim.credential = *std::move(credential);
  claim.actor.method = AuthMethod::kJwt;
  claim.actor.issuer = std::move(vouched->issuer);
  claim.actor.subject = std::move(vouched->subject);
  return claim;
}

std::string Authenticator::Seal(const AccessToken& token, const Tenant& tenant) const {
  return Address(tenant, SealAccessToken(key_, token, tenant.log().id()));
}

std::optional<std::string> WhyNotInForce(const Credential& credential, std::string_view what,
                                         std::int64_t now_us) {
  if (credential.revoked_us != 0) {
    return fmt::format(
        "{} was revoked: replace it by a new one made with `scimledger token create`.", what);
  }
  if (credential.expires_us != 0 && credential.expires_us <= now_us) {
    return fmt::format(
        "{} expired at {}: replace it by a new one made with `scimledger token create`.", what,
        FormatDateTime(credential.expires_us));
  }
  return std::nullopt;
}

std::optional<PresentedToken> Authenticator::Read(const HttpRequest& request,
                                                  std::int64_t now_us) const {
  if (request.transport != Transport::kNetwork) return std::nullopt;
  return Read(BearerToken(request).value_or(std::string_view()), now_us);
}

PresentedToken Authenticator::Read(std::string_view token, std::int64_t now_us) const {
  PresentedToken presented{std::string(kDefaultTenant), std::nullopt};
  if (LooksLikeJwt(token)) {
    presented.jwt = issuers_.Check(token, now_us);
    if (*presented.jwt) presented.tenant = (*presented.jwt)->tenant;
    return presented;
  }
  const std::string_view name = TenantOfToken(token).value_or(kDefaultTenant);
  if (name == kDefaultTenant || token.size() <= kTagLength) return presented;
  const std::string_view tagged = token.substr(0, token.size() - kTagLength);
  if (token.substr(tagged.size()) == TagOf(tagged)) presented.tenant = name;
  return presented;
}

std::string Authenticator::Address(const Tenant& tenant, const std::string& token) const {
  std::string addressed = TokenPrefix(tenant.name());
  if (addressed.empty()) return token;
  addressed += token;
  addressed += TagOf(addressed);
  return addressed;
}

std::string Authenticator::TagOf(std::string_view text) const {
  const std::array<char, 32> tag = key_.Tag(text);
  return EncodeBase64Url({tag.data(), kTagBytes});
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
