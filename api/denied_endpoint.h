#pragma once

#include "api/denied_log.h"
#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// `GET /audit/v1/denied?since=&until=&actor=&status=&limit=`: refused requests, newest first, at
/// most `limit` (100, at most 1000). `actor`: id or name of a credential, or local:<uid>. `denied`
/// must outlive the router.
void AddDeniedEndpoint(Router& router, const Workers& workers, DeniedLog& denied);

}  // namespace scimledger::api
