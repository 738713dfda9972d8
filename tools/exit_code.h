#pragma once

#include "storage/result.h"

namespace scimledger::tools {

/// Exit statuses of the command line (DESIGN §9): scripts depend on them.
enum class ExitCode : int {
  kDone = 0,        ///< also with zero rows
  kFinding = 1,     ///< a finding, or the named resource was not found
  kMisuse = 2,      ///< wrong arguments, malformed time, ambiguous name
  kCannotOpen = 3,  ///< missing, locked, newer, unreachable, port busy
  kIo = 4,          ///< I/O failure
};

/// Prints `scimledger: <message>` to stderr and gives the status that fits the error.
[[nodiscard]] ExitCode Report(const storage::Error& error);
/// The same for a message of our own.
[[nodiscard]] ExitCode Report(ExitCode code, const std::string& message);

}  // namespace scimledger::tools
