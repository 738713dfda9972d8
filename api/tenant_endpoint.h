#pragma once

#include <functional>

#include "api/router.h"
#include "api/tenant_catalog.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// `/admin/v1/tenants` of the system tenant: GET lists, POST {name} makes one. `catalog` gives the
/// catalog that is attached; it is asked only while requests of a tenant are served.
void AddTenantEndpoints(Router& router, const Workers& workers,
                        std::function<TenantCatalog*()> catalog);

}  // namespace scimledger::api
