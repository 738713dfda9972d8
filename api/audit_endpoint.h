#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET, for auditors and administrators (DESIGN §8); everything that reads the log runs on a pool:
///
///   /audit/v1/events?filter=&since=&until=&after=&limit=&order=
///   /audit/v1/{users|groups|resources}/{id}/history   (api/audit_history.h)
///   /audit/v1/resources/{id}?asOf=                    (api/audit_as_of.h)
///   /audit/v1/resolve?name=                           (api/audit_resolve.h)
void AddAuditEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
