#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/exchange.h"
#include "api/http.h"

namespace scimledger::api {

/// An error of RFC 6749 §5.2. The description holds only what RFC 6749 allows there: ASCII without
/// `"` and `\`.
struct OauthError {
  int status = 400;
  std::string_view code = "invalid_request";
  std::string description;
};

inline constexpr std::string_view kJwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A request to the token endpoint, its form decoded and what belongs together in one place. An
/// empty member was not sent (RFC 6749 §3.2).
struct TokenRequest {
  std::string grant_type;
  std::string client_id;      ///< from the header Authorization, the body, or both alike
  std::string client_secret;  ///< likewise
  std::string assertion;      ///< client_assertion (RFC 7523 §2.2) or assertion (§2.1)
  std::string scope;
};

/// Errors: invalid_request (not a form, too large, a parameter twice, credentials that differ or
/// more than one way of them, in the URL, …), invalid_client, unsupported_grant_type,
/// invalid_scope.
[[nodiscard]] std::expected<TokenRequest, OauthError> ReadTokenRequest(const HttpRequest& request,
                                                                       const Target& target);

/// Whether a form says that it is within kFormBytesMax, before it is read.
bool IsFormOfGoodSize(const HttpRequest& head);

}  // namespace scimledger::api
