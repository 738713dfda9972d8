#pragma once

#include <filesystem>
#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

struct ReplayOptions {
  bool verify = false;
  std::string until;           ///< a time or a sequence; empty: the head
  std::filesystem::path into;  ///< empty: nothing is written
};

/// `--verify` prints `live <64 hex> <sequence>`, `replay <64 hex> <sequence>` and `equal` or
/// `differs` (exit 1). Live is the running server's state; without a server, what `serve` would
/// load. `--until` and `--into` print the replay line alone, and on stderr what was meant.
[[nodiscard]] ExitCode Replay(const ConnectionOptions& connection, const ReplayOptions& options);

}  // namespace scimledger::tools
