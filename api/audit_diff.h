#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/diff?from=&to=: what differs between two moments in the whole tenant, and GET
/// /audit/v1/resources/{id}/diff?from=&to= in one resource: created, deleted, or attribute by
/// attribute from what to what, with the members that came and went.
///
///   {"changes": [{"kind", "resource", "version", "events", "first", "last", "changes"?,
///   "members"?}],
///    "next": null, "from": <sequence>, "asOf": <sequence>}
///
/// A moment is a time or a sequence; `from` defaults to before the first event, `to` to now. One
/// answer, streamed. 400 `tooMany` when there are more than 5,000,000 events between the two.
void AddDiffEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
