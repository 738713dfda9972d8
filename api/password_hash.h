#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/scim_error.h"

namespace scimledger::api {

/// Cost of a hash: what the OWASP password storage cheat sheet names first for argon2id. RFC 9106
/// §4 would rather have 64 MiB and three passes; that is 0.25 s of a processor for each password
/// instead of 0.03, and an identity provider must be able to send 25 users a second. Each hash says
/// what it was made with, so these may rise.
inline constexpr std::uint32_t kHashMemoryKib = 19'456;
inline constexpr std::uint32_t kHashPasses = 2;
inline constexpr std::uint32_t kHashLanes = 1;

/// argon2id (RFC 9106) with a random salt of 16 bytes and 32 bytes of output, in the PHC string
/// form. `prepared` as PreparePassword gives it. Takes kHashMemoryKib while it runs; 503: they
/// could not be had.
[[nodiscard]] Result<std::string> HashPassword(std::string_view prepared);

/// Whether the hash is of that password. Takes as long whether it is or not. 503 as above.
[[nodiscard]] Result<bool> MatchesPassword(std::string_view prepared, const std::string& hash);

}  // namespace scimledger::api
