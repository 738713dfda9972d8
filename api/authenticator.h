#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access_token.h"
#include "api/exchange.h"
#include "api/router.h"
#include "api/trusted_issuers.h"
#include "engine/event.h"
#include "engine/scim_error.h"
#include "storage/secret_key.h"

namespace scimledger::api {

struct AuthenticatorOptions {
  /// Seals access tokens. Those given out before are void when it changes.
  storage::SecretKey access_token_key = storage::SecretKey::Random();
  std::chrono::seconds access_token_lifetime{3600};
  std::vector<TrustedIssuer> trusted_issuers;
};

/// What a bearer token says by itself, before anything of a tenant is looked at.
struct PresentedToken {
  std::string tenant;                   ///< that it is of; the default one's, if it proves none
  std::optional<Checked<Vouched>> jwt;  ///< set: it is a JWT, and this is how it was judged
};

/// Who asks, by what the request proves. Three kinds of bearer tokens: the secret of a credential,
/// an access token that the token endpoint gave out for one, and a JWT of a trusted issuer, which
/// stands for one. All three end with the credential. Thread-safe.
class Authenticator {
 public:
  /// `notice`: told what is wrong with the keys of an issuer.
  Authenticator(AuthenticatorOptions options, const Notice& notice);

  /// The credential of the bearer token, or `local:<uid>` with role admin on the control socket and
  /// in-process. Errors: 401, never with a word of the token.
  /// `presented`: what Read said of the request's token, so that a JWT is not verified again.
  /// `refused`: is told who it is when a credential is known, but revoked or expired. May be null.
  [[nodiscard]] Result<Actor> Authenticate(const HttpRequest& request,
                                           const std::optional<PresentedToken>& presented,
                                           const Tenant& tenant,
                                           std::optional<Actor>* refused = nullptr) const;

  /// Which tenant the request's credential is of, before anything of that tenant is looked at: a
  /// token that names one must have our tag, and a JWT our trust, else it is the default tenant
  /// that will not know it. So nobody learns of a tenant, or makes the server load it, without
  /// something that was once given out for it (I-8). nullopt: it came by the control socket or from
  /// this process.
  std::optional<PresentedToken> Read(const HttpRequest& request, std::int64_t now_us) const;
  /// The same of a token's text.
  PresentedToken Read(std::string_view token, std::int64_t now_us) const;
  /// The token as it is given out: of a tenant other than the default one with its name in front
  /// and our tag at the end.
  std::string Address(const Tenant& tenant, const std::string& token) const;

  const TrustedIssuers& trusted_issuers() const { return issuers_; }
  std::chrono::seconds access_token_lifetime() const { return lifetime_; }
  std::string Seal(const AccessToken& token, const Tenant& tenant) const;

 private:
  /// Who is claimed to ask; whether the credential is in force is not looked at yet.
  struct Claim {
    Credential credential;
    Actor actor;  ///< method, and whom an issuer vouched for
    std::int64_t expires_us = std::numeric_limits<std::int64_t>::max();  ///< of the token itself
  };
  [[nodiscard]] Result<Claim> Identify(std::string_view token,
                                       const std::optional<PresentedToken>& presented,
                                       const Tenant& tenant) const;
  [[nodiscard]] Result<Claim> OpenedToken(std::string_view token, const Tenant& tenant) const;
  [[nodiscard]] Result<Claim> ClaimOf(Checked<Vouched> vouched, const Tenant& tenant) const;

  std::string TagOf(std::string_view text) const;

  const storage::SecretKey key_;
  const std::chrono::seconds lifetime_;
  const TrustedIssuers issuers_;
};

/// The error for a trusted issuer whose credential is not in the ledger.
inline constexpr std::string_view kNoSuchCredential =
    "The credential that [[trusted_issuer]] names for this JWT does not exist here: take an id "
    "that `scimledger token list` shows.";

/// Why a credential does not count: revoked or expired. `what` names it in the sentence. nullopt:
/// it is in force.
std::optional<std::string> WhyNotInForce(const Credential& credential, std::string_view what,
                                         std::int64_t now_us);

/// The value of WWW-Authenticate for a request that Authenticate refused (RFC 6750 §3).
std::string Challenge(const HttpRequest& request);

/// Whether the role may do that (DESIGN §8). The error is a 403 naming the role and those it takes.
[[nodiscard]] Result<void> Authorize(Role role, Access access);

}  // namespace scimledger::api
