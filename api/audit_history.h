#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/{users|groups|resources}/{id}/history?since=&until=&filter=&after=&limit=&order=
/// &memberships=: the events of one resource, oldest first, in pages like those of
/// /audit/v1/events. With `memberships=true` (oldest first only) also the events by which groups
/// took it in or let it go: their own, and their deletion while they held it. A deleted resource
/// still answers; 404 if no event of the log, read to its end, names the id.
void AddHistoryEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
