#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/identifiers.h"
#include "storage/secret_key.h"

namespace scimledger::api {

/// What an access token of our token endpoint says; the server keeps nothing of it. Whether the
/// credential is in force is looked up each time.
struct AccessToken {
  Uuid credential;
  std::int64_t issued_us = 0;
  std::int64_t expires_us = 0;
  std::string issuer;   ///< of the assertion that it was given for; else empty
  std::string subject;  ///< likewise
};

/// Lets secret scanners, and us, tell it from a credential's secret (`sl_`).
inline constexpr std::string_view kAccessTokenPrefix = "slat_";

/// As text: opaque, made of unreserved characters (RFC 3986 §2.3). It opens only for the same log.
std::string SealAccessToken(const storage::SecretKey& key, const AccessToken& token,
                            const Uuid& log_id);

/// nullopt: not made by SealAccessToken with this key for this log.
std::optional<AccessToken> OpenAccessToken(const storage::SecretKey& key, std::string_view text,
                                           const Uuid& log_id);

}  // namespace scimledger::api
