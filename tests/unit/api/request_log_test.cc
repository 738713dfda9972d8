#include "api/request_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

TEST(RequestLogTest, WritesOneJsonObjectWithWhatIsKnown) {
  RequestRecord record;
  record.time_us = 1'795'000'000'000'001;
  record.method = "PATCH";
  record.route = "/scim/v2/Users/{id}";
  record.status = 200;
  record.duration_us = 123;
  record.tenant = "default";
  record.credential = "local:0";
  record.sequence = Sequence{42};

  EXPECT_EQ(FormatRequestLine(record),
            R"({"time":"2026-11-18T11:06:40.000001Z",)"
            R"("request":"00000000-0000-0000-0000-000000000000","method":"PATCH",)"
            R"("route":"/scim/v2/Users/{id}","status":200,"duration_us":123,"tenant":"default",)"
            R"("credential":"local:0","sequence":42})");
}

TEST(RequestLogTest, LeavesOutWhatIsNotKnown) {
  RequestRecord record;
  record.method = "OTHER";
  record.route = "unmatched";
  record.status = 400;

  EXPECT_EQ(FormatRequestLine(record),
            R"({"time":"1970-01-01T00:00:00.000000Z",)"
            R"("request":"00000000-0000-0000-0000-000000000000","method":"OTHER",)"
            R"("route":"unmatched","status":400,"duration_us":0})");
}

class RequestLogOfServiceTest : public ServiceTest {
 protected:
  /// What the service writes on stderr while it answers the requests.
  std::string LinesAbout(std::initializer_list<HttpRequest> requests) {
    Stop();
    service_options_.log_requests = true;
    testing::internal::CaptureStderr();
    Start();
    for (const HttpRequest& request : requests) Network(request);
    Stop();
    return testing::internal::GetCapturedStderr();
  }
};

// rows: Z8
TEST_F(RequestLogOfServiceTest, NoLineHoldsWhatWasAskedForOrSent) {
  const std::string token = TokenOf(Role::kProvisioner);
  const std::string user =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane@example.com",)"
      R"("password":"jane-secret"})";
  HttpRequest marked = Request("GET", "/scim/v2/Users", {}, token);
  marked.method = "JANE";
  marked.headers.emplace_back("User-Agent", "jane-agent");
  marked.headers.emplace_back("X-Request-Id", "jane-request");

  const std::string lines = LinesAbout(
      {Request("POST", "/scim/v2/Users", user, token),
       Request("POST", "/scim/v2/Users", user, token),
       Request("POST", "/scim/v2/Users", "{\"jane\":", token),
       Request("GET", "/scim/v2/Users?filter=userName%20eq%20%22jane@example.com%22", {}, token),
       Request("GET", "/scim/v2/Users?filter=jane", {}, token),
       Request("POST", "/scim/v2/Users/.search",
               R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],)"
               R"("filter":"userName eq \"jane@example.com\""})",
               token),
       Request("GET", "/scim/v2/Users/jane@example.com", {}, token),
       Request("GET", "/jane@example.com", {}, token),
       Request("GET", "/scim/v2/t/jane/Users", {}, token),
       Request("GET", "/audit/v1/resolve?name=jane@example.com", {}, TokenOf(Role::kAuditor)),
       Request("GET", "/scim/v2/Users", {}, "sl_jane"), marked});

  EXPECT_GE(std::ranges::count(lines, '\n'), 12) << lines;
  EXPECT_TRUE(lines.contains(R"("method":"POST","route":"/scim/v2/{endpoint}","status":201)"))
      << lines;
  for (const char* personal : {"jane", "JANE", "example.com", "sl_", "192.0.2.7"}) {
    EXPECT_FALSE(lines.contains(personal)) << personal << '\n' << lines;
  }
}

}  // namespace
}  // namespace scimledger::api
