#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "api/trusted_issuers.h"
#include "storage/result.h"

namespace scimledger::tools {

inline constexpr std::string_view kTrustedIssuer = "trusted_issuer";

/// The tables [[trusted_issuer]] of the configuration file: issuer, audience (a string, or a list
/// of those of which one must fit), subject, jwks (a file, beside the configuration file unless its
/// path is absolute) and credential (id). kInvalid names the table and the member.
[[nodiscard]] storage::Result<std::vector<api::TrustedIssuer>> ReadTrustedIssuers(
    const toml::node& node, const std::filesystem::path& file);

}  // namespace scimledger::tools
