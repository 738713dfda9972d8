#include "engine/event.h"

namespace scimledger {

std::string_view ToString(EventKind kind) {
  switch (kind) {
    case EventKind::kResourceCreated:
      return "ResourceCreated";
    case EventKind::kResourceReplaced:
      return "ResourceReplaced";
    case EventKind::kResourcePatched:
      return "ResourcePatched";
    case EventKind::kResourceDeleted:
      return "ResourceDeleted";
    case EventKind::kSchemaAdded:
      return "SchemaAdded";
    case EventKind::kCredentialCreated:
      return "CredentialCreated";
    case EventKind::kCredentialRevoked:
      return "CredentialRevoked";
    case EventKind::kSettingsChanged:
      return "SettingsChanged";
    case EventKind::kServerStarted:
      return "ServerStarted";
    case EventKind::kServerStopped:
      return "ServerStopped";
    case EventKind::kConfigurationChanged:
      return "ConfigurationChanged";
    case EventKind::kAuditRead:
      return "AuditRead";
  }
  return {};
}

bool HasFacts(EventKind kind) {
  return kind >= EventKind::kServerStarted && kind <= EventKind::kAuditRead;
}

std::string_view ToString(Role role) {
  switch (role) {
    case Role::kProvisioner:
      return "provisioner";
    case Role::kReader:
      return "reader";
    case Role::kAuditor:
      return "auditor";
    case Role::kAdmin:
      return "admin";
  }
  return {};
}

std::optional<Role> ParseRole(std::string_view name) {
  for (const Role role : {Role::kProvisioner, Role::kReader, Role::kAuditor, Role::kAdmin}) {
    if (name == ToString(role)) return role;
  }
  return std::nullopt;
}

std::string_view ToString(AuthMethod method) {
  switch (method) {
    case AuthMethod::kBearer:
      return "bearer";
    case AuthMethod::kLocal:
      return "local";
    case AuthMethod::kOauth:
      return "oauth";
    case AuthMethod::kJwt:
      return "jwt";
  }
  return {};
}

}  // namespace scimledger
