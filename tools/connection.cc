#include "tools/connection.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "api/http_client.h"
#include "api/tenant_name.h"
#include "tools/local_service.h"

namespace scimledger::tools {
namespace {

constexpr std::chrono::seconds kRequestTimeout{3600};  // a replay of a large log takes its time
constexpr std::chrono::seconds kOwnerWait{5};
constexpr std::chrono::milliseconds kOwnerPoll{50};

/// The target for that tenant (api/service.h).
std::string InTenant(const std::string& tenant, std::string target) {
  if (tenant.empty()) return target;
  return "/t/" + tenant + target;
}

storage::Result<std::unique_ptr<api::HttpClient>> Connect(const ConnectionOptions& options) {
  if (!options.server.empty()) {
    return api::HttpClient::ForUrl(options.server, kRequestTimeout, options.tls);
  }
  return api::HttpClient::ForSocket(storage::DataDirectory::ControlSocket(options.data),
                                    kRequestTimeout);
}

class RemoteConnection : public Connection {
 public:
  RemoteConnection(std::unique_ptr<api::HttpClient> client, ConnectionOptions options)
      : client_(std::move(client)), options_(std::move(options)) {}

  storage::Result<api::HttpResponse> Send(api::HttpRequest request) override {
    request.target = InTenant(options_.tenant, std::move(request.target));
    if (!options_.token.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + options_.token);
    }
    return client_->Send(request);
  }

  std::unique_ptr<Connection> Another() override {
    auto client = Connect(options_);
    if (!client) return nullptr;
    return std::make_unique<RemoteConnection>(*std::move(client), options_);
  }

 private:
  std::unique_ptr<api::HttpClient> client_;
  ConnectionOptions options_;
};

class InProcessConnection : public Connection {
 public:
  InProcessConnection(std::shared_ptr<LocalService> local, std::string tenant)
      : local_(std::move(local)), tenant_(std::move(tenant)) {}

  storage::Result<api::HttpResponse> Send(api::HttpRequest request) override {
    request.target = InTenant(tenant_, std::move(request.target));
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

  std::unique_ptr<Connection> Another() override {
    return std::make_unique<InProcessConnection>(local_, tenant_);
  }

 private:
  std::shared_ptr<LocalService> local_;
  const std::string tenant_;
};

}  // namespace

storage::Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  if (!options.tenant.empty() && !api::IsTenantName(options.tenant)) {
    return storage::Fail(storage::ErrorCode::kInvalid,
                         "'" + options.tenant + "' is no tenant's name");
  }
  if (!options.server.empty()) {
    SCIMLEDGER_TRY_ASSIGN(auto client, Connect(options));
    return std::make_unique<RemoteConnection>(std::move(client), options);
  }
  const auto deadline = std::chrono::steady_clock::now() + kOwnerWait;
  for (;;) {
    if (auto client = Connect(options)) {
      return std::make_unique<RemoteConnection>(*std::move(client), options);
    }
    auto local = LocalService::Open(
        options.data, options.if_missing,
        options.tenant.empty() ? std::string(api::kDefaultTenant) : options.tenant);
    if (local) return std::make_unique<InProcessConnection>(std::move(*local), options.tenant);
    const bool owner_may_listen_soon = local.error().code == storage::ErrorCode::kLocked &&
                                       std::chrono::steady_clock::now() < deadline;
    if (!owner_may_listen_soon) return std::unexpected(std::move(local).error());
    std::this_thread::sleep_for(kOwnerPoll);
  }
}

storage::Result<std::unique_ptr<Connection>> Connection::OpenServer(
    const ConnectionOptions& options) {
  auto client = Connect(options);
  if (client) return std::make_unique<RemoteConnection>(*std::move(client), options);
  if (!options.server.empty()) return std::unexpected(std::move(client).error());
  return storage::Fail(storage::ErrorCode::kNotFound,
                       "no server runs on " + options.data.string());
}

}  // namespace scimledger::tools
