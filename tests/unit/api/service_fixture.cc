#include "tests/unit/api/service_fixture.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <future>

#include "storage/hash.h"
#include "storage/memory_event_log.h"

namespace scimledger::api {

std::string Answer::Header(std::string_view name) const {
  return std::string(FindHeader(headers, name).value_or(""));
}

std::string Answer::Text(std::string_view member) const {
  const std::string before = fmt::format(R"("{}":")", member);
  const std::size_t begin = body.find(before);
  if (begin == std::string::npos) return {};
  const std::size_t value = begin + before.size();
  return body.substr(value, body.find('"', value) - value);
}

Answer Send(HttpHandler& handler, HttpRequest request) {
  std::promise<HttpResponse> promise;
  auto future = promise.get_future();
  handler.Handle(std::move(request),
                 [&promise](HttpResponse response) { promise.set_value(std::move(response)); });
  HttpResponse response = future.get();
  Answer answer{response.status, std::move(response.headers), std::move(response.body)};
  if (response.stream) {
    while (response.stream(answer.body)) {
    }
  }
  return answer;
}

ServiceTest::ServiceTest()
    : directory_(std::filesystem::temp_directory_path() /
                 ("scimledger_service_" + storage::RandomUuid().ToString())),
      log_(storage::MakeMemoryEventLog(storage::RandomUuid())) {
  service_options_.log_requests = false;
  tenant_options_.projections = directory_;
  tenant_options_.notice = [this](const std::string& line) {
    const std::lock_guard lock(notices_mutex_);
    notices_.push_back(line);
  };
  Start();
}

ServiceTest::~ServiceTest() {
  Stop();
  std::filesystem::remove_all(directory_);
}

void ServiceTest::Start() {
  auto tenant = Tenant::Open(std::make_unique<SurvivingLog>(log_), clock_, tenant_options_);
  ASSERT_TRUE(tenant) << tenant.error().message;
  tenant_ = tenant->get();
  tenants_ = MakeCatalogOf(*std::move(tenant));
  service_ = Service::Make(service_options_);
  service_->Attach(*tenants_);
}

void ServiceTest::Stop() {
  if (service_) service_->Drain();
  service_.reset();
  tenants_.reset();
}

HttpRequest ServiceTest::Request(std::string method, std::string target, std::string body,
                                 std::string token) {
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  request.peer_address = "192.0.2.7";
  request.headers.emplace_back("Host", "scim.example");
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/scim+json");
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  return request;
}

Answer ServiceTest::Local(std::string method, std::string target, std::string body) {
  HttpRequest request = Request(std::move(method), std::move(target), std::move(body));
  request.transport = Transport::kControlSocket;
  request.peer_uid = 1000;
  request.peer_address.clear();
  return Send(*service_, std::move(request));
}

Answer ServiceTest::As(Role role, std::string method, std::string target, std::string body,
                       Headers more) {
  HttpRequest request =
      Request(std::move(method), std::move(target), std::move(body), TokenOf(role));
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  return Send(*service_, std::move(request));
}

const std::string& ServiceTest::TokenOf(Role role) {
  const auto known = std::find_if(tokens_.begin(), tokens_.end(),
                                  [&](const auto& token) { return token.first == role; });
  if (known != tokens_.end()) return known->second;
  const Answer made = Local("POST", "/admin/v1/tokens",
                            fmt::format(R"({{"name":"{0}-1","role":"{0}"}})", ToString(role)));
  EXPECT_EQ(made.status, 201) << made.body;
  return tokens_.emplace_back(role, made.Text("secret")).second;
}

std::string ServiceTest::CreateUser(std::string_view user_name) {
  const Answer made = Local(
      "POST", "/scim/v2/Users",
      fmt::format(R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}"}})",
                  user_name));
  EXPECT_EQ(made.status, 201) << made.body;
  return made.Text("id");
}

std::filesystem::path ServiceTest::SnapshotFile() const {
  return directory_ / "default" / "directory.snapshot";
}

testing::AssertionResult IsScimError(const Answer& answer, int status, std::string_view scim_type) {
  const auto fail = [&] {
    return testing::AssertionFailure() << answer.status << ' ' << answer.body;
  };
  if (answer.status != status) return fail() << " has another status";
  if (answer.Header("Content-Type") != "application/scim+json")
    return fail() << " has another type";
  simdjson::dom::parser parser;
  simdjson::dom::element body;
  if (parser.parse(answer.body).get(body) != simdjson::SUCCESS) return fail() << " is not JSON";
  std::string_view schema, status_text, detail, type;
  if (body.at_pointer("/schemas/0").get(schema) != simdjson::SUCCESS ||
      schema != "urn:ietf:params:scim:api:messages:2.0:Error") {
    return fail() << " is not a SCIM error";
  }
  if (body["status"].get(status_text) != simdjson::SUCCESS ||
      status_text != std::to_string(status)) {
    return fail() << " says another status inside";
  }
  if (body["detail"].get(detail) != simdjson::SUCCESS || detail.empty()) {
    return fail() << " has no detail";
  }
  if (body["scimType"].get(type) != simdjson::SUCCESS) type = "";
  if (type != scim_type) return fail() << " has scimType " << type;
  return testing::AssertionSuccess();
}

}  // namespace scimledger::api
