#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// /admin/v1/schemas: the schemas in force, and adding definitions (service.h). Several definitions
/// of one request are added one by one, schemas before resource types; the first that is refused
/// ends it.
void AddSchemaEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
