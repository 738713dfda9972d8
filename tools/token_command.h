#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Prints the secret and a newline, alone, on stdout. It is not stored and cannot be shown again.
[[nodiscard]] ExitCode CreateToken(const ConnectionOptions& options, const std::string& role,
                                   const std::string& name);
[[nodiscard]] ExitCode ListTokens(const ConnectionOptions& options, Format format);
/// By id or by name; an ambiguous name lists the candidates (exit 2).
[[nodiscard]] ExitCode RevokeToken(const ConnectionOptions& options, const std::string& token);

}  // namespace scimledger::tools
