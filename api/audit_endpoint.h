#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/events?since=&until=&after=&limit=&order= (DESIGN §8), on the query pool.
void AddAuditEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
