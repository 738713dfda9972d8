// Audit, schemas and replay over HTTP.

#include <fmt/format.h>

#include <regex>
#include <string>

#include "storage/hash.h"
#include "storage/memory_event_log.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

class AuditTest : public ServiceTest {
 protected:
  AuditTest() {
    for (int i = 1; i <= 5; ++i) CreateUser(fmt::format("user{}", i));
  }

  /// Sequences of the answer's events, then next and asOf.
  std::string Events(const std::string& query) {
    const Answer answer = Local("GET", "/audit/v1/events?" + query);
    if (answer.status != 200) return fmt::format("{} {}", answer.status, answer.Text("scimType"));
    static const std::regex kSequence(R"x("sequence":(\d+))x");
    std::string text;
    for (std::sregex_iterator at(answer.body.begin(), answer.body.end(), kSequence), end; at != end;
         ++at) {
      text += (*at)[1].str() + " ";
    }
    return text + answer.body.substr(answer.body.rfind(R"("next")"));
  }

  /// Recorded time of the event with that sequence.
  std::string TimeOf(int sequence) {
    return Local("GET", fmt::format("/audit/v1/events?since={0}&until={0}", sequence)).Text("time");
  }
};

TEST_F(AuditTest, ListsTheLogInOrder) {
  EXPECT_EQ(Events(""), R"(1 2 3 4 5 "next":null,"asOf":5})");
  EXPECT_EQ(Events("order=desc"), R"(5 4 3 2 1 "next":null,"asOf":5})");
}

TEST_F(AuditTest, PagesWithNextAndAfter) {
  EXPECT_EQ(Events("limit=2"), R"(1 2 "next":"2","asOf":5})");
  EXPECT_EQ(Events("limit=2&after=2"), R"(3 4 "next":"4","asOf":5})");
  EXPECT_EQ(Events("limit=2&after=4"), R"(5 "next":null,"asOf":5})");
  EXPECT_EQ(Events("after=5"), R"("next":null,"asOf":5})");
  EXPECT_EQ(Events("after=18446744073709551615"), R"("next":null,"asOf":5})");
  EXPECT_EQ(Events("limit=2&order=DESC"), R"(5 4 "next":"4","asOf":5})");
  EXPECT_EQ(Events("limit=3&order=desc&after=4"), R"(3 2 1 "next":null,"asOf":5})");
  EXPECT_EQ(Events("order=desc&after=1"), R"("next":null,"asOf":5})");
  EXPECT_EQ(Events("order=desc&after=0"), R"("next":null,"asOf":5})");
}

TEST_F(AuditTest, BoundsAreInclusiveSequencesOrTimes) {
  EXPECT_EQ(Events("since=2&until=4"), R"(2 3 4 "next":null,"asOf":5})");
  EXPECT_EQ(Events("since=4&until=2"), R"("next":null,"asOf":5})");
  EXPECT_EQ(Events("since=0&until=99"), R"(1 2 3 4 5 "next":null,"asOf":5})");
  EXPECT_EQ(Events("since=6"), R"("next":null,"asOf":5})");
  EXPECT_EQ(Events("since=" + TimeOf(2) + "&until=" + TimeOf(4)), R"(2 3 4 "next":null,"asOf":5})");
  EXPECT_EQ(Events("since=1d"), R"(1 2 3 4 5 "next":null,"asOf":5})");
  EXPECT_EQ(Events("until=1d"), R"("next":null,"asOf":5})");
  EXPECT_EQ(Events("since=2026-11-18&until=2026-11-18"), R"(1 2 3 4 5 "next":null,"asOf":5})");
  EXPECT_EQ(Events("since=2026-11-18T09:00:00+02:00&until=2026-11-18T23:00:00+02:00"),
            R"(1 2 3 4 5 "next":null,"asOf":5})");
  EXPECT_EQ(Events("since=2026-11-19"), R"("next":null,"asOf":5})");
}

TEST_F(AuditTest, RefusesGarbage) {
  for (const char* query : {"since=soon", "until=2026-99-99", "limit=0", "limit=1001", "limit=ten",
                            "order=up", "after=x", "after=-1", "since=7w"}) {
    EXPECT_EQ(Events(query), "400 invalidValue") << query;
  }
}

TEST_F(AuditTest, ProjectionsAreRebuiltByName) {
  const Answer history = Local("POST", "/admin/v1/projections/history/rebuild");
  EXPECT_EQ(history.status, 200);
  EXPECT_EQ(history.body, R"({"name":"history","sequence":5})");
  const Answer directory = Local("POST", "/admin/v1/projections/directory/rebuild");
  EXPECT_EQ(directory.status, 200);
  EXPECT_TRUE(directory.body.contains(R"("sequence":5,"equal":true})")) << directory.body;
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/projections/other/rebuild"), 404));
  EXPECT_EQ(Events("since=0&until=99"), R"(1 2 3 4 5 "next":null,"asOf":5})");
}

TEST_F(AuditTest, BackwardsReadsAcrossWindows) {
  for (int i = 6; i <= 150; ++i) CreateUser(fmt::format("user{}", i));

  const std::string events = Events("order=desc&limit=140");

  EXPECT_TRUE(events.starts_with("150 149 148 ")) << events;
  EXPECT_TRUE(events.ends_with(R"( 12 11 "next":"11","asOf":150})")) << events;
}

TEST_F(AuditTest, AnEmptyLogHasNoEvents) {
  Stop();
  log_ = storage::MakeMemoryEventLog(storage::RandomUuid());
  std::filesystem::remove_all(directory_);
  Start();

  EXPECT_EQ(Events(""), R"("next":null,"asOf":0})");
  EXPECT_EQ(Events("order=desc"), R"("next":null,"asOf":0})");
}

using AdminTest = ServiceTest;

constexpr std::string_view kDeviceSchema =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
    R"("id":"urn:example:2.0:Device","name":"Device","attributes":[)"
    R"({"name":"displayName","type":"string","multiValued":false,"required":true,)"
    R"("caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}]})";
constexpr std::string_view kDeviceType =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"name":"Device",)"
    R"("endpoint":"/Devices","schema":"urn:example:2.0:Device"})";

TEST_F(AdminTest, SchemasAreAddedBeforeResourceTypesAndServedAtOnce) {
  const Answer added =
      Local("POST", "/admin/v1/schemas", fmt::format("[{},{}]", kDeviceType, kDeviceSchema));

  EXPECT_EQ(added.body, R"({"added":[{"type":"Schema","id":"urn:example:2.0:Device"},)"
                        R"({"type":"ResourceType","id":"Device"}],"unchanged":[]})");
  EXPECT_EQ(added.Header("Ledger-Sequence"), "2");
  EXPECT_EQ(Local("POST", "/scim/v2/Devices",
                  R"({"schemas":["urn:example:2.0:Device"],"displayName":"Lamp"})")
                .status,
            201);
  EXPECT_TRUE(Local("GET", "/admin/v1/schemas").body.contains("urn:example:2.0:Device"));
  Restart();
  EXPECT_TRUE(Local("GET", "/scim/v2/Devices").body.contains("Lamp"));
}

TEST_F(AdminTest, SchemasAddedAgainAreUnchanged) {
  const std::string list =
      fmt::format(R"({{"totalResults":2,"Resources":[{},{}]}})", kDeviceSchema, kDeviceType);
  ASSERT_EQ(Local("POST", "/admin/v1/schemas", list).status, 200);

  const Answer again = Local("POST", "/admin/v1/schemas", list);

  EXPECT_EQ(again.body,
            R"({"added":[],"unchanged":[{"type":"Schema","id":"urn:example:2.0:Device"},)"
            R"({"type":"ResourceType","id":"Device"}]})");
  EXPECT_EQ(tenant_->log().head().sequence.value, 2U);
}

TEST_F(AdminTest, BadDefinitionsAreRefused) {
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/schemas", "[]"), 400, "invalidSyntax"));
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/schemas", "[1]"), 400, "invalidSyntax"));
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/schemas", "3"), 400, "invalidSyntax"));
  EXPECT_TRUE(
      IsScimError(Local("POST", "/admin/v1/schemas", kDeviceType.data()), 400, "invalidValue"));
  EXPECT_EQ(tenant_->log().head().sequence.value, 0U);
}

TEST_F(AdminTest, ReplayVerifyFindsBothDigestsEqual) {
  const std::string id = CreateUser("jane");
  CreateUser("joe");
  Local("DELETE", "/scim/v2/Users/" + id);

  const Answer answer = Local("POST", "/admin/v1/replay/verify");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Text("live").size(), 64U);
  EXPECT_EQ(answer.Text("live"), answer.Text("replay"));
  EXPECT_TRUE(answer.body.ends_with(R"(,"sequence":3,"equal":true})")) << answer.body;
}

}  // namespace
}  // namespace scimledger::api
