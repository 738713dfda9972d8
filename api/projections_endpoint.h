#pragma once

#include <memory>

#include "api/long_work.h"
#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /admin/v1/projections and POST /admin/v1/projections/{name}/rebuild.
void AddProjectionsEndpoints(Router& router, const Workers& workers,
                             std::shared_ptr<LongWork> work);

}  // namespace scimledger::api
