#pragma once

#include "api/router.h"
#include "api/service.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// POST /scim/v2/Bulk (RFC 7644 §3.7): creates, replaces, patches and deletes resources of any
/// type, each operation with a result of its own, all with one transaction id. Parsed off the I/O
/// threads. 413 names the limit that was exceeded. `options` and `workers` must outlive the router.
void AddBulkEndpoint(Router& router, const ServiceOptions& options, const Workers& workers);

}  // namespace scimledger::api
