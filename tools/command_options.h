#pragma once

#include <functional>
#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace CLI {
class App;
}

namespace scimledger::tools {

/// What `--help` says about times, wherever a command takes them.
inline constexpr const char* kTimesHelp =
    "Times: RFC 3339 (2026-03-03T09:14:07Z), a bare date (that UTC day: --since its start, --until "
    "and\n"
    "--at its end), a duration (7d, 12h, 30m: that long ago), or only digits (a sequence).";

/// A subcommand that sets `run` to `action` when it was the one named. `run` must outlive the
/// parsing.
CLI::App& AddCommand(CLI::App& parent, std::function<ExitCode()>& run, const std::string& name,
                     const std::string& description, std::function<ExitCode()> action);

/// `--data` or `--server` with `--token`. Both referents must outlive the parsing.
void AddSourceOptions(CLI::App& command, ConnectionOptions& connection);

/// The same and `--tenant`: every subcommand that asks one tenant.
void AddConnectionOptions(CLI::App& command, ConnectionOptions& connection);

/// `--format`.
void AddFormatOption(CLI::App& command, Format& format);
/// The same where the answer is a list of events: also ocsf and ecs.
void AddEventFormatOption(CLI::App& command, Format& format);

}  // namespace scimledger::tools
