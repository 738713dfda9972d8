#include <fmt/format.h>

#include <utility>

#include "engine/decide_steps.h"
#include "engine/json.h"
#include "engine/text.h"

namespace scimledger {
namespace {

/// A resource type has an endpoint, a schema has attributes (RFC 7643 §6, §7).
void SetDefinition(const SchemaDefinition& definition, Event& event) {
  event.schema = definition;
  event.resource_type = "Schema";
  const auto document = JsonDocument::Parse(definition.json);
  if (!document) return;
  std::string_view text;
  if (document->root()["endpoint"].get(text) == simdjson::SUCCESS) {
    event.resource_type = "ResourceType";
  }
  if (document->root()["name"].get(text) == simdjson::SUCCESS) event.resource_name = text;
}

void SetCredential(const Credential& credential, Event& event) {
  event.resource_type = "Credential";
  event.resource = credential.id;
  event.resource_name = credential.name;
  event.credential = credential;
}

}  // namespace

Result<Decision> DecideAddSchema(const Deciding& deciding, const AddSchema& command) {
  SCIMLEDGER_TRY_ASSIGN(const RegistryPtr extended, deciding.registry->With(command.definition));
  Decision decision;
  if (extended == deciding.registry) return decision;
  SetDefinition(command.definition,
                AppendEvent(deciding, EventKind::kSchemaAdded, decision.events));
  return decision;
}

Result<Decision> DecideChangeSettings(const Deciding& deciding, const ChangeSettings& command) {
  TenantSettings after = deciding.registry->settings();
  for (const SettingChange& change : command.changes) after.Set(change.setting, change.after);
  Decision decision;
  if (after == deciding.registry->settings()) return decision;
  Event& event = AppendEvent(deciding, EventKind::kSettingsChanged, decision.events);
  event.resource_type = "Settings";
  for (const SettingDefinition& definition : SettingDefinitions()) {
    const Setting setting = definition.setting;
    if (after.IsChanged(setting) == deciding.registry->settings().IsChanged(setting)) continue;
    event.settings.push_back({setting, after.IsChanged(setting)});
  }
  return decision;
}

Result<Decision> DecideCreateCredential(const Deciding& deciding, const CreateCredential& command) {
  if (deciding.state.FindCredential(command.credential.id)) {
    return Refuse(409, ScimType::kUniqueness,
                  fmt::format("credential id {} is taken", command.credential.id.ToString()));
  }
  if (command.credential.expires_us != 0 && command.credential.expires_us <= deciding.time.now_us) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("expires is {}, which has passed: a token must expire later than now",
                              FormatDateTime(command.credential.expires_us)));
  }
  Credential credential = command.credential;
  credential.created_us = deciding.time.now_us;
  credential.revoked_us = 0;
  Decision decision;
  SetCredential(credential, AppendEvent(deciding, EventKind::kCredentialCreated, decision.events));
  return decision;
}

Result<Decision> DecideRevokeCredential(const Deciding& deciding, const RevokeCredential& command) {
  std::optional<Credential> credential = deciding.state.FindCredential(command.id);
  if (!credential) {
    return Refuse(404, ScimType::kNone,
                  fmt::format("There is no credential with id {}", command.id.ToString()));
  }
  Decision decision;
  if (credential->revoked_us != 0) return decision;
  credential->revoked_us = deciding.time.now_us;
  SetCredential(*credential, AppendEvent(deciding, EventKind::kCredentialRevoked, decision.events));
  return decision;
}

Result<Decision> DecideRecordFacts(const Deciding& deciding, RecordFacts& command) {
  SCIMLEDGER_INVARIANT(HasFacts(command.kind), "an event of this kind carries no facts");
  Decision decision;
  Event& event = AppendEvent(deciding, command.kind, decision.events);
  event.resource_type = command.kind == EventKind::kAuditRead ? "AuditTrail" : "Server";
  event.resource_name = std::move(command.name);
  event.facts = std::move(command.facts);
  return decision;
}

}  // namespace scimledger
