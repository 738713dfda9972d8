#include "api/trusted_issuers.h"

#include <algorithm>
#include <utility>

#include "storage/result.h"

namespace scimledger::api {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

std::unexpected<std::string> No(std::string reason) { return std::unexpected(std::move(reason)); }

/// RFC 7519 §4.1.4 to §4.1.6.
Checked<void> CheckTimes(const JwtClaims& claims, std::int64_t now_us) {
  if (!claims.expires) return No("The JWT must say when it ends (exp).");
  if (*claims.expires * kSecondUs + kClockSkewUs <= now_us) {
    return No("The JWT has expired (exp): send a fresh one, and compare the clocks.");
  }
  if (*claims.expires * kSecondUs > now_us + kJwtLifetimeUsMax + kClockSkewUs) {
    return No("The JWT is good for too long (exp): 24 hours from now are the most.");
  }
  for (const auto& [start, text] :
       {std::pair(claims.not_before, "The JWT is not good yet (nbf): compare the clocks."),
        std::pair(claims.issued, "The JWT was issued in the future (iat): compare the clocks.")}) {
    if (start && *start * kSecondUs > now_us + kClockSkewUs) return No(text);
  }
  return {};
}

}  // namespace

TrustedIssuers::TrustedIssuers(std::vector<TrustedIssuer> trusted, const Notice& notice)
    : trusted_(std::move(trusted)) {
  for (const TrustedIssuer& each : trusted_) {
    auto& file = files_[each.jwks];
    if (file == nullptr) file = MakeKeyFile(each.jwks, notice);
    // What is wrong with the file is told at the start, not at the first token.
    file->Keys(0, true);
    auto& sources = sources_[each.issuer];
    if (std::ranges::find(sources, file.get()) == sources.end()) sources.push_back(file.get());
  }
}

Checked<Vouched> TrustedIssuers::Check(std::string_view compact, std::int64_t now_us) const {
  if (empty()) return No("No issuer of JWTs is trusted here: configure [[trusted_issuer]].");
  SCIMLEDGER_TRY_ASSIGN(const UnverifiedJwt jwt, UnverifiedJwt::Parse(compact));
  SCIMLEDGER_TRY_ASSIGN(const JwtClaims claims, Verify(jwt, now_us));
  SCIMLEDGER_TRY(CheckTimes(claims, now_us));
  return Match(claims);
}

std::optional<std::string> TrustedIssuers::TenantOf(std::string_view compact) const {
  const auto jwt = UnverifiedJwt::Parse(compact);
  if (!jwt) return std::nullopt;
  auto vouched = Match(jwt->claims());
  if (!vouched) return std::nullopt;
  return std::move(vouched->tenant);
}

/// An issuer may have several files: the first that has the key decides.
Checked<JwtClaims> TrustedIssuers::Verify(const UnverifiedJwt& jwt, std::int64_t now_us) const {
  const auto sources = sources_.find(jwt.issuer());
  if (sources == sources_.end()) {
    return No(
        "The JWT's issuer (iss) is not one that is trusted here: compare it with issuer in "
        "[[trusted_issuer]], letter by letter.");
  }
  bool has_keys = false;
  for (KeySource* const source : sources->second) {
    auto keys = source->Keys(now_us, false);
    if (keys == nullptr || keys->Find(jwt.kid()) == nullptr) keys = source->Keys(now_us, true);
    if (keys == nullptr) continue;
    has_keys = true;
    if (const KeySet::Key* const key = keys->Find(jwt.kid())) return jwt.Verify(*key);
  }
  if (!has_keys) {
    return No("The keys of the JWT's issuer cannot be read here: the server's log says why.");
  }
  return No(
      "The JWT was signed with a key (kid) that is not in the issuer's jwks: fetch the "
      "issuer's keys again.");
}

Checked<Vouched> TrustedIssuers::Match(const JwtClaims& claims) const {
  bool is_for_us = false;
  for (const TrustedIssuer& each : trusted_) {
    const bool is_audience = std::ranges::any_of(each.audiences, [&](const std::string& audience) {
      return std::ranges::find(claims.audiences, audience) != claims.audiences.end();
    });
    if (each.issuer != claims.issuer || !is_audience) continue;
    is_for_us = true;
    if (each.subject != claims.subject) continue;
    return Vouched{each.tenant,   each.credential,
                   claims.issuer, claims.subject,
                   claims.id,     claims.expires.value_or(0) * kSecondUs + kClockSkewUs};
  }
  return No(is_for_us ? "The JWT's subject (sub) is not one that is trusted here: compare it with "
                        "subject in [[trusted_issuer]]."
                      : "The JWT was made for somebody else (aud): compare it with audience in "
                        "[[trusted_issuer]].");
}

}  // namespace scimledger::api
