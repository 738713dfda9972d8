#pragma once

namespace scimledger::tools {

/// Parses the command line, runs the subcommand, and gives the process's exit status (DESIGN §9).
[[nodiscard]] int RunCommandLine(int argc, const char* const* argv);

}  // namespace scimledger::tools
