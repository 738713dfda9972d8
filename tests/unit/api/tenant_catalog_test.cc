#include "api/tenant_catalog.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <string>

#include "api/service.h"
#include "api/tenant_name.h"
#include "engine/json.h"
#include "engine/resource_json.h"
#include "storage/hash.h"
#include "storage/log_store.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

TEST(TenantNameTest, NamesAreDnsLabels) {
  for (const char* name : {"a", "acme", "a-b", "0", "acme-2"})
    EXPECT_TRUE(IsTenantName(name)) << name;
  EXPECT_TRUE(IsTenantName(std::string(63, 'a')));
  for (const char* name : {"", "-a", "a-", "A", "a.b", "a/b", "a_b", "..", "\u00e4"}) {
    EXPECT_FALSE(IsTenantName(name)) << name;
  }
  EXPECT_FALSE(IsTenantName(std::string(64, 'a')));
}

// rows: Y1
TEST(TenantNameTest, TokensNameTheirTenant) {
  EXPECT_EQ(TenantOfToken("sl_abc"), "default");
  EXPECT_EQ(TenantOfToken(TokenPrefix("acme") + "sl_abc"), "acme");
  EXPECT_EQ(TenantOfToken(TokenPrefix("default") + "sl_abc"), "default");
  EXPECT_EQ(TenantOfToken("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"), std::nullopt);
  EXPECT_EQ(TenantOfToken(".sl_abc"), std::nullopt);
}

/// A service over a log store on disk.
class TenantCatalogTest : public testing::Test {
 protected:
  TenantCatalogTest()
      : directory_(std::filesystem::temp_directory_path() /
                   ("scimledger_tenants_" + storage::RandomUuid().ToString())) {
    std::filesystem::create_directories(directory_);
    Open();
  }
  ~TenantCatalogTest() override {
    Close();
    std::filesystem::remove_all(directory_);
  }

  void Open() {
    auto store = storage::LogStore::Open(directory_ / "log", {.create_if_missing = true});
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
    TenantOptions options;
    options.projections = directory_ / "projections";
    auto catalog = OpenCatalog(*store_, clock_, std::move(options));
    ASSERT_TRUE(catalog) << catalog.error().message;
    catalog_ = *std::move(catalog);
    ServiceOptions service_options;
    service_options.log_requests = false;
    service_options.authentication.access_token_key = key_;
    service_ = Service::Make(std::move(service_options));
    service_->Attach(*catalog_);
  }

  void Close() {
    if (service_) service_->Drain();
    service_.reset();
    catalog_.reset();
    store_.reset();
  }

  Answer Local(std::string method, std::string target, std::string body = {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.transport = Transport::kControlSocket;
    request.headers.emplace_back("Host", "scim.example");
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    return Send(*service_, std::move(request));
  }

  static std::string Named(std::string_view name) {
    return fmt::format(R"({{"name":"{}"}})", name);
  }

  std::filesystem::path directory_;
  const storage::SecretKey key_ = storage::SecretKey::Random();
  SteppingClock clock_;
  std::unique_ptr<storage::LogStore> store_;
  std::unique_ptr<TenantCatalog> catalog_;
  std::unique_ptr<Service> service_;
};

// rows: Z10
TEST_F(TenantCatalogTest, IdsLinkNobodyAcrossTenantsOrLives) {
  ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named("acme")).status, 201);
  const std::string user =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane","externalId":"x7","password":"pw"})";
  const std::string id = Local("POST", "/scim/v2/Users", user).Text("id");
  const std::string elsewhere = Local("POST", "/scim/v2/t/acme/Users", user).Text("id");
  ASSERT_EQ(Local("DELETE", "/scim/v2/Users/" + id).status, 204);
  const std::string again = Local("POST", "/scim/v2/Users", user).Text("id");

  for (const std::string& each : {id, elsewhere, again}) {
    const auto parsed = Uuid::Parse(each);
    ASSERT_TRUE(parsed) << each;
    EXPECT_EQ(each[14], '4') << "a random UUID (RFC 9562 5.4), made of nothing that is known";
  }
  EXPECT_NE(id, elsewhere);
  EXPECT_NE(id, again);
  // Whoever asks for less gets less: the id, which is always returned, and what he named.
  const Answer less = Local("GET", "/scim/v2/Users/" + again + "?attributes=userName");
  EXPECT_FALSE(less.body.contains("x7")) << less.body;
  EXPECT_FALSE(less.body.contains("meta")) << less.body;
}

TEST_F(TenantCatalogTest, ATenantIsLoadedWhenItIsFirstAskedFor) {
  ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named("acme")).status, 201);
  const std::string user =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"})";
  ASSERT_EQ(Local("POST", "/scim/v2/t/acme/Users", user).status, 201);
  Close();
  Open();

  EXPECT_EQ(catalog_->FindLoaded("acme"), nullptr);
  EXPECT_EQ(catalog_->FindLoaded("default"), nullptr);
  EXPECT_TRUE(catalog_->Has("acme"));
  const Answer listed = Local("GET", "/scim/v2/t/acme/Users");
  EXPECT_EQ(listed.status, 200);
  EXPECT_TRUE(listed.body.contains(R"("totalResults":1)")) << listed.body;
  EXPECT_NE(catalog_->FindLoaded("acme"), nullptr);
  EXPECT_EQ(catalog_->FindLoaded("default"), nullptr);
}

// What a crash leaves between the record and the log of a new tenant: here the record alone is
// made.
TEST_F(TenantCatalogTest, ATenantThatIsRecordedGetsItsLogLater) {
  Tenant& system = *catalog_->FindLoaded("system");
  const RegistryPtr registry = system.directory().current_registry();
  const ResourceType& type = *registry->FindTypeByName(kTenantType);
  const auto json =
      JsonDocument::Parse(fmt::format(R"({{"schemas":["{}"],"name":"acme"}})", kTenantSchema));
  auto draft = ParseResource(*registry, type, json->root());
  ASSERT_TRUE(draft);
  Command command;
  command.body = CreateResource{type.id, storage::RandomUuid(), *std::move(draft)};
  command.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
  command.transaction = storage::RandomUuid();
  command.registry = registry;
  std::promise<bool> done;
  system.Submit(std::move(command),
                [&done](const Result<Outcome>& outcome) { done.set_value(outcome.has_value()); });
  ASSERT_TRUE(done.get_future().get());
  Close();
  Open();

  EXPECT_EQ(Local("GET", "/scim/v2/t/acme/Users").status, 200);
}

TEST_F(TenantCatalogTest, LogsAreApart) {
  ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named("acme")).status, 201);
  const std::string user =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"})";
  EXPECT_EQ(Local("POST", "/scim/v2/t/acme/Users", user).Header("Ledger-Sequence"), "1");
  EXPECT_EQ(Local("POST", "/scim/v2/Users", user).Header("Ledger-Sequence"), "1");
  EXPECT_NE(catalog_->FindLoaded("acme")->log().id(), catalog_->FindLoaded("default")->log().id());
  for (const char* tenant : {"acme", "default", "system"}) {
    const auto verified = catalog_->FindLoaded(tenant)->VerifyReplay(nullptr);
    ASSERT_TRUE(verified) << tenant;
    EXPECT_EQ(verified->live, verified->replayed) << tenant;
  }
}

// rows: Y4
TEST_F(TenantCatalogTest, OauthClientsNameTheirTenant) {
  ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named("acme")).status, 201);
  const Answer token = Local("POST", "/t/acme/admin/v1/tokens", R"({"name":"e","role":"reader"})");
  const std::string client_id = token.Text("clientId");
  ASSERT_EQ(client_id, "acme." + token.Text("id"));
  const auto ask = [&](const std::string& id) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/oauth2/token";
    request.peer_address = "192.0.2.7";
    request.headers = {{"Host", "scim.example"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}", id,
                               token.Text("secret"));
    return Send(*service_, std::move(request));
  };
  const Answer given = ask(client_id);
  ASSERT_EQ(given.status, 200) << given.body;
  const std::string access_token = given.Text("access_token");
  EXPECT_TRUE(access_token.starts_with("acme.slat_"));
  const auto read = [&](const std::string& target) {
    HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.peer_address = "192.0.2.7";
    request.headers = {{"Host", "scim.example"}, {"Authorization", "Bearer " + access_token}};
    return Send(*service_, std::move(request)).status;
  };
  EXPECT_EQ(read("/scim/v2/Users"), 200);
  EXPECT_EQ(read("/scim/v2/t/acme/Users"), 200);
  EXPECT_EQ(read("/scim/v2/t/default/Users"), 404);

  // Of another tenant, and of none, it is as unknown as any.
  const Answer unknown = ask(token.Text("id"));
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.Text("error"), "invalid_client");
  EXPECT_EQ(ask("nobody." + token.Text("id")).body, unknown.body);
}

// rows: Y4
TEST_F(TenantCatalogTest, NobodyWithoutATokenOfATenantLearnsOfItOrLoadsIt) {
  ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named("acme")).status, 201);
  const std::string secret =
      Local("POST", "/t/acme/admin/v1/tokens", R"({"name":"e","role":"reader"})").Text("secret");
  Close();
  Open();
  ASSERT_TRUE(catalog_->Load("default"));
  const auto read = [&](const std::string& target, const std::string& token) {
    HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.peer_address = "192.0.2.7";
    request.headers = {{"Host", "scim.example"}};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    EXPECT_TRUE(service_->RefusesUnread(request) || target.contains("ServiceProvider")) << target;
    Answer answer = Send(*service_, std::move(request));
    std::erase_if(answer.headers,
                  [](const auto& header) { return header.first == "X-Request-Id"; });
    return answer;
  };
  for (const char* target : {"/scim/v2/Users", "/scim/v2/t/{}/Users", "/t/{}/audit/v1/events",
                             "/scim/v2/ServiceProviderConfig", "/scim/v2/t/{}/Schemas"}) {
    for (const char* token :
         {"", "{}.x", "{}.sl_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaAAAAAAAA"}) {
      const auto of = [&](const char* name) {
        return read(fmt::format(fmt::runtime(target), name),
                    fmt::format(fmt::runtime(token), name));
      };
      const Answer known = of("acme");
      const Answer unknown = of("nobody");
      EXPECT_EQ(known.status, unknown.status) << target << ' ' << token;
      EXPECT_EQ(known.headers, unknown.headers) << target << ' ' << token;
      EXPECT_EQ(known.body, unknown.body) << target << ' ' << token;
      EXPECT_EQ(catalog_->FindLoaded("acme"), nullptr) << target << ' ' << token;
    }
  }
  std::string forged = secret;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(read("/scim/v2/Schemas", forged).status, 401);
  EXPECT_EQ(catalog_->FindLoaded("acme"), nullptr);
  HttpRequest request;
  request.method = "GET";
  request.target = "/scim/v2/Users";
  request.peer_address = "192.0.2.7";
  request.headers = {{"Host", "scim.example"}, {"Authorization", "Bearer " + secret}};
  EXPECT_EQ(Send(*service_, std::move(request)).status, 200);
  EXPECT_NE(catalog_->FindLoaded("acme"), nullptr);
}

// rows: Y4
TEST_F(TenantCatalogTest, NobodyHearsOfAReplayOfAnotherTenant) {
  for (const char* name : {"acme", "zeta"}) {
    ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named(name)).status, 201);
  }
  const std::string secret =
      Local("POST", "/t/acme/admin/v1/tokens", R"({"name":"e","role":"admin"})").Text("secret");
  for (int bulk = 0; bulk < 10; ++bulk) {
    std::string operations;
    for (int i = 0; i < 1000; ++i) {
      operations +=
          fmt::format(R"({}{{"method":"POST","path":"/Users","bulkId":"{}","data":{{"schemas":)"
                      R"(["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}-{}"}}}})",
                      i == 0 ? "" : ",", i, bulk, i);
    }
    ASSERT_EQ(
        Local("POST", "/scim/v2/t/zeta/Bulk",
              R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)" +
                  operations + "]}")
            .status,
        200);
  }
  const auto as_acme = [&](const std::string& target) {
    HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.peer_address = "192.0.2.7";
    request.headers = {{"Host", "scim.example"}, {"Authorization", "Bearer " + secret}};
    Answer answer = Send(*service_, std::move(request));
    std::erase_if(answer.headers,
                  [](const auto& header) { return header.first == "X-Request-Id"; });
    return answer;
  };
  const std::string nothing = R"({"position":null,"head":null})";
  const auto is_running = [&] { return Local("GET", "/t/zeta/admin/v1/replay").body != nothing; };

  // Seen running before and after the others asked: it ran while they did.
  bool was_seen = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!was_seen && std::chrono::steady_clock::now() < deadline) {
    auto replay = std::async(std::launch::async, [this] {
      return Local("POST", "/t/zeta/admin/v1/replay/verify").status;
    });
    while (!is_running() && replay.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    }
    const Answer own = as_acme("/admin/v1/replay");
    const Answer existing = as_acme("/t/zeta/admin/v1/replay");
    const Answer missing = as_acme("/t/nobody/admin/v1/replay");
    const Answer elsewhere = Local("GET", "/admin/v1/replay");
    was_seen = is_running();
    EXPECT_EQ(replay.get(), 200);
    EXPECT_EQ(own.body, nothing);
    EXPECT_EQ(elsewhere.body, nothing);
    EXPECT_EQ(existing.status, 404);
    EXPECT_EQ(existing.status, missing.status);
    EXPECT_EQ(existing.headers, missing.headers);
    EXPECT_EQ(existing.body, missing.body);
  }
  EXPECT_TRUE(was_seen);
}

TEST_F(TenantCatalogTest, MetricsSumUpAndNameNobody) {
  ASSERT_EQ(Local("POST", "/t/system/admin/v1/tenants", Named("acme")).status, 201);
  const std::string user =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"})";
  ASSERT_EQ(Local("POST", "/scim/v2/t/acme/Users", user).status, 201);
  ASSERT_EQ(Local("POST", "/scim/v2/Users", user).status, 201);

  const Answer metrics = Local("GET", "/metrics");

  EXPECT_TRUE(metrics.body.contains("scimledger_tenants_loaded 3")) << metrics.body;
  // Two definitions and a tenant in the system log, and a user each.
  EXPECT_TRUE(metrics.body.contains("scimledger_events_total 5")) << metrics.body;
  EXPECT_FALSE(metrics.body.contains("acme"));
}

}  // namespace
}  // namespace scimledger::api
