#pragma once

#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Empty: not given. Times as `--help` explains them.
struct AuditEventsOptions {
  std::string since;
  std::string until;
};

/// `audit events`: the log in order, page by page, so that memory stays small however long it is.
[[nodiscard]] ExitCode AuditEvents(const ConnectionOptions& connection,
                                   const AuditEventsOptions& options, Format format);

}  // namespace scimledger::tools
