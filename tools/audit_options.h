#pragma once

#include <functional>

#include "tools/audit_command.h"

namespace CLI {
class App;
}

namespace scimledger::tools {

/// What the `audit` subcommands may be told.
struct AuditArguments {
  ConnectionOptions connection;
  Format format = DefaultFormat();
  AuditEventsOptions events;
  AuditHistoryOptions history;
  AuditShowOptions show;
  AuditDiffOptions diff;
  AuditDeniedOptions denied;
};

/// Registers `audit` and its subcommands; `run` is set to what was asked for. Both referents must
/// outlive the parsing and the running.
void AddAuditCommands(CLI::App& app, AuditArguments& arguments, std::function<ExitCode()>& run);

}  // namespace scimledger::tools
