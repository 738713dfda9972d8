#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/router.h"

namespace scimledger::api {

/// /healthz: 200 while the process lives. /readyz: 503 with what `unready` says, 200 when it says
/// nothing. Neither needs a token or a tenant.
void AddOperationsEndpoints(Router& router, std::function<std::optional<std::string>()> unready);

}  // namespace scimledger::api
