#pragma once

#include <functional>
#include <optional>

#include "api/exchange.h"
#include "api/tenant_passwords.h"
#include "api/worker_pool.h"
#include "engine/command.h"
#include "engine/writer.h"

namespace scimledger::api {

/// What happens after an accepted command, on an answering thread. The exchange's sequence is set.
using Accepted = std::move_only_function<void(ExchangePtr, Outcome)>;

/// Submits a command on behalf of the exchange's actor, as part of its transaction. A refused one
/// is answered with its error. The writer's thread only hands over: answers are rendered on the
/// connection's own thread. A password in it is hashed before, on a thread of its own kind.
void SubmitCommand(ExchangePtr exchange, CommandBody body, const Workers& workers,
                   Accepted accepted);

/// Has the password in `body` hashed, and a reference put in its place. nullopt: it has none.
[[nodiscard]] Result<std::optional<KeptPassword>> KeepPassword(Tenant& tenant, CommandBody& body);

/// Whether it is known what became of a command.
bool IsCertain(const Result<Outcome>& outcome);

}  // namespace scimledger::api
