#pragma once

#include <functional>

#include "api/exchange.h"
#include "api/worker_pool.h"
#include "engine/command.h"
#include "engine/writer.h"

namespace scimledger::api {

/// What happens after an accepted command, on an answering thread. The exchange's sequence is set.
using Accepted = std::move_only_function<void(ExchangePtr, Outcome)>;

/// Submits a command on behalf of the exchange's actor, as part of its transaction. A refused one
/// is answered with its error. The writer's thread only hands over: answers are rendered on the
/// connection's own thread.
void SubmitCommand(ExchangePtr exchange, CommandBody body, const Workers& workers,
                   Accepted accepted);

}  // namespace scimledger::api
