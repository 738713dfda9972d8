#pragma once

#include <string_view>

#include "api/http.h"
#include "engine/scim_error.h"

namespace scimledger::api {

inline constexpr std::string_view kScimMediaType = "application/scim+json";
inline constexpr std::string_view kJsonMediaType = "application/json";

/// The Error message of RFC 7644 §3.12: the one way in which any layer refuses a request. A 503 has
/// Retry-After.
HttpResponse ErrorResponse(const ScimError& error);

}  // namespace scimledger::api
