#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/resolve?name=&type=&after=: which resources people may mean by a name: its id,
/// userName, externalId or displayName, as it is now or was when it was deleted.
///
///   {"candidates": [{"type", "id", "name", "created" | "deleted", "sequence"?}], "next", "asOf"}
///
/// `deleted` and `sequence` are time and sequence of the deletion. Deleted ones are searched in the
/// log, so an answer may be short and its `next` go on, as with /audit/v1/events. `type` keeps one
/// resource type. `?id=` instead of name looks up one current resource by its id, and no log.
void AddResolveEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
