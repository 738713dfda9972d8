#pragma once

#include <functional>

#include "api/router.h"
#include "api/tenant_catalog.h"

namespace scimledger::api {

/// GET /metrics: the text format of Prometheus (version 0.0.4). Needs no token, and shows no name
/// or value of any resource, and none of any tenant: values are sums over the tenants that are
/// loaded. `catalog` gives nullptr as long as there are none. `unmatched`: of the requests that no
/// operation answers.
void AddMetricsEndpoint(Router& router, const RequestMetrics& unmatched,
                        std::function<const TenantCatalog*()> catalog);

}  // namespace scimledger::api
