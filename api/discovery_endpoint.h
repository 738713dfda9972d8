#pragma once

#include "api/exchange.h"
#include "api/router.h"
#include "api/service.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// /ServiceProviderConfig, /Schemas and /ResourceTypes (RFC 7644 §4), generated from what is
/// enforced, or as of `asOf` was (not so the configuration: it is the process's). `options` and
/// `workers` must outlive the router.
void AddDiscoveryEndpoints(Router& router, const ServiceOptions& options, const Workers& workers);

/// GET /admin/v1/schemas: the schemas of resources, as a ListResponse. /Schemas has those of
/// discovery documents too.
void ListSchemas(ExchangePtr exchange);

}  // namespace scimledger::api
