#pragma once

#include <memory>

#include "api/long_work.h"
#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// POST /admin/v1/replay?until=&into=, POST /admin/v1/replay/verify and GET /admin/v1/replay: fold
/// the log again, and tell how far that has come.
void AddReplayEndpoints(Router& router, const Workers& workers, std::shared_ptr<LongWork> work);

}  // namespace scimledger::api
