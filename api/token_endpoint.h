#pragma once

#include "api/access_control.h"
#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// /admin/v1/tokens: list, make, revoke (service.h). A secret leaves the server once, in the answer
/// that makes it; the log keeps its hash. `access` must outlive the router.
void AddTokenEndpoints(Router& router, const Workers& workers, const AccessControl& access);

}  // namespace scimledger::api
