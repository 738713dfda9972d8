#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

struct NewToken {
  std::string role;
  std::string name;
  std::string expires;   ///< as people write it (api/time_argument.h); empty: never
  bool is_json = false;  ///< what to print: the whole answer, with id and secret
};

/// Prints the secret and a newline, alone, on stdout; or the token as one JSON object, with its id
/// (client_id of OAuth 2.0). The secret is not stored and cannot be shown again.
[[nodiscard]] ExitCode CreateToken(const ConnectionOptions& options, const NewToken& token);
[[nodiscard]] ExitCode ListTokens(const ConnectionOptions& options, Format format);
/// By id or by name; an ambiguous name lists the candidates (exit 2).
[[nodiscard]] ExitCode RevokeToken(const ConnectionOptions& options, const std::string& token);

}  // namespace scimledger::tools
