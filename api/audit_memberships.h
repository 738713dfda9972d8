#pragma once

#include "api/router.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /audit/v1/groups/{id}/members?asOf=&after=&limit=: who was in the group then, and GET
/// /audit/v1/users/{id}/groups (also /audit/v1/resources/{id}/groups): which groups held the
/// resource directly; each with since when, by whom and by which event.
///
///   {"members" | "groups": [{"id", "type", "name", "since", "by", "event"}], "next", "asOf"}
///
/// `name` is that of then; `by` the credential's name, else its id; `event` a sequence. In order of
/// creation; `next` is passed as `after`, with `asOf` as answered. 404: it did not exist then.
void AddMembershipEndpoints(Router& router, const Workers& workers);

}  // namespace scimledger::api
