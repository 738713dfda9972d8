#pragma once

#include "api/router.h"
#include "api/service.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// `/scim/v2/{endpoint}` and `/scim/v2/{endpoint}/{id}` for every resource type there is, queries
/// over all of them at `/scim/v2`, `/.search` at both, and 501
/// for the optional operations of RFC 7644 that are declared unsupported. `options` and `workers`
/// must outlive the router.
void AddResourceEndpoints(Router& router, const ServiceOptions& options, const Workers& workers);

}  // namespace scimledger::api
