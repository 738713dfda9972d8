#include "http_fixture.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "api/http_unix_socket.h"

namespace scimledger::api {
namespace {

void LimitWaiting(int descriptor) {
  const timeval limit{10, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/// Takes a chunked body off the front of `bytes`; nullopt: not all there.
std::optional<std::string> TakeChunks(std::string& bytes) {
  std::string body;
  std::size_t at = 0;
  for (;;) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string::npos) return std::nullopt;
    const std::size_t size = std::stoul(bytes.substr(at, line_end - at), nullptr, 16);
    const std::size_t data = line_end + 2;
    if (bytes.size() < data + size + 2) return std::nullopt;
    body.append(bytes, data, size);
    at = data + size + 2;
    if (size == 0) break;
  }
  bytes.erase(0, at);
  return body;
}

}  // namespace

void FakeHandler::Handle(HttpRequest request, Respond respond) {
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
  }
  if (behaviour_) {
    behaviour_(std::move(request), std::move(respond));
  } else {
    respond(TextResponse(fmt::format("{} {} {}", request.method, request.target, request.body)));
  }
}

std::vector<HttpRequest> FakeHandler::seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

HttpResponse TextResponse(std::string body) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

std::string RawResponse::Header(std::string_view name) const {
  const std::string start = fmt::format("\r\n{}: ", name);
  const std::size_t found = head.find(start);
  if (found == std::string::npos) return "";
  const std::size_t begin = found + start.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawConnection::RawConnection(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  LimitWaiting(descriptor_);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

RawConnection::RawConnection(const std::filesystem::path& socket) {
  const auto file = UnixSocketAddress::Of(socket);
  if (!file) return;
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  LimitWaiting(descriptor_);
  const auto* address = reinterpret_cast<const sockaddr*>(&file->address());
  if (::connect(descriptor_, address, sizeof(sockaddr_un)) != 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

RawConnection::~RawConnection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool RawConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = SendSome(bytes);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

ssize_t RawConnection::SendSome(std::string_view bytes) {
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ssize_t RawConnection::ReceiveSome(std::span<char> room) {
  return ::recv(descriptor_, room.data(), room.size(), 0);
}

void RawConnection::EndSending() { ::shutdown(descriptor_, SHUT_WR); }

void RawConnection::Reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(std::exchange(descriptor_, -1));
}

void RawConnection::ShrinkReceiveBuffer(int bytes) {
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

bool RawConnection::Fill() {
  std::array<char, 65536> part;
  const ssize_t count = ReceiveSome(part);
  was_reset_ = count < 0;
  if (count <= 0) return false;
  unread_.append(part.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<RawResponse> RawConnection::Receive(bool to_head) {
  RawResponse response;
  while (!unread_.contains("\r\n\r\n")) {
    if (!Fill()) return std::nullopt;
  }
  const std::size_t end = unread_.find("\r\n\r\n") + 4;
  response.head = unread_.substr(0, end);
  response.status = std::stoi(response.head.substr(9, 3));
  unread_.erase(0, end);
  if (to_head || response.status < 200 || response.status == 204) return response;
  if (response.Header("Transfer-Encoding") == "chunked") {
    auto body = TakeChunks(unread_);
    while (!body) {
      if (!Fill()) return std::nullopt;
      body = TakeChunks(unread_);
    }
    response.body = *std::move(body);
    return response;
  }
  const std::size_t length = std::stoul("0" + response.Header("Content-Length"));
  while (unread_.size() < length) {
    if (!Fill()) return std::nullopt;
  }
  response.body = unread_.substr(0, length);
  unread_.erase(0, length);
  return response;
}

std::optional<std::string> RawConnection::ReceiveAll() {
  while (Fill()) {
  }
  if (was_reset_) return std::nullopt;
  return std::exchange(unread_, "");
}

bool RawConnection::IsAtEnd() { return ReceiveAll() == ""; }

std::unique_ptr<HttpServer> StartServer(HttpHandler& handler, HttpServerOptions options) {
  options.port = 0;
  auto server = HttpServer::Start(std::move(options), handler);
  if (server) return *std::move(server);
  ADD_FAILURE() << server.error().message;
  std::abort();
}

std::string Request(std::string_view line, std::string_view headers, std::string_view body) {
  const std::string length = body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size());
  return fmt::format("{} HTTP/1.1\r\nHost: test\r\n{}{}\r\n{}", line, headers, length, body);
}

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "scimledger-http-XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace scimledger::api
