#include <CLI/CLI.hpp>
#include <string>

#include "tools/audit_options.h"
#include "tools/command_options.h"

namespace scimledger::tools {
namespace {

void AddWhyMember(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditWhyMemberOptions& options = arguments.why_member;
  CLI::App& why = AddCommand(
      audit, run, "why-member", "Who put a user into a group, when, with which token, from where",
      [&arguments] {
        return AuditWhyMember(arguments.connection, arguments.why_member, arguments.format);
      });
  why.add_option("USER", options.member, "Which user, or group inside the group")->required();
  why.add_option("GROUP", options.group, "Which group")->required();
  why.add_option("--at", options.at, "Time or sequence (default: now)");
  AddConnectionOptions(why, arguments.connection);
  AddFormatOption(why, arguments.format);
  why.footer(std::string(kResourceHelp) + kTimesHelp +
             "\n\nTells of the event that began the membership that held then. No direct member: "
             "exit 1.\n\n"
             "  scimledger audit why-member --data data jane@example.com group:Admins\n"
             "  scimledger audit why-member --data data jane@example.com Admins --at 2026-03-03");
}

void AddLeavers(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  CLI::App& leaver =
      AddCommand(audit, run, "leaver",
                 "When a user was disabled, by whom, and how long after leaving", [&arguments] {
                   return AuditLeaver(arguments.connection, arguments.leaver, arguments.format);
                 });
  leaver.add_option("USER", arguments.leaver.user, "Who left")->required();
  leaver.add_option("--hr-time", arguments.leaver.hr_time, "When the user left")->required();
  AddConnectionOptions(leaver, arguments.connection);
  AddFormatOption(leaver, arguments.format);
  leaver.footer(std::string(kResourceHelp) + kTimesHelp +
                "\n\n"
                "Disabled is: `active` became false, or the user was deleted. A bare date is its "
                "end. Still\n"
                "active, or active again: exit 1.\n\n"
                "  scimledger audit leaver --data data jane@example.com --hr-time "
                "2026-03-03T17:00:00Z");
  CLI::App& late = AddCommand(
      audit, run, "late-leavers", "Who of those that left was still active some time after", [&] {
        return AuditLateLeavers(arguments.connection, arguments.late_leavers, arguments.format);
      });
  late.add_option("--file", arguments.late_leavers.file, "CSV of who left when; - is stdin")
      ->required();
  late.add_option("--within", arguments.late_leavers.within, "How long it may take: 24h, 7d, 30m")
      ->capture_default_str();
  AddConnectionOptions(late, arguments.connection);
  AddFormatOption(late, arguments.format);
  late.footer(
      "FILE has a header with the columns user (userName, externalId or id) and leaveTime (RFC "
      "3339,\n"
      "or a bare date: its end, UTC), in any order; others are ignored:\n\n"
      "  user,leaveTime\n"
      "  jane@example.com,2026-03-03T17:00:00+01:00\n\n"
      "Lists who was active when --within had passed, and exits 1 if there is anybody. Names that "
      "no\n"
      "user has or had are told on stderr.\n\n"
      "  scimledger audit late-leavers --data data --file hr.csv --within 24h");
}

void AddPeriods(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditPopulationOptions& population = arguments.population;
  CLI::App& created = AddCommand(
      audit, run, "population", "All accounts created (or deleted) in a period, with their count",
      [&arguments] {
        return AuditPopulation(arguments.connection, arguments.population, arguments.format);
      });
  created.add_option("WHAT", population.what, "created or deleted")
      ->required()
      ->check(CLI::IsMember({"created", "deleted"}).description(""));
  created.add_option("--type", population.type, "User, Group, another resource type, or any")
      ->capture_default_str();
  AddWindow(created, population.since, population.until);
  AddConnectionOptions(created, arguments.connection);
  AddFormatOption(created, arguments.format);
  created.footer(std::string(kTimesHelp) +
                 "\n\n"
                 "json has the count as `count`; else it is on stderr. jsonl is the events.\n\n"
                 "  scimledger audit population created --data data --from 2026-01-01 --to "
                 "2026-03-31\n"
                 "  scimledger audit population deleted --data data --type Group --since 30d");
  AuditAttributeOptions& attribute = arguments.attribute;
  CLI::App& changes = AddCommand(
      audit, run, "attr-changes", "Who changed one attribute, of any resource, from what to what",
      [&arguments] {
        return AuditAttributeChanges(arguments.connection, arguments.attribute, arguments.format);
      });
  changes
      .add_option("PATH", attribute.path,
                  "title, name (with its parts), manager (an extension's by its plain name), or a\n"
                  "full path")
      ->required();
  AddWindow(changes, attribute.since, attribute.until);
  AddConnectionOptions(changes, arguments.connection);
  AddFormatOption(changes, arguments.format);
  changes.footer(std::string(kTimesHelp) +
                 "\n\n"
                 "A line for each change of the attribute; creations and deletions are changes of "
                 "all that\n"
                 "was set.\n\n"
                 "  scimledger audit attr-changes manager --data data --from 2026-03-01 --to "
                 "2026-03-31\n"
                 "  scimledger audit attr-changes active --data data --since 7d --format csv");
}

void AddSuspicious(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AuditSuspiciousOptions& options = arguments.suspicious;
  CLI::App& suspicious = AddCommand(
      audit, run, "suspicious", "Changes of groups outside change windows, or undone soon after",
      [&arguments] {
        return AuditSuspicious(arguments.connection, arguments.suspicious, arguments.format);
      });
  suspicious
      .add_option("--group", options.groups, "Only this group; may be repeated (default: all)")
      ->take_all();
  suspicious.add_option("--outside", options.outside,
                        "Changes at other times than these: 'Mon-Fri 08:00-18:00'");
  suspicious.add_option("--time-zone", options.time_zone, "Of those hours: Europe/Berlin, UTC, …")
      ->capture_default_str();
  suspicious
      .add_option("--flapping", options.flapping,
                  "Members who were added and removed (or removed and added) within this time;\n"
                  "without a value 24h")
      ->expected(0, 1)
      ->default_str("24h");
  AddWindow(suspicious, options.since, options.until);
  AddConnectionOptions(suspicious, arguments.connection);
  AddFormatOption(suspicious, arguments.format);
  suspicious.footer(
      std::string(kTimesHelp) +
      "\n\n"
      "Several spans of hours stand with ; between; one that ends before it begins goes on into "
      "the\n"
      "next day. Findings: exit 1. There is no --backdated: the time of an event is the server's, "
      "and\n"
      "never runs backwards.\n\n"
      "  scimledger audit suspicious --data data --group Admins --outside 'Mon-Fri 08:00-18:00' "
      "\\\n"
      "    --time-zone Europe/Berlin --flapping 4h --since 30d");
}

void AddTrail(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  CLI::App& meta = AddCommand(
      audit, run, "meta-audit",
      "Who read the audit trail; what became of tokens, settings and the server",
      [&arguments] { return AuditMeta(arguments.connection, arguments.meta, arguments.format); });
  AddWindow(meta, arguments.meta.since, arguments.meta.until);
  AddConnectionOptions(meta, arguments.connection);
  AddFormatOption(meta, arguments.format);
  meta.footer(
      std::string(kTimesHelp) +
      "\n\n"
      "Reads and exports of the audit trail are recorded at most once per credential and minute, "
      "with\n"
      "their number, in the log that was read; starts, stops and process settings of the server in "
      "the\n"
      "log of the tenant system, which --data reads too. A stop without its event shows at the "
      "next\n"
      "start.\n\n"
      "  scimledger audit meta-audit --data data --since 30d");
  CLI::App& txn = AddCommand(audit, run, "txn", "All that one request changed", [&arguments] {
    return AuditTransaction(arguments.connection, arguments.transaction, arguments.format);
  });
  txn.add_option("ID", arguments.transaction.id,
                 "The transaction (X-Request-Id of our answer), or the caller's own request id")
      ->required();
  AddConnectionOptions(txn, arguments.connection);
  AddEventFormatOption(txn, arguments.format);
  txn.footer(
      "Entra ID sends the id of each request of a sync cycle as client-request-id; every event "
      "keeps\n"
      "it as client.requestId. No such event: exit 1.\n\n"
      "  scimledger audit txn --data data 0f7d9f3e-6a7e-4f6e-9a1b-2f1d2c3b4a59");
  CLI::App& tail = AddCommand(
      audit, run, "tail", "The last events, and those that come",
      [&arguments] { return AuditTail(arguments.connection, arguments.tail, arguments.format); });
  tail.add_option("-n,--lines", arguments.tail.lines, "So many of the last events")
      ->check(CLI::Range(1, 1000).description(""))
      ->capture_default_str();
  tail.add_flag("-f,--follow", arguments.tail.follow, "Go on with what comes, until Ctrl-C");
  tail.add_option("--filter", arguments.tail.filter, "SCIM filter, as `audit events` takes it");
  AddConnectionOptions(tail, arguments.connection);
  AddEventFormatOption(tail, arguments.format);
  tail.footer(
      "--follow asks a running server twice a second, waits up to a minute for one that restarts, "
      "and\n"
      "then ends with exit 3. Ctrl-C ends it with exit 0.\n\n"
      "  scimledger audit tail --data data -f\n"
      "  scimledger audit tail --server https://ledger:8443 --token T -f --format ecs");
}

}  // namespace

void AddAuditQuestions(CLI::App& audit, AuditArguments& arguments, std::function<ExitCode()>& run) {
  AddWhyMember(audit, arguments, run);
  AddLeavers(audit, arguments, run);
  AddPeriods(audit, arguments, run);
  AddSuspicious(audit, arguments, run);
  AddTrail(audit, arguments, run);
}

}  // namespace scimledger::tools
