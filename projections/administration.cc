#include "projections/administration.h"

namespace scimledger::projections {

bool IsAdministration(EventKind kind) {
  return kind == EventKind::kSchemaAdded || kind == EventKind::kCredentialCreated ||
         kind == EventKind::kCredentialRevoked || kind == EventKind::kSettingsChanged;
}

AdministrationFold::AdministrationFold() { administration_.registry = SchemaRegistry::BuiltIn(); }

std::optional<Credential> AdministrationFold::FindCredential(const Uuid& id) const {
  const auto found = administration_.credentials.find(id);
  if (found == administration_.credentials.end()) return std::nullopt;
  return found->second;
}

void AdministrationFold::PutCredential(const Credential& credential) {
  administration_.credentials[credential.id] = credential;
}

storage::Result<void> AdministrationFold::Restore(std::span<const storage::NewEvent> events) {
  for (const storage::NewEvent& stored : events) {
    const storage::EventView view{stored.sequence, stored.time_us, stored.id,
                                  stored.header,   stored.context, stored.body};
    SCIMLEDGER_TRY_ASSIGN(const Event event, DecodeEvent(*registry(), view));
    head_ = Sequence{stored.sequence.value - 1};
    SCIMLEDGER_TRY(Apply(*this, event));
  }
  return {};
}

}  // namespace scimledger::projections
