#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "api/http.h"
#include "api/http_unix_socket.h"
#include "api/tls_context.h"
#include "storage/result.h"

namespace scimledger::api {

/// Who is at the other end of a connection.
struct Peer {
  Transport transport = Transport::kNetwork;
  std::string address;
  std::uint32_t uid = 0;
};

/// A connection as the kernel hands it over. Whoever gets it closes the descriptor.
struct AcceptedConnection {
  int descriptor = -1;
  int family = 0;
  Peer peer;
  std::shared_ptr<const TlsContext> tls = nullptr;  ///< to be spoken on it
};

/// Whether `address`, as Listener::Tcp takes it, is reachable from this host only. False when it is
/// no address at all.
bool IsLoopbackAddress(const std::string& address);

/// Owns one listening, non-blocking socket.
class Listener {
 public:
  /// `port` 0: any free one. Every error names the address and port.
  [[nodiscard]] static storage::Result<Listener> Tcp(const std::string& address,
                                                     std::uint16_t port);
  /// Readable and writable by the owner only, from its first moment. Replaces a socket file on
  /// which nobody listens; anything else at that path is an error.
  [[nodiscard]] static storage::Result<Listener> Unix(const std::filesystem::path& path);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  /// Closes, and removes the socket file if it is still this one.
  ~Listener();

  int descriptor() const { return descriptor_; }
  std::uint16_t port() const { return port_; }

  /// nullopt: none is waiting, or `exhausted` tells that no more descriptors are to be had for now.
  /// Connections of other users than root and our own to a Unix socket are closed here.
  std::optional<AcceptedConnection> Accept(bool& exhausted) const;

 private:
  explicit Listener(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  std::uint16_t port_ = 0;
  std::optional<UnixSocketAddress> file_;
  struct stat file_status_ {};
};

}  // namespace scimledger::api
