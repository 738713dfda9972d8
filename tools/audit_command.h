#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/connection.h"
#include "tools/exit_code.h"
#include "tools/output.h"

namespace scimledger::tools {

/// Empty: not given. Times as `--help` explains them; a resource by id, userName, externalId or
/// displayName.
struct AuditEventsOptions {
  std::string resource;
  std::string actor;  ///< name or id of a credential, or local:<uid>
  std::string since;
  std::string until;
  std::vector<std::string> kinds;
  std::string path;
  std::string filter;
  std::string order = "asc";
  std::uint64_t limit = 0;  ///< 0: all
};

struct AuditHistoryOptions {
  std::string resource;
  std::string since;
  std::string until;
  std::string path;
};

struct AuditShowOptions {
  std::string resource;
  std::string at;
};

struct AuditDeniedOptions {
  std::string since;
  std::string until;
  std::uint64_t limit = 100;
};

struct AuditDiffOptions {
  std::string resource;  ///< empty: everything
  std::string from;
  std::string to;
};

/// `audit members GROUP --at`: who was in the group then, since when, by whom.
[[nodiscard]] ExitCode AuditMembers(const ConnectionOptions& connection,
                                    const AuditShowOptions& options, Format format);

/// `audit groups-of RESOURCE --at`: which groups held it then.
[[nodiscard]] ExitCode AuditGroupsOf(const ConnectionOptions& connection,
                                     const AuditShowOptions& options, Format format);

/// `audit diff [RESOURCE] --from --to`: what differs between two moments.
[[nodiscard]] ExitCode AuditDiff(const ConnectionOptions& connection,
                                 const AuditDiffOptions& options, Format format);

/// `audit denied`: requests that were refused, newest first.
[[nodiscard]] ExitCode AuditDenied(const ConnectionOptions& connection,
                                   const AuditDeniedOptions& options, Format format);

/// `audit events`: the log in order, page by page, so that memory stays small however long it is.
[[nodiscard]] ExitCode AuditEvents(const ConnectionOptions& connection,
                                   const AuditEventsOptions& options, Format format);

/// `audit history RESOURCE`: everything that happened to one resource; as a table, a story.
[[nodiscard]] ExitCode AuditHistory(const ConnectionOptions& connection,
                                    const AuditHistoryOptions& options, Format format);

/// `audit show RESOURCE --at`: the resource as it was.
[[nodiscard]] ExitCode AuditShow(const ConnectionOptions& connection,
                                 const AuditShowOptions& options, Format format);

}  // namespace scimledger::tools
