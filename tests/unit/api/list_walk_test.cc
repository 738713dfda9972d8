// Walks by cursor (RFC 9865) over the whole service, beside a writer.
// rows: K2 K7 K9 K16 K17 K18 K19

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service_fixture.h"
#include "storage/hash.h"
#include "storage/memory_event_log.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kUser = "urn:ietf:params:scim:schemas:core:2.0:User";

class ListWalkTest : public ServiceTest {
 protected:
  ListWalkTest() {
    // The clock steps by a second whenever anybody asks it.
    service_options_.cursor_timeout = std::chrono::hours(10'000);
    Restart();
  }

  std::string Create(int number) {
    const Answer made =
        Local("POST", "/scim/v2/Users",
              fmt::format(R"({{"schemas":["{}"],"userName":"user{}","displayName":"name {}"}})",
                          kUser, number, number % 700));
    EXPECT_EQ(made.status, 201) << made.body;
    return made.Text("id");
  }

  /// Ids of one page and the cursor of the next ("": none).
  struct Page {
    std::vector<std::string> ids;
    std::string next;
  };
  Page Read(const std::string& cursor, std::string_view more) {
    const Answer answer =
        Local("GET", fmt::format("/scim/v2/Users?attributes=id&cursor={}{}", cursor, more));
    EXPECT_EQ(answer.status, 200) << answer.body;
    simdjson::dom::parser parser;
    const simdjson::dom::element body = parser.parse(answer.body);
    Page page;
    const simdjson::dom::array rows = body["Resources"].get_array().value();
    for (const simdjson::dom::element row : rows) {
      page.ids.emplace_back(row["id"].get_string().value());
    }
    std::string_view next;
    if (body["nextCursor"].get(next) == simdjson::SUCCESS) page.next = next;
    return page;
  }

  std::vector<std::string> Walk(std::string_view more) {
    std::vector<std::string> ids;
    std::string cursor;
    do {
      Page page = Read(cursor, more);
      ids.insert(ids.end(), page.ids.begin(), page.ids.end());
      cursor = page.next;
    } while (!cursor.empty());
    return ids;
  }
};

/// Creates, changes and deletes until it is told to stop; only users of odd position go, so the
/// others exist throughout.
class Meddler {
 public:
  Meddler(HttpHandler& service, const std::vector<std::string>& users)
      : service_(service), users_(users), thread_([this] { Run(); }) {}
  ~Meddler() { Stop(); }
  void Stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int commands() const { return commands_; }

 private:
  void Send(std::string method, std::string target, std::string body = {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.transport = Transport::kInProcess;
    api::Send(service_, std::move(request));
    ++commands_;
  }
  void Run() {
    std::mt19937 random(11);
    while (!is_stopping_) {
      const std::string& user = users_[random() % users_.size()];
      const auto position = static_cast<std::size_t>(&user - users_.data());
      Send("POST", "/scim/v2/Users",
           fmt::format(R"({{"schemas":["{}"],"userName":"later{}"}})", kUser, commands_.load()));
      Send("PATCH", "/scim/v2/Users/" + user,
           fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                       R"("Operations":[{{"op":"replace","path":"title","value":"{}"}}]}})",
                       commands_.load()));
      if (position % 2 == 1) Send("DELETE", "/scim/v2/Users/" + user);
    }
  }

  HttpHandler& service_;
  const std::vector<std::string>& users_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<int> commands_{0};
  std::thread thread_;
};

TEST_F(ListWalkTest, EveryUserThatStaysComesExactlyOnce) {
  std::vector<std::string> users;
  for (int number = 0; number < 20'000; ++number) users.push_back(Create(number));

  for (const char* more :
       {"&count=100", "&count=1000&sortBy=displayName", "&count=1000&filter=userName%20pr",
        "&count=1000&sortBy=userName"
        "&sortOrder=descending"}) {
    SCOPED_TRACE(more);
    Meddler meddler(*service_, users);
    std::map<std::string, int> seen;
    for (const std::string& id : Walk(more)) ++seen[id];
    meddler.Stop();

    EXPECT_GT(meddler.commands(), 10);
    for (std::size_t index = 0; index < users.size(); index += 2) {
      ASSERT_EQ(seen[users[index]], 1) << index;
    }
    for (const auto& [id, times] : seen) ASSERT_LE(times, 1) << id;
  }
}

TEST_F(ListWalkTest, ARestartIsNotNoticed) {
  std::vector<std::string> users;
  for (int number = 0; number < 25; ++number) users.push_back(Create(number));
  for (const char* more : {"&count=10", "&count=10&sortBy=userName"}) {
    Page page = Read("", more);
    std::set<std::string> seen(page.ids.begin(), page.ids.end());
    while (!page.next.empty()) {
      Restart();
      page = Read(page.next, more);
      seen.insert(page.ids.begin(), page.ids.end());
    }
    EXPECT_EQ(seen.size(), users.size()) << more;
  }
}

TEST_F(ListWalkTest, CursorsExpire) {
  for (int number = 0; number < 3; ++number) Create(number);
  service_options_.cursor_timeout = std::chrono::seconds(5);
  Restart();
  const std::string cursor = Read("", "&count=1").next;
  EXPECT_FALSE(Read(cursor, "&count=1").next.empty());
  for (int step = 0; step < 5; ++step) clock_.NowUs();

  const Answer late = Local("GET", "/scim/v2/Users?attributes=id&count=1&cursor=" + cursor);

  EXPECT_TRUE(IsScimError(late, 400, "expiredCursor"));
  EXPECT_EQ(late.Text("detail"),
            "A cursor is good for 5 seconds: start again with an empty cursor.");
}

TEST_F(ListWalkTest, AnotherKeyOpensNothing) {
  for (int number = 0; number < 3; ++number) Create(number);
  const std::string target = "/scim/v2/Users?count=1&cursor=" + Read("", "&count=1").next;
  EXPECT_EQ(Local("GET", target + "&attributes=id").status, 200);

  service_options_.cursor_key = storage::SecretKey::Random();
  Restart();

  EXPECT_TRUE(IsScimError(Local("GET", target + "&attributes=id"), 400, "invalidCursor"));
}

TEST_F(ListWalkTest, ACursorOfAnotherLogOpensNothing) {
  for (int number = 0; number < 3; ++number) Create(number);
  const std::string target =
      "/scim/v2/Users?count=1&attributes=id&cursor=" + Read("", "&count=1").next;
  Stop();
  log_ = storage::MakeMemoryEventLog(storage::RandomUuid());
  Start();
  for (int number = 0; number < 3; ++number) Create(number);

  EXPECT_TRUE(IsScimError(Local("GET", target), 400, "invalidCursor"));
}

}  // namespace
}  // namespace scimledger::api
