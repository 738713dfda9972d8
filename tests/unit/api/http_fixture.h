#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "api/http_server.h"

namespace scimledger::api {

/// Answers with what a test says; 200 with `<method> <target> <body>` unless told otherwise.
class FakeHandler : public HttpHandler {
 public:
  using Behaviour = std::function<void(HttpRequest, Respond)>;

  FakeHandler() = default;
  explicit FakeHandler(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  void Handle(HttpRequest request, Respond respond) override;
  std::vector<HttpRequest> seen();

 private:
  Behaviour behaviour_;
  std::mutex mutex_;
  std::vector<HttpRequest> seen_;
};

HttpResponse TextResponse(std::string body);

/// A response as it was on the wire.
struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;

  std::string Header(std::string_view name) const;
};

/// A blocking client that says exactly what it is told to say. Waits at most ten seconds.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  explicit RawConnection(const std::filesystem::path& socket);
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  virtual ~RawConnection();

  bool is_connected() const { return descriptor_ >= 0; }
  /// False: the server does not take it.
  bool Send(std::string_view bytes);
  void EndSending();
  /// As a client that dies: with a reset.
  void Reset();
  /// nullopt: the connection ended first. `to_head`: answers to HEAD have no body.
  std::optional<RawResponse> Receive(bool to_head = false);
  /// Everything until the server closes; nullopt: it did not within the time, or reset.
  std::optional<std::string> ReceiveAll();
  /// The server closed, and sent nothing more.
  bool IsAtEnd();
  void ShrinkReceiveBuffer(int bytes = 4096);

 protected:
  // As send and recv.
  virtual ssize_t SendSome(std::string_view bytes);
  virtual ssize_t ReceiveSome(std::span<char> room);
  int descriptor() const { return descriptor_; }

 private:
  bool Fill();

  int descriptor_ = -1;
  bool was_reset_ = false;
  std::string unread_;
};

/// A server on a free port of 127.0.0.1.
std::unique_ptr<HttpServer> StartServer(HttpHandler& handler, HttpServerOptions options = {});

/// `<request line>`, Host, the given header lines, and the body with its length.
std::string Request(std::string_view line, std::string_view headers = "",
                    std::string_view body = "");

/// A folder that is removed at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace scimledger::api
