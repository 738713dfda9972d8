#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "api/http.h"
#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

/// Sends one request; a refusal or failure is printed to stderr (the SCIM error's detail) and comes
/// back as the exit status that fits: 404 a finding, other 4xx misuse, 401, 403 and 503 cannot
/// reach, 5xx I/O.
[[nodiscard]] std::expected<api::HttpResponse, ExitCode> Ask(Connection& connection,
                                                             std::string_view method,
                                                             std::string target,
                                                             std::string body = {});

/// What Ask makes of an answer, for who sent the request himself.
[[nodiscard]] std::expected<api::HttpResponse, ExitCode> Checked(
    storage::Result<api::HttpResponse> response);

/// Opens and asks in one step.
[[nodiscard]] std::expected<api::HttpResponse, ExitCode> Ask(const ConnectionOptions& options,
                                                             std::string_view method,
                                                             std::string target,
                                                             std::string body = {});

/// Percent-encodes a query parameter's value (RFC 3986).
std::string EncodeParameter(std::string_view value);

}  // namespace scimledger::tools
