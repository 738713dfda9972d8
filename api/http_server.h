#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/http.h"
#include "storage/result.h"

namespace scimledger::api {

class TlsContext;

/// Limits and time-outs of every connection. Beyond one: a SCIM error (413, 431, 408) and, where
/// HTTP leaves no other choice, the end of the connection.
struct HttpLimits {
  std::size_t body_bytes_max = 8U << 20U;
  /// All bodies together, from their first byte until their request is answered; what would go
  /// beyond is answered 503.
  std::size_t bodies_bytes_max = 256U << 20U;
  std::size_t header_bytes_max = 32U << 10U;
  std::size_t connections_max = 4096;                   ///< one more is answered 503 and closed
  std::chrono::milliseconds handshake_timeout{10'000};  ///< from connecting to TLS established
  std::chrono::milliseconds idle_timeout{75'000};  ///< between requests on a kept-alive connection
  /// From a request's first byte to its last, and from connecting (or the end of the TLS
  /// handshake) to the first byte.
  std::chrono::milliseconds read_timeout{20'000};
  std::chrono::milliseconds write_timeout{60'000};     ///< for each part (<= 1 MiB) of a response
  std::chrono::milliseconds shutdown_timeout{10'000};  ///< for requests in flight after Stop
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free one
  /// Also listens here (mode 0600), on connections that count as kControlSocket. Empty: not. A
  /// stale socket file is replaced. The path may be longer than sun_path allows.
  std::filesystem::path control_socket;
  unsigned io_threads = 1;
  /// Spoken on the network, and nothing else then: a plain request is answered 400. Null: plain
  /// HTTP. The control socket is always plain.
  std::shared_ptr<const TlsContext> tls;
  HttpLimits limits;
};

/// HTTP/1.1 over TCP, with TLS or without, and over the control socket: listener → session →
/// handler (coroutines; one io_context per I/O thread). Keep-alive and pipelining; what cannot be
/// parsed gets a SCIM error too. Knows nothing of SCIM beyond that error body.
class HttpServer {
 public:
  /// Binds and starts to serve; the handler must outlive the server. kIo with a message that names
  /// the address and, if it is busy, says so.
  [[nodiscard]] static storage::Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                                          HttpHandler& handler);
  virtual ~HttpServer() = default;

  /// The bound port.
  virtual std::uint16_t port() const = 0;
  /// Any thread, on a server that was started with TLS: for connections from now on.
  virtual void UseTls(std::shared_ptr<const TlsContext> tls) = 0;
  /// Stops accepting, closes idle connections, lets requests in flight finish (shutdown_timeout),
  /// then ends the threads. Removes the control socket. Returns when all is done; call it once.
  virtual void Stop() = 0;
};

}  // namespace scimledger::api
