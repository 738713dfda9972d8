#pragma once

#include "api/exchange.h"
#include "api/router.h"
#include "api/service.h"

namespace scimledger::api {

/// /ServiceProviderConfig, /Schemas and /ResourceTypes (RFC 7644 §4), generated from what is
/// enforced. `options` must outlive the router.
void AddDiscoveryEndpoints(Router& router, const ServiceOptions& options);

/// GET /admin/v1/schemas: the schemas of resources, as a ListResponse. /Schemas has those of
/// discovery documents too.
void ListSchemas(ExchangePtr exchange);

}  // namespace scimledger::api
