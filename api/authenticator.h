#pragma once

#include <optional>
#include <string>

#include "api/exchange.h"
#include "api/router.h"
#include "engine/event.h"
#include "engine/scim_error.h"

namespace scimledger::api {

/// Who asks: the credential of the bearer token, or `local:<uid>` with role admin on the control
/// socket and in-process. Errors: 401, never with a word of the token.
/// `refused`: is told who it is when a credential is known, but revoked or expired. May be null.
[[nodiscard]] Result<Actor> Authenticate(const HttpRequest& request, const Tenant& tenant,
                                         std::optional<Actor>* refused = nullptr);

/// The tenant that the request's credential says it is of (api/tenant_name.h). nullopt: it has
/// none, or came by the control socket or from this process.
std::optional<std::string_view> TenantOfCredential(const HttpRequest& request);

/// The value of WWW-Authenticate for a request that Authenticate refused (RFC 6750 §3).
std::string Challenge(const HttpRequest& request);

/// Whether the role may do that (DESIGN §8). The error is a 403 naming the role and those it takes.
[[nodiscard]] Result<void> Authorize(Role role, Access access);

}  // namespace scimledger::api
