#include "api/http_server_listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "api/host_lookup.h"

namespace scimledger::api {

using storage::ErrorCode;
using storage::Fail;

namespace {

constexpr int kBacklog = 4096;

/// The sockets API passes every kind of address as this one.
template <typename Address>
sockaddr* Generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}
template <typename Address>
const sockaddr* Generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::unexpected<storage::Error> CannotListen(const std::string& where, int error) {
  if (error == EADDRINUSE) {
    return Fail(
        ErrorCode::kIo,
        fmt::format("cannot listen on {}: the address is in use by another process; stop it, "
                    "or choose another port",
                    where));
  }
  return Fail(ErrorCode::kIo, fmt::format("cannot listen on {}: {}", where, std::strerror(error)));
}

std::uint16_t BoundPort(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(descriptor, Generic(address), &size) != 0) return 0;
  const in_port_t port = address.ss_family == AF_INET6
                             ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                             : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return ntohs(port);
}

/// Without the brackets of a URL, and an IPv4 address that came in over IPv6 as IPv4.
std::string AddressText(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  }
  const std::string_view view(text);
  constexpr std::string_view kMapped = "::ffff:";
  const bool is_mapped = view.starts_with(kMapped) && view.contains('.');
  return std::string(is_mapped ? view.substr(kMapped.size()) : view);
}

/// Binds and listens; the errno otherwise.
int Listen(int descriptor, const sockaddr* address, socklen_t size) {
  if (::bind(descriptor, address, size) != 0 || ::listen(descriptor, kBacklog) != 0) return errno;
  return 0;
}

/// 0: a socket file was there, nobody listens on it, and it is gone now; or there was nothing.
int RemoveStaleSocket(const UnixSocketAddress& file) {
  struct stat status {};
  if (::fstatat(file.folder(), file.name().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? 0 : errno;
  }
  if (!S_ISSOCK(status.st_mode)) return EEXIST;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return errno;
  const bool refused =
      ::connect(probe, Generic(file.address()), sizeof(sockaddr_un)) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (!refused) return EADDRINUSE;
  return ::unlinkat(file.folder(), file.name().c_str(), 0) == 0 ? 0 : errno;
}

/// Only root and the user who runs the server; nullopt for everybody else.
std::optional<Peer> LocalPeer(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return std::nullopt;
  }
  if (credentials.uid != 0 && credentials.uid != ::geteuid()) return std::nullopt;
  return Peer{Transport::kControlSocket, "", credentials.uid};
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// What of this host `address` names, with or without the brackets of a URL. nullptr: nothing, and
/// `failed` says why.
Addresses Resolve(const std::string& address, std::uint16_t port, int& failed) {
  const bool in_brackets = address.starts_with('[') && address.ends_with(']');
  const std::string host = in_brackets ? address.substr(1, address.size() - 2) : address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  failed = LookUpHost(host, std::to_string(port), hints, found);
  return Addresses(failed == 0 ? found : nullptr);
}

bool IsLoopback(const sockaddr& address) {
  in_addr v4{};
  if (address.sa_family == AF_INET) {
    v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.sa_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&v6)) return IN6_IS_ADDR_LOOPBACK(&v6);
    std::memcpy(&v4, &v6.s6_addr[12], sizeof(v4));
  }
  return ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

/// A host may stop the loop of accept only for lack of descriptors or memory.
bool IsExhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

bool IsLoopbackAddress(const std::string& address) {
  int failed = 0;
  // The one that Listener::Tcp would bind.
  const Addresses found = Resolve(address, 0, failed);
  return found && IsLoopback(*found->ai_addr);
}

storage::Result<Listener> Listener::Tcp(const std::string& address, std::uint16_t port) {
  const std::string where = fmt::format("{}:{}", address, port);
  int failed = 0;
  const Addresses found = Resolve(address, port, failed);
  if (!found) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("cannot listen on {}: not an address of this host ({})", where,
                            ::gai_strerror(failed)));
  }
  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return CannotListen(where, errno);
  Listener listener(descriptor);
  const int on = 1;
  // Connections of a predecessor in TIME_WAIT must not keep a restart from binding; a living
  // listener still does.
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const int error = Listen(descriptor, found->ai_addr, found->ai_addrlen);
  if (error != 0) return CannotListen(where, error);
  listener.port_ = BoundPort(descriptor);
  return listener;
}

storage::Result<Listener> Listener::Unix(const std::filesystem::path& path) {
  SCIMLEDGER_TRY_ASSIGN(UnixSocketAddress file, UnixSocketAddress::Of(path));
  const int stale = RemoveStaleSocket(file);
  if (stale != 0) return CannotListen(path.string(), stale);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return CannotListen(path.string(), errno);
  Listener listener(descriptor);
  // Linux gives the file that bind makes the mode of the socket itself: there is no moment at which
  // others could connect, and the umask, which belongs to all threads, stays alone.
  if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0) return CannotListen(path.string(), errno);
  const int error = Listen(descriptor, Generic(file.address()), sizeof(sockaddr_un));
  if (error != 0) return CannotListen(path.string(), error);
  if (::fstatat(file.folder(), file.name().c_str(), &listener.file_status_, AT_SYMLINK_NOFOLLOW) !=
      0) {
    return CannotListen(path.string(), errno);
  }
  listener.file_.emplace(std::move(file));
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      port_(other.port_),
      file_(std::move(other.file_)),
      file_status_(other.file_status_) {
  other.file_.reset();
}

Listener::~Listener() {
  if (file_) {
    struct stat now {};
    const bool is_ours =
        ::fstatat(file_->folder(), file_->name().c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0 &&
        now.st_ino == file_status_.st_ino && now.st_dev == file_status_.st_dev;
    if (is_ours) ::unlinkat(file_->folder(), file_->name().c_str(), 0);
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<AcceptedConnection> Listener::Accept(bool& exhausted) const {
  for (;;) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const int descriptor =
        ::accept4(descriptor_, Generic(address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
      // Errors of one connection that died in the queue say nothing about the next one (accept(2)).
      const bool is_done = errno == EAGAIN || errno == EBADF || errno == EINVAL;
      exhausted = IsExhaustion(errno);
      if (is_done || exhausted) return std::nullopt;
      continue;
    }
    if (address.ss_family == AF_UNIX) {
      auto peer = LocalPeer(descriptor);
      if (peer) return AcceptedConnection{descriptor, AF_UNIX, *std::move(peer)};
      ::close(descriptor);
      continue;
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Peer peer;
    peer.address = AddressText(address);
    return AcceptedConnection{descriptor, address.ss_family, std::move(peer)};
  }
}

}  // namespace scimledger::api
