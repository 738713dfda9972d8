#pragma once

#include "api/exchange.h"
#include "engine/scim_error.h"

namespace scimledger::api {

/// Reads the body of POST …/.search (RFC 7644 §3.4.3, RFC 9865 §3) into the request's parameters,
/// so that a search is answered by whatever answers the same query as GET. Parameters in its URL
/// count too, except where the body has a field of that name. null is not given; unknown fields are
/// ignored. 400 `invalidSyntax`: not an object, or not a SearchRequest by its `schemas`; 400
/// `invalidValue`: a field of another type.
[[nodiscard]] Result<void> ReadSearchRequest(Exchange& exchange);

}  // namespace scimledger::api
