// The HTTP edges of the service: paths, methods, headers, limits, life cycle. What SCIM means is in
// tests/scenarios.

#include <fmt/format.h>

#include <future>
#include <string>
#include <thread>

#include "engine/json.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kUnknownId = "00000000-0000-4000-8000-000000000000";

std::string UserBody(std::string_view user_name) {
  return fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}"}})", user_name);
}

// rows: X7
TEST_F(ServiceTest, UnknownPathsAreScimErrors) {
  for (const char* path :
       {"/", "/scim", "/scim/v2/Nothing", "/scim/v2/users", "/scim/v2/Users/x/y", "/audit/v1",
        "/admin/v1/unknown", "/index.html", "/scim/v2/Schemas/urn:x/y", "/scim/vx/Users"}) {
    EXPECT_TRUE(IsScimError(Local("GET", path), 404)) << path;
  }
  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v1/Users"), 400, "invalidVers"));
  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v2/%zz"), 400, "invalidValue"));
}

// rows: E1 E2 E7
TEST_F(ServiceTest, WrongMethodsAreAnsweredWithAllow) {
  struct Case {
    const char* method;
    const char* path;
    const char* allow;
  };
  for (const Case& each :
       std::initializer_list<Case>{{"PUT", "/scim/v2/Users", "GET, HEAD, POST"},
                                   {"PATCH", "/scim/v2/Groups", "GET, HEAD, POST"},
                                   {"POST", "/scim/v2/Users/1", "GET, HEAD, PUT, PATCH, DELETE"},
                                   {"OPTIONS", "/scim/v2/Users", "GET, HEAD, POST"},
                                   {"get", "/scim/v2/Users", "GET, HEAD, POST"},
                                   {"POST", "/scim/v2/Schemas", "GET, HEAD"},
                                   {"DELETE", "/scim/v2/ResourceTypes/User", "GET, HEAD"},
                                   {"POST", "/scim/v2/ServiceProviderConfig", "GET, HEAD"},
                                   {"GET", "/scim/v2/Bulk", "POST"},
                                   {"POST", "/audit/v1/events", "GET, HEAD"},
                                   {"PUT", "/admin/v1/tokens", "GET, HEAD, POST"},
                                   {"GET", "/admin/v1/tokens/1", "DELETE"},
                                   {"DELETE", "/admin/v1/schemas", "GET, HEAD, POST"},
                                   {"GET", "/admin/v1/replay/verify", "POST"},
                                   {"POST", "/healthz", "GET, HEAD"},
                                   {"DELETE", "/readyz", "GET, HEAD"}}) {
    const Answer answer = Local(each.method, each.path);
    EXPECT_TRUE(IsScimError(answer, 405)) << each.method << ' ' << each.path;
    EXPECT_EQ(answer.Header("Allow"), each.allow) << each.path;
  }
}

TEST_F(ServiceTest, UnsupportedOperationsAnswer501) {
  for (const auto& [method, path] : std::initializer_list<std::pair<const char*, const char*>>{
           {"GET", "/scim/v2/Me"}, {"PATCH", "/scim/v2/Me"}}) {
    EXPECT_TRUE(IsScimError(Local(method, path), 501)) << path;
  }
}

TEST_F(ServiceTest, CreateAnswersWithLocationAndETag) {
  const Answer made = Local("POST", "/scim/v2/Users", UserBody("jane"));

  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.Header("Location"), "http://localhost/scim/v2/Users/" + made.Text("id"));
  EXPECT_EQ(made.Header("ETag"), R"(W/"1")");
  EXPECT_EQ(made.Header("Content-Type"), "application/scim+json");
  EXPECT_EQ(made.Header("Ledger-Sequence"), "1");
  EXPECT_EQ(made.Header("X-Request-Id").size(), 36U);
  EXPECT_EQ(made.Text("location"), made.Header("Location"));
}

TEST_F(ServiceTest, LocationNamesTheHostThatWasAsked) {
  const std::string id = CreateUser("jane");

  const Answer read = As(Role::kReader, "GET", "/scim/v2/Users/" + id);

  EXPECT_EQ(read.Header("Content-Location"), "http://scim.example/scim/v2/Users/" + id);
}

TEST_F(ServiceTest, LocationNamesThePublicUrlWhereSet) {
  Stop();
  service_options_.public_url = "https://id.example/";
  Start();

  const std::string id = CreateUser("jane");

  EXPECT_EQ(Local("GET", "/scim/v2/Users/" + id).Text("location"),
            "https://id.example/scim/v2/Users/" + id);
}

TEST_F(ServiceTest, HostWithAnythingButAHostIsRefused) {
  HttpRequest request = Request("GET", "/scim/v2/Users", {}, TokenOf(Role::kReader));
  request.headers.front().second = "evil\"/x";

  EXPECT_TRUE(IsScimError(Network(std::move(request)), 400, "invalidValue"));
}

TEST_F(ServiceTest, ReadAnswers304ForAKnownVersion) {
  const std::string path = "/scim/v2/Users/" + CreateUser("jane");

  const Answer known = As(Role::kReader, "GET", path, {}, {{"If-None-Match", R"(W/"1")"}});
  const Answer other = As(Role::kReader, "GET", path, {}, {{"If-None-Match", R"(W/"2")"}});

  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.body, "");
  EXPECT_EQ(known.Header("ETag"), R"(W/"1")");
  EXPECT_EQ(other.status, 200);
}

TEST_F(ServiceTest, HeadIsAnsweredAsGet) {
  const std::string path = "/scim/v2/Users/" + CreateUser("jane");

  EXPECT_EQ(Local("HEAD", path).status, 200);
  EXPECT_EQ(Local("HEAD", path).Header("ETag"), R"(W/"1")");
  EXPECT_EQ(Local("HEAD", "/healthz").status, 200);
}

// rows: C1
TEST_F(ServiceTest, IdsAreReadInTheirExactLetterCase) {
  const std::string id = CreateUser("jane");
  std::string upper = id;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  ASSERT_NE(upper, id);

  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v2/Users/" + upper), 404));
  EXPECT_TRUE(IsScimError(Local("DELETE", "/scim/v2/Users/" + upper), 404));
  EXPECT_TRUE(Local("GET", fmt::format("/scim/v2/Users?filter=id+eq+%22{}%22", upper))
                  .body.contains(R"("totalResults":0)"));
  EXPECT_EQ(Local("GET", "/scim/v2/Users/" + id).status, 200);
}

TEST_F(ServiceTest, IdsThatAreUnknownOrNoUuidsAre404) {
  const std::string id = CreateUser("jane");
  for (const std::string& path :
       {fmt::format("/scim/v2/Users/{}", kUnknownId), std::string("/scim/v2/Users/jane"),
        std::string("/scim/v2/Users/a%2Fb"), "/scim/v2/Groups/" + id}) {
    EXPECT_TRUE(IsScimError(Local("GET", path), 404)) << path;
    EXPECT_TRUE(IsScimError(Local("DELETE", path), 404)) << path;
  }
  EXPECT_TRUE(IsScimError(Local("PUT", "/scim/v2/Users/jane", UserBody("jane")), 404));
  EXPECT_EQ(tenant_->log().head().sequence.value, 1U);
}

// rows: T2 T13
TEST_F(ServiceTest, BodiesThatAreNoJsonObjectsAreRefused) {
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("\"x\""), std::string("nonsense"),
        std::string("{\"a\":\"\xFF\"}"), std::string(R"({"a":1}{"b":2})"),
        std::string(R"({"a":1,"a":2})"), std::string(5000, '[')}) {
    EXPECT_TRUE(IsScimError(Local("POST", "/scim/v2/Users", body), 400, "invalidSyntax")) << body;
  }
  EXPECT_TRUE(IsScimError(Local("POST", "/scim/v2/Users"), 400, "invalidSyntax"));
  EXPECT_EQ(tenant_->log().head().sequence.value, 0U);
}

TEST_F(ServiceTest, MediaTypesOtherThanJsonAreRefused) {
  HttpRequest request = Request("POST", "/scim/v2/Users", UserBody("jane"), TokenOf(Role::kAdmin));
  for (auto& [name, value] : request.headers) {
    if (name == "Content-Type") value = "text/xml";
  }

  EXPECT_TRUE(IsScimError(Network(std::move(request)), 415));
  EXPECT_TRUE(
      IsScimError(As(Role::kAdmin, "GET", "/scim/v2/Users", {}, {{"Accept", "text/html"}}), 406));
}

TEST_F(ServiceTest, IfMatchGuardsEveryWrite) {
  const std::string path = "/scim/v2/Users/" + CreateUser("jane");
  const Headers stale = {{"If-Match", R"(W/"7")"}};

  EXPECT_TRUE(IsScimError(As(Role::kAdmin, "PUT", path, UserBody("jane"), stale), 412));
  EXPECT_TRUE(IsScimError(As(Role::kAdmin, "DELETE", path, {}, stale), 412));
  EXPECT_TRUE(
      IsScimError(As(Role::kAdmin, "DELETE", path, {}, {{"If-Match", "1"}}), 400, "invalidValue"));
  EXPECT_EQ(As(Role::kAdmin, "DELETE", path, {}, {{"If-Match", R"(W/"1")"}}).status, 204);
}

TEST_F(ServiceTest, PagesAreClampedAndGarbageIsRefused) {
  for (const char* name : {"a", "b", "c"}) CreateUser(name);
  const auto list = [&](const std::string& query) {
    return Local("GET", "/scim/v2/Users?attributes=id&" + query).body.substr(0, 130);
  };
  const auto head = [](int total, int start, int items) {
    return fmt::format(R"("totalResults":{},"startIndex":{},"itemsPerPage":{},"Resources":[)",
                       total, start, items);
  };

  EXPECT_TRUE(list("startIndex=0&count=2").contains(head(3, 1, 2)));
  EXPECT_TRUE(list("startIndex=-5").contains(head(3, 1, 3)));
  EXPECT_TRUE(list("startindex=3&COUNT=5").contains(head(3, 3, 1)));
  EXPECT_TRUE(list("startIndex=9").contains(head(3, 9, 0) + "]}"));
  EXPECT_TRUE(list("count=0").contains(head(3, 1, 0) + "]}"));
  EXPECT_TRUE(list("count=-1").contains(head(3, 1, 0) + "]}"));
  EXPECT_TRUE(list("filter=&count=999999&aadOptscim062020").contains(head(3, 1, 3)));
  EXPECT_TRUE(list("filter=userName+eq+%22nobody%22").contains(head(0, 1, 0) + "]}"));
  for (const char* query :
       {"count=ten", "startIndex=1.5", "count=", "count=1e3", "startIndex=99999999999999999999"}) {
    EXPECT_TRUE(
        IsScimError(Local("GET", fmt::format("/scim/v2/Users?{}", query)), 400, "invalidValue"))
        << query;
  }
}

// rows: N4
TEST_F(ServiceTest, PageMaximumIsKeptAndPublished) {
  Stop();
  service_options_.page_max = 2;
  Start();
  for (const char* name : {"a", "b", "c"}) CreateUser(name);

  EXPECT_TRUE(Local("GET", "/scim/v2/Users?count=100").body.contains(R"("itemsPerPage":2)"));
  EXPECT_TRUE(Local("GET", "/scim/v2/ServiceProviderConfig").body.contains(R"("maxResults":2)"));
}

TEST_F(ServiceTest, FiltersThatCannotBeReadAreRefused) {
  for (const char* filter : {"userName", "%20", "userName+eq", "nosuch+eq+%22x%22", "(userName+pr",
                             "userName+xx+%22a%22"}) {
    EXPECT_TRUE(IsScimError(Local("GET", fmt::format("/scim/v2/Users?filter={}", filter)), 400,
                            "invalidFilter"))
        << filter;
  }
}

// rows: F5
TEST_F(ServiceTest, AQueryThatTakesTooLongIsTooMany) {
  CreateUser("jane");
  EXPECT_EQ(Local("GET", "/scim/v2/Users?filter=title+pr").status, 200);
  Stop();
  // Over before it begins.
  service_options_.query_time_max = std::chrono::seconds(-1);
  Start();

  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v2/Users?filter=title+pr"), 400, "tooMany"));
}

TEST_F(ServiceTest, AttributesAndExcludedAttributesExcludeEachOther) {
  const std::string path = "/scim/v2/Users/" + CreateUser("jane");

  EXPECT_TRUE(IsScimError(Local("GET", path + "?attributes=id&excludedAttributes=title"), 400,
                          "invalidValue"));
  EXPECT_EQ(Local("GET", path + "?attributes=&excludedAttributes=title").status, 200);
  EXPECT_FALSE(Local("GET", path + "?attributes=title&attributes=meta").body.contains("userName"));
  EXPECT_TRUE(Local("GET", path + "?attributes=title&attributes=meta").body.contains("created"));
}

/// A group of more members than an answer holds at once.
class LargeGroupTest : public ServiceTest {
 protected:
  LargeGroupTest() {
    std::string members;
    for (int i = 0; i < 1000; ++i) {
      user_ = CreateUser(fmt::format("user{}", i));
      members += fmt::format(R"({}{{"value":"{}"}})", i == 0 ? "" : ",", user_);
    }
    const Answer made = Local(
        "POST", "/scim/v2/Groups",
        fmt::format(
            R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Staff",)"
            R"("members":[{}]}})",
            members));
    EXPECT_EQ(made.status, 201) << made.body;
  }

  std::string user_;  ///< the last member
};

TEST_F(LargeGroupTest, LargeGroupsAreStreamedInPieces) {
  const std::string user = user_;
  HttpRequest request = Request("GET", "/scim/v2/Groups", {}, TokenOf(Role::kReader));
  std::promise<HttpResponse> promise;

  service_->Handle(std::move(request), [&](HttpResponse r) { promise.set_value(std::move(r)); });
  HttpResponse response = promise.get_future().get();

  EXPECT_EQ(response.body, "");
  ASSERT_TRUE(response.stream);
  std::string body;
  std::string piece;
  while (response.stream(piece)) {
    EXPECT_LT(piece.size(), 100'000U);
    body += piece;
    piece.clear();
  }
  EXPECT_TRUE(JsonDocument::Parse(body));
  EXPECT_GT(body.size(), 100'000U);
  EXPECT_TRUE(body.contains(user));
  EXPECT_TRUE(body.ends_with("]}"));
  EXPECT_FALSE(response.stream(body));
}

TEST_F(ServiceTest, GroupPatchAnswersWithoutABodyUnlessAttributesAreAsked) {
  const Answer made =
      Local("POST", "/scim/v2/Groups",
            R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Staff"})");
  const std::string path = "/scim/v2/Groups/" + made.Text("id");
  const auto rename = [&](const char* query, const char* name) {
    return Local("PATCH", path + query,
                 fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                             R"("Operations":[{{"op":"replace","path":"displayName",)"
                             R"("value":"{}"}}]}})",
                             name));
  };

  const Answer bare = rename("", "A");
  const Answer asked = rename("?attributes=displayName", "B");

  EXPECT_EQ(bare.status, 204) << bare.body;
  EXPECT_EQ(bare.body, "");
  EXPECT_EQ(bare.Header("ETag"), R"(W/"2")");
  EXPECT_EQ(bare.Header("Ledger-Sequence"), "2");
  EXPECT_EQ(asked.status, 200) << asked.body;
  EXPECT_EQ(asked.Text("displayName"), "B");
}

TEST_F(ServiceTest, ExplicitTenantIsTheSameAndOthersAreUnknown) {
  const std::string id = CreateUser("jane");

  EXPECT_EQ(Local("GET", "/scim/v2/t/default/Users/" + id).status, 200);
  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v2/t/other/Users/" + id), 404));
  EXPECT_TRUE(IsScimError(Network(Request("GET", "/scim/v2/t/other/Users")), 401));
}

TEST_F(ServiceTest, DiscoveryRefusesFilters) {
  for (const char* path : {"/scim/v2/Schemas", "/scim/v2/ResourceTypes"}) {
    EXPECT_TRUE(Local("GET", path).body.contains(R"("Resources":[{)")) << path;
    EXPECT_TRUE(IsScimError(Local("GET", fmt::format("{}?filter=id+pr", path)), 403)) << path;
  }
  EXPECT_EQ(Local("GET", "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").status,
            200);
  EXPECT_EQ(Local("GET", "/scim/v2/ResourceTypes/Group").status, 200);
  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v2/Schemas/urn:none"), 404));
  EXPECT_TRUE(IsScimError(Local("GET", "/scim/v2/ResourceTypes/None"), 404));
}

TEST_F(ServiceTest, EverythingSurvivesARestart) {
  const std::string id = CreateUser("jane");
  const std::string token = TokenOf(Role::kReader);
  const Answer before = Local("GET", "/scim/v2/Users/" + id);

  Restart();

  const Answer after = Network(Request("GET", "/scim/v2/Users/" + id, {}, token));
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.Text("created"), before.Text("created"));
  EXPECT_TRUE(IsScimError(Local("POST", "/scim/v2/Users", UserBody("JANE")), 409, "uniqueness"));
}

TEST_F(ServiceTest, UntilATenantIsAttachedOnlyHealthIsServed) {
  const auto service = Service::Make(service_options_);
  service->ReportStarting("replayed 10 of 20 events");

  EXPECT_EQ(Send(*service, Request("GET", "/healthz")).status, 200);
  for (const char* path : {"/readyz", "/scim/v2/Users", "/scim/v2/ServiceProviderConfig", "/x"}) {
    const Answer answer = Send(*service, Request("GET", path));
    EXPECT_TRUE(IsScimError(answer, 503)) << path;
    EXPECT_EQ(answer.Header("Retry-After"), "1");
    EXPECT_TRUE(answer.body.contains("replayed 10 of 20 events"));
  }
  service->Attach(*tenants_);
  EXPECT_EQ(Send(*service, Request("GET", "/readyz")).status, 200);
  service->Drain();
}

TEST_F(ServiceTest, WhatTheBodyCannotSaveIsRefusedUnread) {
  const std::string reader = TokenOf(Role::kReader);
  const std::string provisioner = TokenOf(Role::kProvisioner);
  const auto refuses = [&](std::string method, std::string path, std::string token) {
    return service_->RefusesUnread(Request(std::move(method), std::move(path), {}, token));
  };

  EXPECT_TRUE(refuses("POST", "/scim/v2/Users", ""));
  EXPECT_TRUE(refuses("POST", "/scim/v2/Users", "sl_guessed"));
  EXPECT_TRUE(refuses("POST", "/scim/v2/Users", reader));
  EXPECT_TRUE(refuses("POST", "/scim/v2/Nothing", provisioner));
  EXPECT_TRUE(refuses("POST", "/scim/v2/Schemas", provisioner));
  EXPECT_TRUE(refuses("POST", "/scim/v2/%zz", provisioner));
  EXPECT_FALSE(refuses("POST", "/scim/v2/Users", provisioner));
  EXPECT_FALSE(refuses("PATCH", "/scim/v2/t/default/Groups/1", provisioner));
  EXPECT_FALSE(refuses("GET", "/healthz", ""));
  EXPECT_TRUE(Service::Make(service_options_)
                  ->RefusesUnread(Request("POST", "/scim/v2/Users", {}, provisioner)));
}

// rows: X7
TEST_F(ServiceTest, WhatCouldNotBeReadIsAnsweredWithAnIdOfItsOwn) {
  const HttpResponse answer = service_->AnswerUnreadable({408, ScimType::kNone, "Too late."});

  EXPECT_TRUE(IsScimError({answer.status, answer.headers, answer.body}, 408));
  EXPECT_TRUE(answer.body.contains("Too late."));
  EXPECT_TRUE(FindHeader(answer.headers, "X-Request-Id"));
}

TEST_F(LargeGroupTest, DrainRefusesNewWorkAndWaitsForWhatIsInFlight) {
  std::promise<HttpResponse> promise;
  service_->Handle(Request("GET", "/scim/v2/Groups", {}, TokenOf(Role::kReader)),
                   [&](HttpResponse response) { promise.set_value(std::move(response)); });
  HttpResponse streaming = promise.get_future().get();
  ASSERT_TRUE(streaming.stream);
  std::atomic<bool> drained{false};

  std::thread drain([&] {
    service_->Drain();
    drained = true;
  });
  // The stream is still being read: the drain has begun once new work is refused.
  while (Network(Request("GET", "/readyz")).status != 503) std::this_thread::yield();

  EXPECT_FALSE(drained);
  EXPECT_TRUE(IsScimError(Network(Request("GET", "/scim/v2/Users")), 503));
  streaming.stream = nullptr;
  drain.join();
  EXPECT_TRUE(drained);
}

TEST_F(ServiceTest, MetricsNeedNoTokenAndCountWhatTheWriterDid) {
  CreateUser("ann@example.com");
  CreateUser("bob@example.com");

  const Answer metrics = Network(Request("GET", "/metrics"));

  EXPECT_EQ(metrics.status, 200);
  EXPECT_TRUE(metrics.Header("Content-Type").starts_with("text/plain; version=0.0.4"));
  for (const std::string_view line :
       {"# TYPE scimledger_events_total counter", "scimledger_events_total 2",
        "scimledger_commit_batches_total 2",
        "scimledger_commands_waiting 0",
        "scimledger_directory_position 2"}) {
    EXPECT_TRUE(metrics.body.contains(line)) << line << " is not in\n" << metrics.body;
  }
  EXPECT_FALSE(metrics.body.contains("ann"));
}

TEST_F(ServiceTest, ASearchNamesABoundedNumberOfAttributes) {
  const auto search = [this](std::size_t names) {
    std::string list;
    for (std::size_t i = 0; i < names; ++i) list += i == 0 ? R"("title")" : R"(,"title")";
    return Local("POST", "/scim/v2/Users/.search",
                 R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],)"
                 R"("attributes":[)" +
                     list + "]}");
  };

  EXPECT_EQ(search(1000).status, 200);
  EXPECT_TRUE(IsScimError(search(1001), 400, "invalidValue"));
}

// rows: A42
TEST_F(ServiceTest, OneOperationAddsFiftyMembersInOneEvent) {
  const Answer group = Local("POST", "/scim/v2/Groups",
                             R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],)"
                             R"("displayName":"G"})");
  ASSERT_EQ(group.status, 201) << group.body;
  const std::string target = "/scim/v2/Groups/" + group.Text("id");
  std::vector<std::string> ids;
  std::string members;
  for (int i = 0; i < 50; ++i) {
    ids.push_back(CreateUser(fmt::format("user{}", i)));
    members += fmt::format(R"({}{{"value":"{}"}})", i == 0 ? "" : ",", ids.back());
  }

  const Answer added = Local(
      "PATCH", target + "?attributes=members",
      fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":)"
                  R"([{{"op":"add","path":"members","value":[{}]}}]}})",
                  members));

  EXPECT_EQ(added.status, 200);
  EXPECT_EQ(added.Header("Ledger-Sequence"), "52");
  EXPECT_EQ(added.Header("ETag"), R"(W/"2")");
  for (const std::string& id : ids) EXPECT_TRUE(added.body.contains(id)) << id;
  const Answer event = Local("GET", "/audit/v1/events?order=desc&limit=1");
  for (const std::string& id : ids) EXPECT_TRUE(event.body.contains(id)) << id;
}

}  // namespace
}  // namespace scimledger::api