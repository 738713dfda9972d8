#pragma once

#include "api/exchange.h"
#include "api/service.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// GET /{endpoint}/{id} (RFC 7644 §3.4.1), on the calling thread: a point read. `asOf` as in
/// api/as_of.h, here and below.
void ReadResource(ExchangePtr exchange, const Workers& workers);

/// GET /{endpoint} (RFC 7644 §3.4.2), and GET of the root for all types at once (§3.4.2.1). Scans
/// run on the query pool, lookups on the calling thread. `options` must outlive the exchange.
void ListResources(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers);

/// POST …/.search (RFC 7644 §3.4.3): the same with the parameters in the body.
void SearchResources(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers);

/// The id of an item path. 404, because an id of another form is simply unknown.
[[nodiscard]] Result<ResourceId> ReadResourceId(const Exchange& exchange);

}  // namespace scimledger::api
