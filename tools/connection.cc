#include "tools/connection.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "api/http_client.h"
#include "tools/local_service.h"

namespace scimledger::tools {
namespace {

constexpr std::chrono::seconds kRequestTimeout{3600};  // a replay of a large log takes its time
constexpr std::chrono::seconds kOwnerWait{5};
constexpr std::chrono::milliseconds kOwnerPoll{50};

class RemoteConnection : public Connection {
 public:
  RemoteConnection(std::unique_ptr<api::HttpClient> client, std::string token)
      : client_(std::move(client)), token_(std::move(token)) {}

  storage::Result<api::HttpResponse> Send(api::HttpRequest request) override {
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    return client_->Send(request);
  }

 private:
  std::unique_ptr<api::HttpClient> client_;
  std::string token_;
};

class InProcessConnection : public Connection {
 public:
  explicit InProcessConnection(std::unique_ptr<LocalService> local) : local_(std::move(local)) {}

  storage::Result<api::HttpResponse> Send(api::HttpRequest request) override {
    request.transport = api::Transport::kInProcess;
    request.peer_uid = ::getuid();
    std::promise<api::HttpResponse> answered;
    local_->service().Handle(std::move(request), [&answered](api::HttpResponse response) {
      answered.set_value(std::move(response));
    });
    api::HttpResponse response = answered.get_future().get();
    if (response.stream) {
      while (response.stream(response.body)) {
      }
      response.stream = nullptr;
    }
    return response;
  }

 private:
  std::unique_ptr<LocalService> local_;
};

}  // namespace

storage::Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  if (!options.server.empty()) {
    SCIMLEDGER_TRY_ASSIGN(auto client, api::HttpClient::ForUrl(options.server, kRequestTimeout));
    return std::make_unique<RemoteConnection>(std::move(client), options.token);
  }
  const auto deadline = std::chrono::steady_clock::now() + kOwnerWait;
  for (;;) {
    const auto socket = storage::DataDirectory::ControlSocket(options.data);
    if (auto client = api::HttpClient::ForSocket(socket, kRequestTimeout)) {
      return std::make_unique<RemoteConnection>(std::move(*client), std::string());
    }
    auto local = LocalService::Open(options.data, options.if_missing, options.tenant);
    if (local) return std::make_unique<InProcessConnection>(std::move(*local));
    const bool owner_may_listen_soon = local.error().code == storage::ErrorCode::kLocked &&
                                       std::chrono::steady_clock::now() < deadline;
    if (!owner_may_listen_soon) return std::unexpected(std::move(local).error());
    std::this_thread::sleep_for(kOwnerPoll);
  }
}

}  // namespace scimledger::tools
