// What is kept about who came in and who did not: last uses, refused requests, rates.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "api/credential_use.h"
#include "api/denied_log.h"
#include "api/rate_limiter.h"
#include "storage/hash.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimiterTest, LetsABurstAndThenTheRateThrough) {
  RateLimiter limiter(10, 20, 100);
  auto now = RateLimiter::Clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limiter.Take("a", now)) << i;
  EXPECT_EQ(limiter.Take("a", now), seconds(1));
  EXPECT_FALSE(limiter.Take("b", now)) << "another name is another bucket";
  int passed = 0;
  for (int tick = 0; tick < 1000; ++tick)
    passed += limiter.Take("a", now += milliseconds(10)) ? 0 : 1;
  EXPECT_NEAR(passed, 100, 1);
}

TEST(RateLimiterTest, SaysHowLongToWait) {
  RateLimiter limiter(0.1, 1, 100);
  const auto now = RateLimiter::Clock::now();
  EXPECT_FALSE(limiter.Take("a", now));
  EXPECT_EQ(limiter.Take("a", now), seconds(10));
  EXPECT_EQ(limiter.Take("a", now + seconds(6)), seconds(4));
  EXPECT_FALSE(limiter.Take("a", now + seconds(12)));
}

TEST(RateLimiterTest, WithoutARateLimitsNothing) {
  RateLimiter limiter(0, 0, 100);
  const auto now = RateLimiter::Clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(limiter.Take("a", now));
}

TEST(RateLimiterTest, ForgetsTheNamesThatCameFirst) {
  RateLimiter limiter(0.001, 1, 3);
  const auto now = RateLimiter::Clock::now();
  EXPECT_FALSE(limiter.Take("a", now));
  EXPECT_TRUE(limiter.Take("a", now));
  for (const char* name : {"b", "c", "d"}) EXPECT_FALSE(limiter.Take(name, now));
  EXPECT_FALSE(limiter.Take("a", now)) << "it is new again";
  EXPECT_TRUE(limiter.Take("d", now));
}

class BooksTest : public testing::Test {
 protected:
  BooksTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "scimledger-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~BooksTest() override { std::filesystem::remove_all(directory_); }

  static DeniedAttempt Attempt(std::string address, std::int64_t time_us = 0) {
    DeniedAttempt attempt;
    attempt.time_us = time_us;
    attempt.status = 401;
    attempt.tenant = "default";
    attempt.address = std::move(address);
    attempt.method = "GET";
    attempt.route = "/scim/v2/{endpoint}";
    attempt.detail = "The token is unknown here.";
    return attempt;
  }

  static std::vector<std::string> LinesOf(DeniedLog& log, std::string_view tenant = "default") {
    std::vector<std::string> lines;
    const auto read = log.ForEach(tenant, [&](std::int64_t, std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
    EXPECT_TRUE(read);
    return lines;
  }

  std::uintmax_t BytesOnDisk() const {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      bytes += entry.file_size();
    }
    return bytes;
  }

  std::filesystem::path directory_;
};

TEST_F(BooksTest, LastUsesSurviveARestart) {
  const Uuid used = storage::RandomUuid();
  const Uuid other = storage::RandomUuid();
  {
    CredentialUse use(directory_ / "last_used");
    use.Note(used, 1'795'000'000'000'000);
    use.Note(used, 1'794'000'000'000'000);
    EXPECT_TRUE(use.Save());
  }
  const CredentialUse again(directory_ / "last_used");
  EXPECT_EQ(again.LastUsedUs(used), 1'795'000'000'000'000);
  EXPECT_EQ(again.LastUsedUs(other), std::nullopt);
}

TEST_F(BooksTest, DamagedLastUsesCountAsLost) {
  std::ofstream(directory_ / "last_used") << "neither an id nor a time\n";
  CredentialUse use(directory_ / "last_used");
  use.Note(storage::RandomUuid(), 1);
  EXPECT_TRUE(use.Save());
}

TEST_F(BooksTest, RefusedRequestsAreKeptInOrderAndCountedTogether) {
  DeniedLog log(directory_, 1U << 20U);
  log.Record(Attempt("10.0.0.2", 2'000'000));
  for (int i = 0; i < 3; ++i) log.Record(Attempt("10.0.0.1", 1'000'000));
  EXPECT_TRUE(log.Flush());
  log.Record(Attempt("10.0.0.3", 3'000'000));

  DeniedLog again(directory_, 1U << 20U);
  EXPECT_EQ(LinesOf(again).size(), 2U) << "what was not written yet belongs to the other";
  const std::vector<std::string> lines = LinesOf(log);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].contains(R"("time":"1970-01-01T00:00:01.000000Z","status":401,"count":3)"));
  EXPECT_TRUE(lines[1].contains("10.0.0.2") && !lines[1].contains("count"));
  EXPECT_TRUE(lines[2].contains("10.0.0.3"));
}

TEST_F(BooksTest, AFloodOfRefusedRequestsStaysBounded) {
  constexpr std::uint64_t kBytesMax = 64U << 10U;
  DeniedLog log(directory_, kBytesMax);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5000; ++i) {
      log.Record(Attempt("10." + std::to_string(round) + "." + std::to_string(i), round));
    }
    EXPECT_TRUE(log.Flush());
    // One write may be longer than a file is meant to be.
    EXPECT_LE(BytesOnDisk(), kBytesMax + (512U << 10U));
  }
  const std::vector<std::string> lines = LinesOf(log);
  EXPECT_TRUE(lines.back().contains(R"("count":4000)")) << lines.back();
}

// rows: Y4
TEST_F(BooksTest, EachTenantSeesItsOwnRefusedRequests) {
  DeniedLog log(directory_, 1U << 20U);
  for (const char* tenant : {"acme", "zeta", "acme"}) {
    DeniedAttempt attempt = Attempt("10.0.0.1");
    attempt.tenant = tenant;
    log.Record(attempt);
  }
  const std::vector<std::string> lines = LinesOf(log, "acme");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].contains(R"("count":2)")) << lines[0];
  EXPECT_EQ(LinesOf(log, "zeta").size(), 1U);
  EXPECT_TRUE(LinesOf(log, "default").empty());
}

TEST_F(BooksTest, ALineThatWasCutOffSpoilsNoOther) {
  DeniedLog log(directory_, 1U << 20U);
  log.Record(Attempt("10.0.0.1"));
  EXPECT_TRUE(log.Flush());
  std::ofstream(directory_ / "denied.jsonl", std::ios::app)
      << R"({"time":"2026-11-26T10:00:00Z","st)";
  log.Record(Attempt("10.0.0.2"));
  const std::vector<std::string> lines = LinesOf(log);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].contains("10.0.0.2"));
}

TEST_F(BooksTest, StrangersCannotDisplaceThoseWithACredential) {
  DeniedLog log(directory_, 1U << 20U);
  for (int i = 0; i < 5000; ++i) {
    DeniedAttempt attempt = Attempt("10.0.0.1");
    attempt.route = "/path/" + std::to_string(i);
    log.Record(attempt);
  }
  DeniedAttempt known = Attempt("10.0.0.1");
  known.credential = "c4155c0e-2dea-4f83-b9e1-d2198a94bca2";
  log.Record(known);
  const std::vector<std::string> lines = LinesOf(log);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].contains(known.credential) || lines[1].contains(known.credential));
}

TEST_F(BooksTest, ADetailFromOutsideStaysOneLineOfJson) {
  DeniedLog log(directory_, 1U << 20U);
  DeniedAttempt attempt = Attempt("10.0.0.1");
  attempt.detail = "quote \" line\n end" + std::string(10'000, 'x') + "\xff";
  log.Record(attempt);
  const std::vector<std::string> lines = LinesOf(log);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_LT(lines[0].size(), 1000U);
  EXPECT_TRUE(lines[0].contains(R"(quote \" line\n end)"));
}

class AccessBooksTest : public ServiceTest {
 protected:
  /// The service again, with what the test set in service_options_.
  void StartWith(AccessOptions access) {
    Stop();
    access.directory = directory_ / "access";
    service_options_.access = access;
    Start();
  }
};

TEST_F(AccessBooksTest, ARefusedTokenIsToldToAuditorsByAddressAndReason) {
  StartWith(AccessOptions());
  HttpRequest request = Request("GET", "/scim/v2/Users", {}, "sl_nonsense");
  request.peer_address = "10.9.8.7";
  EXPECT_EQ(Network(std::move(request)).status, 401);
  EXPECT_EQ(As(Role::kReader, "DELETE", "/scim/v2/Users/x").status, 403);

  const Answer denied = As(Role::kAuditor, "GET", "/audit/v1/denied");
  EXPECT_EQ(denied.status, 200);
  EXPECT_TRUE(denied.body.contains(R"("status":401)")) << denied.body;
  EXPECT_TRUE(denied.body.contains(R"("address":"10.9.8.7")"));
  EXPECT_TRUE(denied.body.contains(R"("status":403)"));
  EXPECT_FALSE(denied.body.contains("sl_nonsense"));
  EXPECT_EQ(As(Role::kReader, "GET", "/audit/v1/denied").status, 403);
  EXPECT_TRUE(
      IsScimError(As(Role::kAuditor, "GET", "/audit/v1/denied?since=42"), 400, "invalidValue"));
}

// rows: S30 U2
TEST_F(AccessBooksTest, ARefusedPatchLeavesNoPasswordInTheLogOfRefusals) {
  StartWith(AccessOptions());
  const std::string path = "/scim/v2/Users/" + CreateUser("jane");
  const std::string patch =
      R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":)"
      R"([{"op":"replace","path":"password","value":"s3cret-Value"}]})";

  EXPECT_EQ(As(Role::kReader, "PATCH", path, patch).status, 403);
  EXPECT_EQ(Network(Request("PATCH", path, patch, "sl_nonsense")).status, 401);

  const Answer denied = As(Role::kAuditor, "GET", "/audit/v1/denied");
  EXPECT_TRUE(denied.body.contains(R"("status":401)")) << denied.body;
  EXPECT_TRUE(denied.body.contains(R"("status":403)")) << denied.body;
  EXPECT_FALSE(denied.body.contains("s3cret")) << denied.body;
}

TEST_F(AccessBooksTest, AFloodOfBadTokensIsAnswered429AndHarmsNobodyElse) {
  AccessOptions access;
  access.failures_per_minute_max = 5;
  StartWith(access);
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    HttpRequest request = Request("GET", "/scim/v2/Users", {}, "sl_guess" + std::to_string(i));
    request.peer_address = "10.9.8.7";
    const Answer answer = Network(std::move(request));
    if (answer.status != 429) continue;
    ++refused;
    EXPECT_FALSE(answer.Header("Retry-After").empty());
  }
  EXPECT_GE(refused, 14);
  HttpRequest good = Request("GET", "/scim/v2/Users", {}, TokenOf(Role::kReader));
  good.peer_address = "10.9.8.7";
  EXPECT_EQ(Network(std::move(good)).status, 200);
}

// rows: X5
TEST_F(AccessBooksTest, ACredentialBeyondItsRateIsAsked429WithRetryAfter) {
  AccessOptions access;
  access.credential_rate_max = 25;
  StartWith(access);
  const std::string& token = TokenOf(Role::kReader);
  Answer last;
  for (int i = 0; i < 2000 && last.status != 429; ++i) {
    last = Network(Request("GET", "/scim/v2/Users?count=0", {}, token));
    // Ten seconds' worth may come at once: never below what Entra sends.
    if (i < 250) {
      EXPECT_EQ(last.status, 200) << i;
    }
  }
  EXPECT_TRUE(IsScimError(last, 429));
  EXPECT_EQ(last.Header("Retry-After"), "1");
  EXPECT_EQ(As(Role::kProvisioner, "GET", "/scim/v2/Users?count=0").status, 200);
}

// rows: Z3
TEST_F(AccessBooksTest, ATokenEndsWhenItExpires) {
  StartWith(AccessOptions());
  const Answer created =
      Local("POST", "/admin/v1/tokens", R"({"name":"short","role":"reader","expires":"100s"})");
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string secret = created.Text("secret");
  EXPECT_FALSE(created.Text("expires").empty());
  EXPECT_EQ(Network(Request("GET", "/scim/v2/Users", {}, secret)).status, 200);
  for (int i = 0; i < 100; ++i) clock_.NowUs();
  const Answer late = Network(Request("GET", "/scim/v2/Users", {}, secret));
  EXPECT_TRUE(IsScimError(late, 401));
  EXPECT_TRUE(late.body.contains("expired at 2026-")) << late.body;
  const Answer denied = As(Role::kAuditor, "GET", "/audit/v1/denied?limit=1");
  EXPECT_EQ(denied.Text("credentialName"), "short") << denied.body;

  Restart();
  EXPECT_EQ(Network(Request("GET", "/scim/v2/Users", {}, secret)).status, 401);
  EXPECT_TRUE(IsScimError(Local("POST", "/admin/v1/tokens", R"({"expires":"2001-01-01"})"), 400,
                          "invalidValue"));
  EXPECT_TRUE(
      IsScimError(Local("POST", "/admin/v1/tokens", R"({"expires":"soon"})"), 400, "invalidValue"));
}

TEST_F(AccessBooksTest, ListedTokensTellWhenTheyWereLastUsed) {
  StartWith(AccessOptions());
  const std::string token = TokenOf(Role::kReader);
  EXPECT_FALSE(Local("GET", "/admin/v1/tokens").body.contains("lastUsed"));
  EXPECT_EQ(Network(Request("GET", "/scim/v2/Users", {}, token)).status, 200);
  EXPECT_TRUE(Local("GET", "/admin/v1/tokens").body.contains(R"("lastUsed":"2)"));
  Restart();
  EXPECT_TRUE(Local("GET", "/admin/v1/tokens").body.contains(R"("lastUsed":"2)"));
}

}  // namespace
}  // namespace scimledger::api
