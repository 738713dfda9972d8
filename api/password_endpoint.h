#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// POST /admin/v1/passwords/verify {userName, password} → {"valid": true|false}: whether an active
/// user of that name has that password. One answer, in the same time, for a wrong password, a user
/// without one and no user. 409: the tenant keeps no passwords; 503: too many wait to be compared.
void AddPasswordEndpoint(Router& router, const Workers& workers);

}  // namespace scimledger::api
