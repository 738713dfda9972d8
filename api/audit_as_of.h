#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/resources/{id}?asOf=&attributes=&excludedAttributes=: the resource as a SCIM GET
/// would have shown it then, its groups and its manager's name too. Without `asOf`: now. Replays
/// the log into a directory of its own up to that sequence, one request at a time, which
/// `Ledger-Sequence` names. 404: it did not exist then; 400 `invalidValue`: no time, or a sequence
/// beyond the head (DESIGN §4).
void AddAsOfEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
