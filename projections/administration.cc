#include "projections/administration.h"

#include <fmt/format.h>

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

storage::Result<void> AdministrationFold::Restore(const storage::EventLog& log,
                                                  std::span<const Sequence> sequences) {
  for (const Sequence sequence : sequences) {
    SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(sequence, storage::ReadCheck::kTrust));
    SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
    if (!stored) {
      return storage::Fail(storage::ErrorCode::kCorrupt,
                           fmt::format("the log has no event {}", sequence.value));
    }
    SCIMLEDGER_TRY_ASSIGN(const Event event, DecodeEvent(*registry(), *stored));
    head_ = Sequence{sequence.value - 1};
    SCIMLEDGER_TRY(Apply(*this, event));
  }
  return {};
}

}  // namespace scimledger::projections
