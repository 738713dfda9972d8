#pragma once

#include <filesystem>

#include "tools/configuration.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

struct ServeOptions {
  std::filesystem::path data;
  bool read_only = false;  ///< `data` is what `replay --into` wrote
  ConfigurationFlags configuration;
};

/// `scimledger serve`: in the foreground until SIGTERM or SIGINT, then finishes the requests in
/// flight and closes the log. Prints `ready <url>` on stdout when every projection is at the head.
[[nodiscard]] ExitCode Serve(const ServeOptions& options);

}  // namespace scimledger::tools
