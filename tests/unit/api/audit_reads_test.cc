#include "api/audit_reads.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>

#include "api/server_record.h"
#include "api/service.h"
#include "api/tenant_name.h"
#include "storage/hash.h"
#include "storage/log_store.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

constexpr const char* kJane =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane"})";

/// A service over a data directory that keeps its books, on a clock that the test sets.
class AuditReadsTest : public testing::Test {
 protected:
  class StillClock final : public Clock {
   public:
    std::int64_t NowUs() override { return now_us; }
    std::atomic<std::int64_t> now_us{SteppingClock::kStartUs};
  };

  AuditReadsTest()
      : directory_(std::filesystem::temp_directory_path() /
                   ("scimledger_reads_" + storage::RandomUuid().ToString())) {
    std::filesystem::create_directories(directory_);
    Open();
    EXPECT_EQ(Local("POST", "/scim/v2/Users", kJane).status, 201);
  }
  ~AuditReadsTest() override {
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
    service_options.access.directory = directory_ / "access";
    service_ = Service::Make(std::move(service_options));
    service_->Attach(*catalog_);
  }

  void Close() {
    if (service_) service_->Drain();
    service_.reset();
    catalog_.reset();
    store_.reset();
  }

  void Reopen() {
    Close();
    Open();
  }

  void Advance(std::chrono::seconds by) { clock_.now_us += by.count() * 1'000'000; }

  Answer Local(std::string method, std::string target, std::string body = {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.transport = Transport::kControlSocket;
    request.peer_uid = 7;
    request.headers = {{"Host", "scim.example"}, {"Content-Type", "application/scim+json"}};
    request.body = std::move(body);
    return Send(*service_, std::move(request));
  }

  /// The events of some kinds, ids left out. Reading them so is a read of the trail as well.
  std::string Events(const std::string& tenant, const std::string& filter) {
    const std::string target = "/t/" + tenant + "/audit/v1/events?filter=" + filter;
    static const std::regex kId(
        R"x(("(id|transaction)":)?"[0-9a-f]{8}-[0-9a-f-]{27}",?|"tenant":"[a-z]+",)x");
    std::string body = std::regex_replace(Local("GET", target).body, kId, "");
    return body.substr(0, body.rfind(R"(,"asOf")"));
  }
  std::string Reads() { return Events("default", "kind%20eq%20%22AuditRead%22"); }

  std::filesystem::path directory_;
  StillClock clock_;
  std::unique_ptr<storage::LogStore> store_;
  std::unique_ptr<TenantCatalog> catalog_;
  std::unique_ptr<Service> service_;
};

constexpr const char* kNothing = R"({"events":[],"next":null)";

TEST_F(AuditReadsTest, ReadsOfAMinuteAreOneEvent) {
  Local("GET", "/audit/v1/events?limit=1");
  Advance(std::chrono::seconds(10));
  Local("GET", "/audit/v1/events");
  Local("GET", "/audit/v1/denied");
  EXPECT_EQ(Reads(), kNothing) << "the minute is not over";
  Advance(std::chrono::seconds(50));
  Reopen();

  EXPECT_EQ(
      Reads(),
      R"({"events":[{"sequence":2,"time":"2026-11-18T11:07:40.000000Z","kind":"AuditRead","resource":{"type":"AuditTrail","id":"audit","name":"audit trail"},"actor":{"id":"local:7","role":"admin","method":"local"},"changes":[{"path":"count","after":4},{"path":"first","after":"2026-11-18T11:06:40.000000Z"},{"path":"last","after":"2026-11-18T11:06:50.000000Z"},{"path":"routes","after":["/audit/v1/denied","/audit/v1/events"]}]}],"next":null)");
}

TEST_F(AuditReadsTest, WhatIsNoReadOfTheTrailIsNotRecorded) {
  for (const char* target :
       {"/healthz", "/metrics", "/scim/v2/Users", "/scim/v2/Users?asOf=1", "/admin/v1/tokens"}) {
    EXPECT_EQ(Local("GET", target).status, 200) << target;
  }
  service_->RecordReads();
  EXPECT_EQ(catalog_->FindLoaded(kDefaultTenant)->directory().position(), Sequence{1});
}

TEST_F(AuditReadsTest, AStoppingServerRecordsAtOnce) {
  Local("GET", "/audit/v1/events");
  service_->RecordReads();
  EXPECT_EQ(catalog_->FindLoaded(kDefaultTenant)->directory().position(), Sequence{2});
  service_->RecordReads();
  EXPECT_EQ(catalog_->FindLoaded(kDefaultTenant)->directory().position(), Sequence{2});
}

/// Commands that open the directory one after the other make one event a minute, not one each.
TEST_F(AuditReadsTest, ReadsAreKeptForWhoOpensNext) {
  for (int i = 0; i < 5; ++i) {
    Local("GET", "/audit/v1/events");
    Reopen();
    EXPECT_EQ(catalog_->FindLoaded(kDefaultTenant), nullptr) << "nothing was due";
  }
  Advance(std::chrono::seconds(61));
  Reopen();
  EXPECT_TRUE(Reads().contains(R"({"path":"count","after":5})")) << Reads();
}

TEST_F(AuditReadsTest, ReadsOfOneTenantAreInItsLog) {
  Local("GET", "/t/system/audit/v1/events");
  const Sequence before = catalog_->FindLoaded(kSystemTenant)->directory().position();
  service_->RecordReads();
  EXPECT_EQ(catalog_->FindLoaded(kSystemTenant)->directory().position(), before.Next());
  EXPECT_EQ(catalog_->FindLoaded(kDefaultTenant)->directory().position(), Sequence{1});
}

TEST_F(AuditReadsTest, RecordsChangeNoState) {
  Local("GET", "/audit/v1/events");
  service_->RecordReads();
  ASSERT_TRUE(RecordServerStart(*catalog_, {"1", {{"listen", "\"x\""}}}));
  for (const std::string_view tenant : {kDefaultTenant, kSystemTenant}) {
    const auto verified = catalog_->FindLoaded(tenant)->VerifyReplay({});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->live, verified->replayed);
  }
}

/// What the system's log says of starts and stops: kinds and changes.
class ServerRecordTest : public AuditReadsTest {
 protected:
  void Start(std::map<std::string, std::string> settings) {
    Reopen();
    const auto recorded = RecordServerStart(*catalog_, {"1.2", std::move(settings)});
    ASSERT_TRUE(recorded) << recorded.error().message;
  }
  std::string Story() {
    static const std::regex kEvent(R"x("kind":"(\w+)".*?"changes":(\[.*?\])\})x");
    const std::string events = Events("system", "resource.type%20eq%20%22Server%22");
    std::string story;
    for (std::sregex_iterator match(events.begin(), events.end(), kEvent), end; match != end;
         ++match) {
      story += (*match)[1].str() + ' ' + (*match)[2].str() + '\n';
    }
    return story;
  }
};

TEST_F(ServerRecordTest, StartsSayHowTheServerEndedBefore) {
  Start({});
  ASSERT_TRUE(RecordServerStop(*catalog_, "SIGTERM"));
  Start({});
  Start({});

  const std::string settings = R"({"path":"settings","after":{}}])";
  const std::string version = R"([{"path":"version","after":"1.2"},)";
  EXPECT_EQ(Story(), "ServerStarted " + version + R"({"path":"previousStop","after":"none"},)" +
                         settings +
                         "\nServerStopped [{\"path\":\"reason\",\"after\":\"SIGTERM\"}]"
                         "\nServerStarted " +
                         version + R"({"path":"previousStop","after":"clean"},)" + settings +
                         "\nServerStarted " + version +
                         R"({"path":"previousStop","after":"not clean"},)" + settings + '\n');
}

TEST_F(ServerRecordTest, ChangedSettingsAreAnEventOfTheirOwn) {
  Start({{"listen", R"("127.0.0.1:1")"}, {"page_max", R"("10")"}});
  Start({{"listen", R"("127.0.0.1:1")"}, {"page_max", R"("10")"}});
  Start({{"listen", R"("127.0.0.1:2")"}, {"public_url", R"("https://x")"}});

  const std::string story = Story();
  EXPECT_EQ(story.find("ConfigurationChanged"), story.rfind("ConfigurationChanged")) << story;
  EXPECT_TRUE(story.ends_with(
      R"(ConfigurationChanged [{"path":"listen","before":"127.0.0.1:1","after":"127.0.0.1:2"},)"
      R"({"path":"page_max","before":"10"},{"path":"public_url","after":"https://x"}])"
      "\n"))
      << story;
}

}  // namespace
}  // namespace scimledger::api
