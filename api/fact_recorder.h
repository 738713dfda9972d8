#pragma once

#include <string>

#include "api/tenant.h"
#include "engine/command.h"
#include "storage/result.h"

namespace scimledger::api {

/// Writes what happened to the server or to the audit trail into a tenant's log, and waits until it
/// is durable. Not on the writer's thread. kIo: it could not be recorded, and why.
[[nodiscard]] storage::Result<void> RecordInLog(Tenant& tenant, RecordFacts facts, Actor actor,
                                                ClientContext client);

/// This process as an actor: `local:<uid>`.
Actor ProcessActor();

/// A text as the JSON that a fact holds.
std::string FactText(std::string_view text);

}  // namespace scimledger::api
