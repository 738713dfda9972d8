#pragma once

#include <functional>
#include <string>

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
  AuditWhyMemberOptions why_member;
  AuditLeaverOptions leaver;
  AuditLateLeaversOptions late_leavers;
  AuditPopulationOptions population;
  AuditAttributeOptions attribute;
  AuditSuspiciousOptions suspicious;
  AuditMetaOptions meta;
  AuditTransactionOptions transaction;
  AuditTailOptions tail;
};

/// Registers `audit` and its subcommands; `run` is set to what was asked for. Both referents must
/// outlive the parsing and the running.
void AddAuditCommands(CLI::App& app, AuditArguments& arguments, std::function<ExitCode()>& run);

/// Those of them that answer one question each: why-member, leaver, late-leavers, population,
/// attr-changes, suspicious, meta-audit, txn, tail.
void AddAuditQuestions(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run);

/// What `--help` says about naming resources.
inline constexpr const char* kResourceHelp =
    "RESOURCE is an id, userName, externalId or displayName, of a current or a deleted resource;\n"
    "user:NAME or group:NAME keeps one type. Not found: exit 1. Ambiguous: exit 2, with the\n"
    "candidates on stderr.\n";

/// `--since` and `--until`, also called `--from` and `--to`.
void AddWindow(CLI::App& command, std::string& since, std::string& until);

}  // namespace scimledger::tools
