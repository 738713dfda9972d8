#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/tenant_catalog.h"
#include "storage/result.h"

namespace scimledger::api {

/// What a start of the server says of itself.
struct ServerStart {
  std::string version;
  /// Process settings that were given, by name, as JSON; those that are not here have their
  /// defaults. No setting is a secret: of keys they name the files.
  std::map<std::string, std::string> settings;
};

/// Writes ServerStarted into the system tenant's log, with how the server ended before (`clean`,
/// `not clean`, or `none` at the first start), and ConfigurationChanged where the settings are not
/// those of the last recorded start. A replay has no such log: nothing is written. Not on the
/// writer's thread.
[[nodiscard]] storage::Result<void> RecordServerStart(TenantCatalog& tenants,
                                                      const ServerStart& start);

/// Writes ServerStopped with its reason, for example `SIGTERM`.
[[nodiscard]] storage::Result<void> RecordServerStop(TenantCatalog& tenants,
                                                     std::string_view reason);

}  // namespace scimledger::api
