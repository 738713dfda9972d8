#pragma once

#include "api/exchange.h"
#include "api/router.h"
#include "api/service.h"

namespace scimledger::api {

/// /ServiceProviderConfig, /Schemas and /ResourceTypes (RFC 7644 §4), generated from what is
/// enforced. `options` must outlive the router.
void AddDiscoveryEndpoints(Router& router, const ServiceOptions& options);

/// All schemas as a ListResponse; also what GET /admin/v1/schemas answers.
void ListSchemas(ExchangePtr exchange);

}  // namespace scimledger::api
