#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/http.h"

namespace scimledger::api {

/// How the end of a response's body is told (RFC 9112 §6).
enum class BodyFraming : std::uint8_t {
  kNone,     ///< 204 and 304: no body and no length
  kLength,   ///< Content-Length of `body`; the body itself is left out for HEAD
  kChunked,  ///< streamed to HTTP/1.1
  kClose,    ///< streamed to HTTP/1.0: ends with the connection
};

enum class ConnectionHeader : std::uint8_t {
  kAbsent,  ///< HTTP/1.1, stays open
  kClose,
  kKeepAlive,  ///< HTTP/1.0, stays open
};

/// Appends status line and headers with the empty line behind them. `date` is the value of Date.
/// Control characters in values become spaces: no value can forge a header.
void AppendResponseHead(std::string& out, const HttpResponse& response, BodyFraming framing,
                        ConnectionHeader connection, std::string_view date);

/// Appends one chunk of RFC 9112 §7.1; `data` is not empty.
void AppendChunk(std::string& out, std::string_view data);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// The reason phrase; "Unknown" for codes never sent here.
std::string_view ReasonPhrase(int status);

/// RFC 9110 §5.6.7, in the preferred format.
std::string HttpDate(std::int64_t unix_seconds);

}  // namespace scimledger::api
