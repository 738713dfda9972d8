#pragma once

#include "api/credential_use.h"
#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// /admin/v1/tokens: list, make, revoke (service.h). A secret leaves the server once, in the answer
/// that makes it; the log keeps its hash. `use` must outlive the router.
void AddTokenEndpoints(Router& router, const Workers& workers, const CredentialUse& use);

}  // namespace scimledger::api
