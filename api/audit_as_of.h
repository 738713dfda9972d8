#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/resources/{id}?asOf=&attributes=&excludedAttributes=: the resource as a SCIM GET
/// would have shown it then, its groups and its manager's name too, whatever its type. Without
/// `asOf`: now (api/as_of.h). 404: it did not exist then.
void AddAsOfEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
