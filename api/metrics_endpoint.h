#pragma once

#include "api/router.h"

namespace scimledger::api {

/// GET /metrics: the text format of Prometheus (version 0.0.4). Needs no token, and shows no name
/// or value of any resource. While the tenant is not open yet there is nothing of it.
void AddMetricsEndpoint(Router& router);

}  // namespace scimledger::api
