#pragma once

#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

/// `replay --verify`: prints `live <64 hex> <sequence>`, `replay <64 hex> <sequence>` and `equal`
/// or `differs` (exit 1). Live is the running server's state; without a server, what `serve` would
/// load.
[[nodiscard]] ExitCode VerifyReplay(const ConnectionOptions& options);

}  // namespace scimledger::tools
