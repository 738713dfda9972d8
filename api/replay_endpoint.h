#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// POST /admin/v1/replay/verify: folds the log from zero and compares digests (I-3). Minutes on a
/// large log, so one at a time, on a thread of its own.
void AddReplayEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
