#include "api/server_record.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api/event_page.h"
#include "api/fact_recorder.h"
#include "api/tenant_name.h"
#include "engine/json.h"

namespace scimledger::api {
namespace {

constexpr const char* kServer = "scimledger";
constexpr std::string_view kSettings = "settings";

/// How the server ended the last time, and what it was set to when it started.
struct Before {
  bool has_started = false;
  bool has_stopped = false;
  std::string settings = "{}";
};

std::string AfterOf(const Event& event, std::string_view name) {
  const auto fact = std::ranges::find(event.facts, name, &Fact::name);
  return fact == event.facts.end() ? std::string() : fact->after;
}

/// Looks back to the last start.
storage::Result<Before> ReadBefore(const Tenant& system) {
  Before before;
  const auto view = system.directory().Freeze();
  EventRange range;
  range.is_descending = true;
  range.limit = 1;
  range.last = view->sequence();
  const EventTest is_start = [&before](const SchemaRegistry&, const Event& event,
                                       const ActorNames&) {
    if (event.kind == EventKind::kServerStopped) before.has_stopped = true;
    if (event.kind != EventKind::kServerStarted) return false;
    before.has_started = true;
    before.settings = AfterOf(event, kSettings);
    return true;
  };
  while (range.last >= range.first && !before.has_started) {
    SCIMLEDGER_TRY_ASSIGN(
        const auto next, ReadEventPage(system.log(), *view, system.name(), range, is_start, nullptr,
                                       [](const std::string&) {}));
    if (!next) break;
    range.last = Sequence{next->value - 1};
  }
  return before;
}

std::string SettingsJson(const std::map<std::string, std::string>& settings) {
  std::string json = "{";
  for (const auto& [name, value] : settings) {
    if (json.size() > 1) json += ',';
    json += FactText(name) + ':' + value;
  }
  return json + '}';
}

std::map<std::string, std::string> ReadSettings(const std::string& json) {
  std::map<std::string, std::string> settings;
  const auto document = JsonDocument::Parse(json);
  simdjson::dom::object members;
  if (!document || document->root().get(members) != simdjson::SUCCESS) return settings;
  for (const auto& [name, value] : members) {
    settings.emplace(name, std::string(simdjson::minify(value)));
  }
  return settings;
}

/// One fact for each setting that is not what it was.
std::vector<Fact> Differences(const std::map<std::string, std::string>& before,
                              const std::map<std::string, std::string>& after) {
  std::map<std::string, Fact> facts;
  for (const auto& [name, value] : before) facts[name] = {name, value, {}};
  for (const auto& [name, value] : after) {
    Fact& fact = facts[name];
    fact.name = name;
    fact.after = value;
  }
  std::vector<Fact> differences;
  for (auto& [name, fact] : facts) {
    if (fact.before != fact.after) differences.push_back(std::move(fact));
  }
  return differences;
}

}  // namespace

storage::Result<void> RecordServerStart(TenantCatalog& tenants, const ServerStart& start) {
  Tenant* const system = tenants.FindLoaded(kSystemTenant);
  if (system == nullptr || system->is_replay()) return {};
  SCIMLEDGER_TRY_ASSIGN(const Before before, ReadBefore(*system));
  const std::string settings = SettingsJson(start.settings);
  const std::string_view ended = !before.has_started  ? "none"
                                 : before.has_stopped ? "clean"
                                                      : "not clean";
  std::vector<Fact> facts{{"version", {}, FactText(start.version)},
                          {"previousStop", {}, FactText(ended)},
                          {std::string(kSettings), {}, settings}};
  SCIMLEDGER_TRY(RecordInLog(*system, {EventKind::kServerStarted, kServer, std::move(facts)},
                             ProcessActor(), {}));
  auto differences = Differences(ReadSettings(before.settings), ReadSettings(settings));
  if (!before.has_started || differences.empty()) return {};
  return RecordInLog(*system, {EventKind::kConfigurationChanged, kServer, std::move(differences)},
                     ProcessActor(), {});
}

storage::Result<void> RecordServerStop(TenantCatalog& tenants, std::string_view reason) {
  Tenant* const system = tenants.FindLoaded(kSystemTenant);
  if (system == nullptr || system->is_replay()) return {};
  return RecordInLog(*system,
                     {EventKind::kServerStopped, kServer, {{"reason", {}, FactText(reason)}}},
                     ProcessActor(), {});
}

}  // namespace scimledger::api
