#include "tools/audit_options.h"

#include <CLI/CLI.hpp>
#include <string>

#include "tools/command_options.h"

namespace scimledger::tools {
namespace {

void AddPath(CLI::App& command, std::string& path) {
  command.add_option("--path", path,
                     "Only changes of this attribute or a part of it: title, name, emails,\n"
                     "department (an extension's by its plain name), or a full path");
}

void AddEvents(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditEventsOptions& options = arguments.events;
  CLI::App& events = AddCommand(audit, run, "events", "The log, in order", [&arguments] {
    return AuditEvents(arguments.connection, arguments.events, arguments.format);
  });
  events.add_option("--resource", options.resource, "Only events of this resource");
  events.add_option("--actor", options.actor,
                    "Only what credentials of this name or id did, or local:UID");
  events.add_option("--credential", options.credential,
                    "Only what this one token did: its id, or a name that one token has");
  events.add_option("--ip", options.ip, "Only what came from this client address");
  AddWindow(events, options.since, options.until);
  events
      .add_option("--kind", options.kinds,
                  "Only this kind, for example ResourceDeleted; may be repeated")
      ->take_all();
  AddPath(events, options.path);
  events.add_option("--filter", options.filter,
                    "SCIM filter over the attributes an event has in jsonl, and path, before,\n"
                    "after, member");
  events.add_option("--order", options.order, "asc (oldest first) or desc")
      ->check(CLI::IsMember({"asc", "desc"}).description(""))
      ->capture_default_str();
  events.add_option("--limit", options.limit, "At most so many events (default: all)")
      ->check(CLI::PositiveNumber.description(""));
  AddConnectionOptions(events, arguments.connection);
  AddEventFormatOption(events, arguments.format);
  events.footer(
      std::string(kTimesHelp) +
      "\n\n"
      "  scimledger audit events --data data --since 7d\n"
      "  scimledger audit events --data data --since 2026-03-03 --until 2026-03-03 --format csv\n"
      "  scimledger audit events --data data --actor entra-prod --kind ResourceDeleted\n"
      "  scimledger audit events --data data --credential entra-prod --ip 10.2.3.4\n"
      "  scimledger audit events --data data --path manager --order desc --limit 20\n"
      "  scimledger audit events --data data --since 1d --format ocsf\n"
      "  scimledger audit events --data data \\\n"
      "    --filter 'client.address sw \"10.2.\" and changes[path eq \"active\" and after eq "
      "false]'");
}

void AddHistory(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditHistoryOptions& options = arguments.history;
  CLI::App& history = AddCommand(
      audit, run, "history",
      "What happened to one resource: who changed what from what to what, when", [&arguments] {
        return AuditHistory(arguments.connection, arguments.history, arguments.format);
      });
  history.add_option("RESOURCE", options.resource, "Whose history")->required();
  AddWindow(history, options.since, options.until);
  AddPath(history, options.path);
  AddConnectionOptions(history, arguments.connection);
  AddEventFormatOption(history, arguments.format);
  history.footer(std::string(kResourceHelp) + kTimesHelp +
                 "\n\n"
                 "Groups that took the resource in or let it go are part of its history.\n\n"
                 "  scimledger audit history --data data jane@example.com\n"
                 "  scimledger audit history --data data group:Sales --since 2026-03-01\n"
                 "  scimledger audit history --data data jane@example.com --path department");
}

void AddShow(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditShowOptions& options = arguments.show;
  CLI::App& show = AddCommand(
      audit, run, "show", "One resource as it was at some time",
      [&arguments] { return AuditShow(arguments.connection, arguments.show, arguments.format); });
  show.add_option("RESOURCE", options.resource, "Which resource")->required();
  show.add_option("--at", options.at, "Time or sequence (default: now)");
  AddConnectionOptions(show, arguments.connection);
  AddFormatOption(show, arguments.format);
  show.footer(
      std::string(kResourceHelp) + kTimesHelp +
      "\n\n"
      "The answer is what a SCIM GET would have shown then, groups and manager included.\n"
      "jsonl and json are the SCIM resource itself.\n\n"
      "  scimledger audit show --data data jane@example.com --at 2026-03-03\n"
      "  scimledger audit show --data data jane@example.com --at 41 --format json");
}

void AddMemberships(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditShowOptions& options = arguments.show;
  CLI::App& members = AddCommand(
      audit, run, "members", "Who was in a group at some time, since when, and who put them there",
      [&arguments] {
        return AuditMembers(arguments.connection, arguments.show, arguments.format);
      });
  CLI::App& groups =
      AddCommand(audit, run, "groups-of",
                 "Which groups held a user at some time, since when, and by whom", [&arguments] {
                   return AuditGroupsOf(arguments.connection, arguments.show, arguments.format);
                 });
  members.add_option("GROUP", options.resource, "Which group")->required();
  groups.add_option("RESOURCE", options.resource, "Which user, or group inside groups")->required();
  for (CLI::App* const command : {&members, &groups}) {
    command->add_option("--at", options.at, "Time or sequence (default: now)");
    AddConnectionOptions(*command, arguments.connection);
    AddFormatOption(*command, arguments.format);
  }
  const std::string help =
      std::string(kResourceHelp) + kTimesHelp +
      "\n\nDirect members only; SINCE, BY and EVENT tell of the event that began the "
      "membership.\n\n";
  members.footer(help +
                 "  scimledger audit members --data data Sales --at 2026-03-03\n"
                 "  scimledger audit members --data data group:Sales --format csv");
  groups.footer(help + "  scimledger audit groups-of --data data jane@example.com --at 2026-03-03");
}

void AddDiff(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditDiffOptions& options = arguments.diff;
  CLI::App& diff = AddCommand(
      audit, run, "diff", "What differs between two moments: of one resource, or of everything",
      [&arguments] { return AuditDiff(arguments.connection, arguments.diff, arguments.format); });
  diff.add_option("RESOURCE", options.resource, "Which resource (default: all of the tenant)");
  diff.add_option("--from,--since", options.from, "The earlier moment (default: before the first event)");
  diff.add_option("--to,--until", options.to, "The later moment (default: now)");
  AddConnectionOptions(diff, arguments.connection);
  AddFormatOption(diff, arguments.format);
  diff.footer(std::string(kResourceHelp) + kTimesHelp +
              "\n\n"
              "A bare date is its first instant for --from and its last for --to. What came and "
              "went in\n"
              "between is no difference; `audit events` tells every step.\n\n"
              "  scimledger audit diff --data data --from 2026-03-01 --to 2026-03-31\n"
              "  scimledger audit diff --data data jane@example.com --from 7d\n"
              "  scimledger audit diff --data data group:Sales --from 41 --to 57 --format csv");
}

void AddDenied(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditDeniedOptions& options = arguments.denied;
  CLI::App& denied =
      AddCommand(audit, run, "denied", "Requests that were refused, and why", [&arguments] {
        return AuditDenied(arguments.connection, arguments.denied, arguments.format);
      });
  denied.add_option("--actor", options.actor,
                    "Only requests of this credential: its name or id, or local:UID");
  denied.add_option("--status", options.status, "Only this status: 401, 403, 409, 412, …");
  AddWindow(denied, options.since, options.until);
  denied.add_option("--limit", options.limit, "At most so many, newest first")
      ->check(CLI::Range(1, 1000).description(""))
      ->capture_default_str();
  AddConnectionOptions(denied, arguments.connection);
  AddFormatOption(denied, arguments.format);
  denied.footer(
      "Times: RFC 3339 (2026-03-03T09:14:07Z), a bare date (that UTC day), or a duration (7d, 12h: "
      "that\n"
      "long ago). Refused requests have no sequence.\n\n"
      "Wrong, expired and revoked tokens, roles that do not suffice, conflicts, and writes whose\n"
      "input was refused; alike ones are counted together. They are kept apart from the log, and\n"
      "the oldest go when denied_bytes_max is reached.\n\n"
      "  scimledger audit denied --data data --since 1d\n"
      "  scimledger audit denied --data data --actor entra-prod --status 409");
}

}  // namespace

void AddWindow(CLI::App& command, std::string& since, std::string& until) {
  command.add_option("--since,--from", since, "From this time or sequence on");
  command.add_option("--until,--to", until, "Up to this time or sequence");
}

void AddAuditCommands(CLI::App& app, AuditArguments& arguments, std::function<ExitCode()>& run) {
  CLI::App& audit =
      *app.add_subcommand("audit", "Who changed what, when, through which credential");
  audit.require_subcommand(1);
  AddEvents(audit, arguments, run);
  AddHistory(audit, arguments, run);
  AddShow(audit, arguments, run);
  AddMemberships(audit, arguments, run);
  AddDiff(audit, arguments, run);
  AddDenied(audit, arguments, run);
  AddAuditQuestions(audit, arguments, run);
  audit.footer(
      "Every question that auditors ask has one of these (docs/audit-questions.md). Erasure of\n"
      "personal data, and proofs that nothing was altered, do not exist yet, and so neither do\n"
      "their questions. Reads of the audit trail are themselves recorded: `audit meta-audit`.");
}

}  // namespace scimledger::tools
