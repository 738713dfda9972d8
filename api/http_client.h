#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/tls_client.h"
#include "storage/result.h"

namespace scimledger::api {

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
      const std::string& url, std::chrono::milliseconds timeout, const ClientTls& tls = {});
  /// A Unix socket. kNotFound: nobody listens there.
  [[nodiscard]] static storage::Result<std::unique_ptr<HttpClient>> ForSocket(
      const std::filesystem::path& socket, std::chrono::milliseconds timeout);
  virtual ~HttpClient() = default;

  /// Uses method, target, headers and body of the request; adds Host. The whole body is read into
  /// `body` (at most 1 GiB). kIo: refused, cut or timed out; says which.
  [[nodiscard]] virtual storage::Result<HttpResponse> Send(const HttpRequest& request) = 0;
};

}  // namespace scimledger::api
