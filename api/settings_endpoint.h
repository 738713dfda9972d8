#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET and PATCH /admin/v1/settings: the tenant's switches (engine/tenant_settings.h). Both answer
/// {"settings": [{name, value, default, values, description}]}. PATCH takes an object of names and
/// values and changes all or none: 400 `invalidValue` names what is unknown and what is accepted.
/// `workers` must outlive the router.
void AddSettingsEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
