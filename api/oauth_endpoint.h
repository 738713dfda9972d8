#pragma once

#include <functional>

#include "api/access_control.h"
#include "api/router.h"

namespace scimledger::api {

/// The OAuth 2.0 token endpoint (RFC 6749 §4.4) and what tells clients of it (RFC 8414).
///
/// A client is a credential of the ledger: client_id is its id, client_secret its secret. Whoever
/// proves to be one, by the secret or by an assertion of a trusted issuer that stands for it (RFC
/// 7523), gets an access token that counts as long as the credential does, and at most
/// access_token_lifetime. `scope` is echoed: what a token may do is the credential's role.
///
/// `serve_again` routes an exchange anew, for the tenant that its body chose: client ids name
/// theirs (api/tenant_name.h). `access` must outlive the router.
void AddOauthEndpoints(Router& router, AccessControl& access,
                       std::function<void(ExchangePtr)> serve_again);

}  // namespace scimledger::api
