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
  std::string credential;  ///< name or id of one
  std::string ip;     ///< a client's address
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
  std::string actor;  ///< name or id of a credential, or local:<uid>
  std::string status;
  std::string since;
  std::string until;
  std::uint64_t limit = 100;
};

struct AuditDiffOptions {
  std::string resource;  ///< empty: everything
  std::string from;
  std::string to;
};

struct AuditWhyMemberOptions {
  std::string member;
  std::string group;
  std::string at;
};

struct AuditLeaverOptions {
  std::string user;
  std::string hr_time;
};

struct AuditLateLeaversOptions {
  std::string file;  ///< `-`: stdin
  std::string within = "24h";
};

struct AuditPopulationOptions {
  std::string what;  ///< `created` or `deleted`
  std::string type = "User";
  std::string since;
  std::string until;
};

struct AuditAttributeOptions {
  std::string path;
  std::string since;
  std::string until;
};

struct AuditSuspiciousOptions {
  std::vector<std::string> groups;  ///< empty: all
  std::string outside;              ///< `Mon-Fri 08:00-18:00`
  std::string time_zone = "UTC";
  std::string flapping;  ///< a duration: `24h`
  std::string since;
  std::string until;
};

struct AuditMetaOptions {
  std::string since;
  std::string until;
};

struct AuditTransactionOptions {
  std::string id;
};

struct AuditTailOptions {
  std::uint64_t lines = 10;
  bool follow = false;
  std::string filter;
};

/// `audit why-member USER GROUP --at`: the event that put the one into the other. kFinding: it was
/// no member then.
[[nodiscard]] ExitCode AuditWhyMember(const ConnectionOptions& connection,
                                      const AuditWhyMemberOptions& options, Format format);

/// `audit leaver USER --hr-time`: when the user was disabled, by whom, how long after. kFinding:
/// the user is active.
[[nodiscard]] ExitCode AuditLeaver(const ConnectionOptions& connection,
                                   const AuditLeaverOptions& options, Format format);

/// `audit late-leavers --file`: who was still active `within` after the time of leaving. kFinding:
/// somebody was.
[[nodiscard]] ExitCode AuditLateLeavers(const ConnectionOptions& connection,
                                        const AuditLateLeaversOptions& options, Format format);

/// `audit population created`: which resources were created in a period, and how many.
[[nodiscard]] ExitCode AuditPopulation(const ConnectionOptions& connection,
                                       const AuditPopulationOptions& options, Format format);

/// `audit attr-changes PATH`: who changed that attribute of any resource.
[[nodiscard]] ExitCode AuditAttributeChanges(const ConnectionOptions& connection,
                                             const AuditAttributeOptions& options, Format format);

/// `audit suspicious`: changes of groups outside a change window, or undone soon after. kFinding:
/// there are some.
[[nodiscard]] ExitCode AuditSuspicious(const ConnectionOptions& connection,
                                       const AuditSuspiciousOptions& options, Format format);

/// `audit meta-audit`: who read the audit trail, and what became of tokens, settings and the server.
[[nodiscard]] ExitCode AuditMeta(const ConnectionOptions& connection,
                                 const AuditMetaOptions& options, Format format);

/// `audit txn ID`: all events of one request. kFinding: there are none.
[[nodiscard]] ExitCode AuditTransaction(const ConnectionOptions& connection,
                                        const AuditTransactionOptions& options, Format format);

/// `audit tail`: the last events, and with `follow` those that come, until SIGINT or SIGTERM.
[[nodiscard]] ExitCode AuditTail(const ConnectionOptions& connection,
                                 const AuditTailOptions& options, Format format);

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
