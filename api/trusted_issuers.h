#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/jose.h"
#include "api/key_source.h"
#include "storage/identifiers.h"

namespace scimledger::api {

/// One subject of an external issuer that may act as a credential of the ledger.
struct TrustedIssuer {
  std::string issuer;                  ///< the claim iss, exactly
  std::vector<std::string> audiences;  ///< one of them must be in the claim aud, exactly
  std::string subject;                 ///< the claim sub, exactly
  std::string jwks;                    ///< file with the issuer's keys
  std::string tenant = "default";      ///< of the credential
  Uuid credential;                     ///< whose role, expiry and revocation count
};

/// What a token of a trusted issuer says, everything checked.
struct Vouched {
  std::string tenant;
  Uuid credential;
  std::string issuer;
  std::string subject;
  std::string token_id;         ///< jti; empty: none
  std::int64_t expires_us = 0;  ///< until when the token counts, allowance included
};

/// Allowance for clocks that differ from ours.
inline constexpr std::int64_t kClockSkewUs = 60'000'000;
/// A token that says to be good for longer than this from now is refused.
inline constexpr std::int64_t kJwtLifetimeUsMax = 24LL * 3600 * 1'000'000;

/// Judges tokens of external issuers (RFC 7519, 7523 §3). Thread-safe.
class TrustedIssuers {
 public:
  TrustedIssuers(std::vector<TrustedIssuer> trusted, const Notice& notice);

  bool empty() const { return trusted_.empty(); }
  /// Signature, issuer, audience, subject and times; each failure has its own reason.
  [[nodiscard]] Checked<Vouched> Check(std::string_view compact, std::int64_t now_us) const;
  /// Whose the token would be if it were good: says where to look, and proves nothing. nullopt:
  /// nobody's.
  std::optional<std::string> TenantOf(std::string_view compact) const;

 private:
  [[nodiscard]] Checked<JwtClaims> Verify(const UnverifiedJwt& jwt, std::int64_t now_us) const;
  [[nodiscard]] Checked<Vouched> Match(const JwtClaims& claims) const;

  std::vector<TrustedIssuer> trusted_;
  std::map<std::string, std::unique_ptr<KeySource>> files_;
  std::map<std::string, std::vector<KeySource*>> sources_;  ///< by issuer, as configured
};

}  // namespace scimledger::api
