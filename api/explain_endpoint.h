#pragma once

#include "api/router.h"
#include "api/service.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /admin/v1/explain?endpoint=Users&filter=&sortBy=&sortOrder=&startIndex=&count=: runs the
/// query as a list of that endpoint would and tells how it was answered, step by step.
///
///   {"steps": [{"depth", "what", "how", "estimated"?, "found"?, "microseconds"}], "text",
///    "totalResults", "asOf"}
///
/// Errors as for the list; 404: no such endpoint. `options` and `workers` must outlive the router.
void AddExplainEndpoint(Router& router, const ServiceOptions& options, const Workers& workers);

}  // namespace scimledger::api
