#include "tests/simulators/busy_tenant.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

#include "api/http_client.h"
#include "engine/json.h"

namespace scimledger::simulators {
namespace {

constexpr std::size_t kOperationsPerBulk = 100;
constexpr std::chrono::seconds kTimeout{60};

/// Sends requests on one connection; every answer must be 200.
class Connection {
 public:
  explicit Connection(const Access& access) : token_(access.token) {
    auto client = api::HttpClient::ForUrl(access.url, kTimeout);
    if (!client) throw std::runtime_error(client.error().message);
    client_ = std::move(*client);
  }

  JsonDocument Send(const std::string& method, const std::string& target, std::string body = {}) {
    api::HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers = {{"Authorization", "Bearer " + token_}};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/scim+json");
    request.body = std::move(body);
    const auto answer = client_->Send(request);
    if (!answer) throw std::runtime_error(target + ": " + answer.error().message);
    auto document = JsonDocument::Parse(answer->body);
    if (answer->status != 200 || !document) {
      throw std::runtime_error(
          fmt::format("busy tenant: {} {}: {} {}", method, target, answer->status, answer->body));
    }
    return std::move(*document);
  }

  void RequireTotal(const std::string& target, std::size_t expected) {
    const JsonDocument answer = Send("GET", target);
    const std::uint64_t found = answer.root()["totalResults"];
    if (found == expected) return;
    throw std::runtime_error(
        fmt::format("busy tenant: {}: {} found, it should be {}", target, found, expected));
  }

  /// `operations`: of a Bulk, comma-separated. The ids of the resources, in order.
  std::vector<std::string> SendBulk(const std::string& operations, std::string_view status) {
    const JsonDocument answer =
        Send("POST", "/Bulk",
             R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)" +
                 operations + "]}");
    std::vector<std::string> ids;
    const simdjson::dom::array results = answer.root()["Operations"];
    for (const simdjson::dom::element result : results) {
      if (std::string_view(result["status"]) != status) {
        throw std::runtime_error("busy tenant: in a Bulk: " + simdjson::minify(result));
      }
      const std::string_view location = result["location"];
      ids.emplace_back(location.substr(location.rfind('/') + 1));
    }
    return ids;
  }

 private:
  std::string token_;
  std::unique_ptr<api::HttpClient> client_;
};

std::string CreateOperation(std::size_t number) {
  return fmt::format(
      R"({{"method":"POST","path":"/Users","bulkId":"u{0}","data":{{)"
      R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],)"
      R"("userName":"busy.{0}@halden-freight.example","displayName":"Busy {0}",)"
      R"("name":{{"givenName":"Busy","familyName":"Number {1}"}},)"
      R"("emails":[{{"value":"busy.{0}@halden-freight.example","type":"work"}}]}}}})",
      number, number * 7919 % 10007);
}

std::string TitleOperation(const std::string& id, const std::string& title) {
  return fmt::format(R"({{"method":"PATCH","path":"/Users/{}","data":{{)"
                     R"("schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                     R"("Operations":[{{"op":"replace","path":"title","value":"{}"}}]}}}})",
                     id, title);
}

template <typename Operation>
std::string Join(std::size_t count, Operation operation) {
  std::string joined;
  for (std::size_t i = 0; i < count; ++i) joined += (i > 0 ? "," : "") + operation(i);
  return joined;
}

std::string TitleOf(std::size_t client, std::size_t bulks) {
  return fmt::format("Bulk {} of client {}", bulks, client);
}

}  // namespace

BusyTenant::BusyTenant(Access access, Size size) : access_(std::move(access)), size_(size) {
  clients_.resize(std::min(size_.connections, size_.people));
  for (std::size_t first = 0; first < size_.people; first += kOperationsPerBulk) {
    Create(first, std::min(kOperationsPerBulk, size_.people - first));
  }
}

BusyTenant::~BusyTenant() { is_stopping_ = true; }

void BusyTenant::Create(std::size_t first, std::size_t count) {
  Connection connection(access_);
  const auto ids = connection.SendBulk(
      Join(count, [first](std::size_t i) { return CreateOperation(first + i); }), "201");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& changed = clients_[(first + i) % clients_.size()].ids;
    if (changed.size() < kOperationsPerBulk) changed.push_back(ids[i]);
  }
}

void BusyTenant::Start() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    threads_.emplace_back([this, i] {
      try {
        Run(i);
      } catch (...) {
        clients_[i].failure = std::current_exception();
      }
    });
  }
}

void BusyTenant::Stop() {
  is_stopping_ = true;
  threads_.clear();
  for (const Client& client : clients_) {
    if (client.failure) std::rethrow_exception(client.failure);
    Append(client.latencies, latencies_);
  }
}

void BusyTenant::Run(std::size_t index) {
  Client& client = clients_[index];
  Connection connection(access_);
  const auto measure = [&client](const char* kind, auto work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - begun;
    client.latencies[kind].push_back(taken.count());
  };
  // Each begins elsewhere, so that all kinds are under way at any time.
  for (std::size_t turn = index; !is_stopping_; ++turn) {
    if (turn % 3 == 0) {
      const std::string title = TitleOf(index, ++client.bulks);
      const std::string operations = Join(
          client.ids.size(), [&](std::size_t i) { return TitleOperation(client.ids[i], title); });
      measure("busy: Bulk", [&] { connection.SendBulk(operations, "200"); });
    } else if (turn % 3 == 1) {
      measure("busy: filter that scans", [&] {
        connection.RequireTotal("/Users?filter=name.familyName%20co%20%22nobody%22", 0);
      });
    } else {
      measure("busy: sorted page", [&] {
        connection.RequireTotal(
            "/Users?filter=userName%20co%20%22busy%22&sortBy=name.familyName&count=50",
            size_.people);
      });
    }
  }
}

void BusyTenant::Verify() const {
  Connection connection(access_);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].bulks == 0) throw std::runtime_error("a client of the busy tenant had no turn");
    const std::string title = fmt::format("Bulk%20{}%20of%20client%20{}", clients_[i].bulks, i);
    connection.RequireTotal("/Users?filter=title%20eq%20%22" + title + "%22&count=0",
                            clients_[i].ids.size());
  }
}

}  // namespace scimledger::simulators
