#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "api/tenant_name.h"
#include "tools/audit_command.h"
#include "tools/audit_conditions.h"
#include "tools/audit_pages.h"
#include "tools/audit_story.h"
#include "tools/list_output.h"

namespace scimledger::tools {
namespace {

/// What concerns the audit trail itself and who may write it; what every system log begins with,
/// the definition of tenants, does not.
const std::vector<std::string>& Kinds() {
  static const std::vector<std::string> kinds{
      "AuditRead",         "ServerStarted",     "ServerStopped",   "ConfigurationChanged",
      "CredentialCreated", "CredentialRevoked", "SettingsChanged"};
  return kinds;
}

/// The events of one log, one after the other.
class EventWalk {
 public:
  EventWalk(Connection& connection, std::string target)
      : pages_(connection, std::move(target), "events", 0) {}

  /// The event that comes next stays so until Pop. nullopt: there are no more.
  std::expected<std::optional<JsonElement>, ExitCode> Peek() {
    while (!page_ || at_ >= page_->items.size()) {
      auto next = pages_.Next();
      if (!next) return std::unexpected(next.error());
      if (!*next) return std::optional<JsonElement>();
      page_ = *std::move(next);
      at_ = 0;
      as_of_ = page_->as_of;
    }
    return std::optional(page_->items.at(at_).value());
  }
  void Pop() { ++at_; }
  std::uint64_t as_of() const { return as_of_; }

 private:
  AuditPages pages_;
  std::optional<AuditPage> page_;
  std::size_t at_ = 0;
  std::uint64_t as_of_ = 0;
};

ListEntry EntryOf(JsonElement event) {
  const Story story({}, {});
  std::string what;
  for (const std::string& line : story.Lines(event)) {
    if (!what.empty()) what += "; ";
    what += line;
  }
  const std::string time = TextAt(event, "/time");
  const std::string tenant = TextAt(event, "/tenant");
  const std::string sequence = TextAt(event, "/sequence");
  ListEntry entry;
  entry.row = {ShowTime(time), tenant, sequence, what, DescribeActor(event)};
  entry.record = {time,
                  tenant,
                  sequence,
                  TextAt(event, "/kind"),
                  TextAt(event, "/resource/name"),
                  what,
                  TextAt(event, "/actor/name"),
                  TextAt(event, "/actor/id"),
                  TextAt(event, "/actor/method"),
                  ClientAddressOf(event)};
  entry.json = simdjson::minify(event);
  return entry;
}

/// By time; what both logs recorded at one instant, the tenant's first.
ExitCode Merge(EventWalk& of_tenant, EventWalk* of_system, ListOutput& output) {
  for (;;) {
    const auto mine = of_tenant.Peek();
    if (!mine) return mine.error();
    std::optional<JsonElement> other;
    if (of_system != nullptr) {
      const auto next = of_system->Peek();
      if (!next) return next.error();
      other = *next;
    }
    if (!*mine && !other) return ExitCode::kDone;
    const bool takes_mine = *mine && (!other || TextAt(**mine, "/time") <= TextAt(*other, "/time"));
    output.Add(EntryOf(takes_mine ? **mine : *other));
    takes_mine ? of_tenant.Pop() : of_system->Pop();
  }
}

}  // namespace

ExitCode AuditMeta(const ConnectionOptions& connection_options, const AuditMetaOptions& options,
                   Format format) {
  if (const ExitCode code = CheckWindow(options.since, options.until); code != ExitCode::kDone) {
    return code;
  }
  const std::string tenant = connection_options.tenant;
  ConnectionOptions any_tenant = connection_options;
  any_tenant.tenant.clear();
  auto connection = Connection::Open(tenant.empty() ? connection_options : any_tenant);
  if (!connection) return Report(connection.error());
  Conditions conditions;
  conditions.AddKinds(Kinds());
  const auto target_in = [&](const std::string& name) {
    std::string target = (name.empty() ? "" : "/t/" + name) + "/audit/v1/events";
    AddParameter(target, "since", options.since);
    AddParameter(target, "until", options.until);
    AddParameter(target, "filter", conditions.text());
    return target;
  };
  EventWalk of_tenant(**connection, target_in(tenant));
  std::optional<EventWalk> of_system;
  const bool is_local = connection_options.server.empty();
  if (is_local && tenant != api::kSystemTenant) {
    of_system.emplace(**connection, target_in(std::string(api::kSystemTenant)));
  }
  ListOutput output({"events",
                     {"TIME", "TENANT", "SEQUENCE", "WHAT", "BY"},
                     {"time", "tenant", "sequence", "kind", "name", "what", "actor", "actorId",
                      "method", "address"},
                     "nothing"},
                    format);
  const ExitCode code = Merge(of_tenant, of_system ? &*of_system : nullptr, output);
  if (code != ExitCode::kDone) return code;
  output.End(fmt::format("\"asOf\":{}", of_tenant.as_of()));
  std::fflush(stdout);
  if (!is_local && tenant != api::kSystemTenant) {
    fmt::print(stderr,
               "starts, stops and settings of the server are in the log of the tenant system: ask "
               "with a token of it\n");
  }
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
