#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace scimledger::api {

/// RFC 4648 §5, without padding: only unreserved characters of URLs (RFC 3986 §2.3).
std::string EncodeBase64Url(std::string_view bytes);

/// nullopt: anything that EncodeBase64Url does not make, such as padding or stray bits at the end.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace scimledger::api
