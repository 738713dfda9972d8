#pragma once

#include <functional>

#include "api/exchange.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// What is done once the directory to read is there.
using AtMoment = std::move_only_function<void(ExchangePtr)>;

/// Reads `asOf` of the URL (DESIGN §4: a time or a sequence; at or after the present means the
/// head) and goes on with the exchange's directory, registry and type as of then: at once where it
/// is the present or a moment that is kept (api/past_directories.h), else after a replay, one at a
/// time. Refusals, answered here: 403 of a read-only replay, which has one moment; 400
/// `invalidValue` (no time, or a sequence beyond the head); 404 where the request's resource type
/// did not exist yet.
void AtAskedMoment(ExchangePtr exchange, const Workers& workers, AtMoment go_on);

/// 404: the resource that the path names was not there at the exchange's sequence.
ScimError NoResourceThen(const Exchange& exchange);

}  // namespace scimledger::api
