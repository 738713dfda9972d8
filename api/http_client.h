#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/tls_client.h"
#include "storage/result.h"

namespace scimledger::api {

/// What a client puts up with, beyond the time without progress.
struct HttpClientLimits {
  std::uint64_t body_bytes_max = 1U << 30U;  ///< of an answer
  /// From the begin of a request to the end of its answer; finding the host's address not counted.
  std::chrono::milliseconds request_time = std::chrono::hours(24);
};

/// A blocking HTTP/1.1 client with one kept-alive connection: for subcommands, tests and load. Not
/// thread-safe. Reconnects when the server closed an idle connection; a request that may have
/// reached a server is repeated only if it is a GET or HEAD. A time-out is for a time without
/// progress.
class HttpClient {
 public:
  /// `http://host:port` or `https://host:port` (a path prefix is kept). kInvalid: not such a URL;
  /// connecting happens later. `tls` is for https; its files are read now, errors as in
  /// tls_files.h.
  [[nodiscard]] static storage::Result<std::unique_ptr<HttpClient>> ForUrl(
      const std::string& url, std::chrono::milliseconds timeout, const ClientTls& tls = {},
      const HttpClientLimits& limits = {});
  /// A Unix socket. kNotFound: nobody listens there.
  [[nodiscard]] static storage::Result<std::unique_ptr<HttpClient>> ForSocket(
      const std::filesystem::path& socket, std::chrono::milliseconds timeout);
  virtual ~HttpClient() = default;

  /// Uses method, target, headers and body of the request; adds Host. The whole body is read into
  /// `body`. Redirects are not followed. kIo: refused, cut, too much, or timed out; says which.
  [[nodiscard]] virtual storage::Result<HttpResponse> Send(const HttpRequest& request) = 0;
};

}  // namespace scimledger::api
