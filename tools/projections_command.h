#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Name, version, position, the log's head, lag, sequence of the snapshot and number of resources.
[[nodiscard]] ExitCode ListProjections(const ConnectionOptions& options, Format format);

/// Rebuilds beside the live one and swaps. Prints `before <64 hex> <sequence>`,
/// `after <64 hex> <sequence>` and `equal` or `differs` (exit 1: the old one was wrong); of the
/// history, `rebuilt history <sequence>`.
[[nodiscard]] ExitCode RebuildProjection(const ConnectionOptions& options, const std::string& name);

}  // namespace scimledger::tools
