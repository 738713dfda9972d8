#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/scim_error.h"

namespace scimledger::api {

/// What the request's headers say, each read in one place.

/// The media type of answers that Accept asks for: application/scim+json wherever it will do,
/// application/json for who takes only that, nullopt for who takes neither.
std::optional<std::string_view> AcceptedMediaType(const Headers& headers);

/// 406 unless one of application/scim+json, application/json, application/*, */* is acceptable
/// (with a q above 0) or nothing is said.
[[nodiscard]] Result<void> CheckAccept(const Headers& headers);

/// 415 unless the body is declared as application/scim+json or application/json, or not at all,
/// and came without a content coding (RFC 9110 §8.4). Parameters (`; charset=utf-8`) do no harm. A
/// request without a body passes.
[[nodiscard]] Result<void> CheckContentType(const HttpRequest& request);

/// `scheme://authority` that clients call us: `public_url` where set, else `scheme` with Host;
/// `http://localhost` off the network. 400 when Host is missing or holds anything but a host and
/// port.
[[nodiscard]] Result<std::string> OwnUrl(const HttpRequest& request, std::string_view public_url,
                                         std::string_view scheme);

/// If-Match (RFC 9110 §13.1.1): `*`, or tags, weak or strong. A tag that is not ours matches no
/// version. nullopt: no such header. 400: not a list of entity tags.
[[nodiscard]] Result<std::optional<ExpectedVersion>> ReadIfMatch(const Headers& headers);

/// The same text where it is not If-Match, such as `version` of a Bulk operation; `what` names it
/// in the error.
[[nodiscard]] Result<ExpectedVersion> ReadExpectedVersion(std::string_view text,
                                                          std::string_view what);

/// If-Match and If-None-Match of a write; nullopt: neither. 400: not a list of entity tags.
[[nodiscard]] Result<std::optional<ExpectedVersion>> ReadPreconditions(const Headers& headers);

/// If-None-Match of a GET: whether the caller already has that version. A malformed header counts
/// as none.
bool HasVersion(const Headers& headers, std::uint64_t version);

/// Address, user agent and the caller's own request id, cut to a limit and cleaned of control
/// characters and of what is not UTF-8, so that they can be shown anywhere.
ClientContext ReadClientContext(const HttpRequest& request);

}  // namespace scimledger::api
