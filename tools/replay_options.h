#pragma once

#include <functional>

#include "tools/replay_command.h"

namespace CLI {
class App;
}

namespace scimledger::tools {

/// What `replay` may be told.
struct ReplayArguments {
  ConnectionOptions connection;
  ReplayOptions replay;
};

/// Registers `replay`; `run` is set when it was asked for. Both referents must outlive the parsing
/// and the running.
void AddReplayCommand(CLI::App& app, ReplayArguments& arguments, std::function<ExitCode()>& run);

}  // namespace scimledger::tools
