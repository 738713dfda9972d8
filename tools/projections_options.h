#pragma once

#include <functional>
#include <string>

#include "tools/projections_command.h"

namespace CLI {
class App;
}

namespace scimledger::tools {

/// What the `projections` subcommands may be told.
struct ProjectionsArguments {
  ConnectionOptions connection;
  Format format = DefaultFormat();
  std::string name = "directory";
};

/// Registers `projections` and its subcommands; `run` is set to what was asked for. Both referents
/// must outlive the parsing and the running.
void AddProjectionsCommands(CLI::App& app, ProjectionsArguments& arguments,
                            std::function<ExitCode()>& run);

}  // namespace scimledger::tools
