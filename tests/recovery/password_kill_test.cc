// Kills the real server with SIGKILL while passwords are set: an acknowledged password is in force
// afterwards (I-1), and none is whose event is not in the log. And looks for the passwords in every
// byte that the server wrote.

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/recovery/server_process.h"

namespace scimledger::recovery {
namespace {

namespace fs = std::filesystem;

constexpr int kUsers = 4;
/// In every password: must be nowhere.
constexpr std::string_view kSecret = "Tr0ub4dor-and-3";

std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string ReadFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// One user, and what is known of its password.
struct User {
  std::string name;
  std::string id;
  std::string etag;          ///< of the last acknowledged write
  std::string acknowledged;  ///< empty: none
  std::string sent;          ///< since then, without an answer; empty: nothing
  std::vector<std::string> replaced;
  int count = 0;
};

class PasswordKillTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "scimledger-password-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    data_ = root_ / "data";
    const auto seed = NumberFromEnvironment("KILL_SEED", std::random_device{}());
    fmt::print("seed {} (KILL_SEED={} repeats it)\n", seed, seed);
    random_.seed(seed);
    const auto finished =
        RunCommand({"token", "create", "--data", data_.string(), "--role", "admin"});
    ASSERT_EQ(finished.exit_status, 0);
    token_ = finished.output.substr(0, finished.output.find('\n'));
    StartServer();
  }

  void TearDown() override {
    server_.reset();
    fs::remove_all(root_);
  }

  void StartServer() {
    const std::vector<std::string> arguments{"--listen", "127.0.0.1:0"};
    server_ = std::make_unique<ServerProcess>(data_, arguments, root_ / "stderr");
  }

  void Keep() {
    const auto response = Ask("PATCH", "/admin/v1/settings", R"({"passwords":"argon2id"})");
    ASSERT_TRUE(response);
    ASSERT_EQ(response->status, 200) << response->body;
  }

  std::optional<api::HttpResponse> Send(api::HttpClient& client, const std::string& method,
                                        const std::string& target, const std::string& body) const {
    api::HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers.emplace_back("Authorization", "Bearer " + token_);
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = body;
    auto response = client.Send(request);
    if (!response) return std::nullopt;
    return std::move(*response);
  }
  std::optional<api::HttpResponse> Ask(const std::string& method, const std::string& target,
                                       const std::string& body = {}) const {
    return Send(*server_->Connect(), method, target, body);
  }

  static std::string UserBody(const std::string& name, const std::string& password) {
    return fmt::format(
        R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}","password":"{}"}})",
        name, password);
  }

  void CreateUser(int index) {
    User user;
    user.name = fmt::format("user{}", index);
    user.acknowledged = NextPassword(user);
    const auto response = Ask("POST", "/scim/v2/Users", UserBody(user.name, user.acknowledged));
    ASSERT_TRUE(response);
    ASSERT_EQ(response->status, 201) << response->body;
    simdjson::dom::parser parser;
    user.id = std::string(parser.parse(response->body)["id"].get_string().value());
    user.etag = std::string(api::FindHeader(response->headers, "ETag").value());
    users_.push_back(std::move(user));
  }

  static std::string NextPassword(User& user) {
    return fmt::format("{}-{}-{}", kSecret, user.name, user.count++);
  }

  /// Sets one password after the other until the server is gone.
  void SetPasswords(User& user) {
    const auto client = server_->Connect();
    while (true) {
      user.sent = NextPassword(user);
      const auto response = Send(
          *client, "PATCH", "/scim/v2/Users/" + user.id,
          fmt::format(
              R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"password","value":"{}"}}]}})",
              user.sent));
      if (!response) return;
      if (response->status == 503) continue;
      ASSERT_EQ(response->status, 200) << response->body;
      Acknowledge(user, std::string(api::FindHeader(response->headers, "ETag").value()));
      ++acknowledged_;
    }
  }

  static void Acknowledge(User& user, std::string etag) {
    user.replaced.push_back(std::exchange(user.acknowledged, std::exchange(user.sent, {})));
    user.etag = std::move(etag);
  }

  void KillWhileSetting() {
    const int before = acknowledged_;
    std::vector<std::jthread> threads;
    for (User& user : users_) threads.emplace_back([this, &user] { SetPasswords(user); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (acknowledged_ == before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(acknowledged_, before);
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 300'000));
    server_->Kill();
  }

  bool IsValid(const User& user, const std::string& password) const {
    const auto response =
        Ask("POST", "/admin/v1/passwords/verify",
            fmt::format(R"({{"userName":"{}","password":"{}"}})", user.name, password));
    if (!response || response->status != 200) {
      ADD_FAILURE() << (response ? response->body : "no answer");
      return false;
    }
    return response->body == R"({"valid":true})";
  }

  /// The version tells whether the write without an answer got into the log.
  void Check(User& user) {
    SCOPED_TRACE(user.name);
    const auto response = Ask("GET", "/scim/v2/Users/" + user.id);
    ASSERT_TRUE(response);
    ASSERT_EQ(response->status, 200) << response->body;
    const std::string etag(api::FindHeader(response->headers, "ETag").value());
    const bool is_committed = etag != user.etag;
    ASSERT_TRUE(!is_committed || !user.sent.empty());
    committed_ += is_committed ? 1 : 0;
    lost_ += !is_committed && !user.sent.empty() ? 1 : 0;
    if (!user.sent.empty()) {
      EXPECT_EQ(IsValid(user, user.sent), is_committed);
    }
    EXPECT_EQ(IsValid(user, user.acknowledged), !is_committed);
    if (!user.replaced.empty()) {
      EXPECT_FALSE(IsValid(user, user.replaced.back()));
    }
    if (is_committed) Acknowledge(user, etag);
  }

  /// Files of DATA and stderr that have the text in them.
  std::vector<std::string> FilesWith(std::string_view text) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (entry.is_regular_file() && ReadFile(entry.path()).contains(text)) {
        found.push_back(entry.path().string());
      }
    }
    return found;
  }

  /// Passwords in writes that are accepted, refused, and not understood.
  void ProvokeEverything() {
    CreateUser(0);
    const std::string secret(kSecret);
    const std::vector<std::pair<std::string, std::string>> bodies = {
        {"/scim/v2/Users", UserBody("user0", secret)},
        {"/scim/v2/Users", UserBody("line", secret + "\\n")},
        {"/scim/v2/Users", UserBody("long", secret + std::string(1024, 'x'))},
        {"/scim/v2/Users", UserBody("broken", secret).substr(1)},
        {"/scim/v2/Users", R"({"schemas":[],"password":")" + secret + R"("})"},
        {"/scim/v2/Users",
         R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"list","password":[")" +
             secret + R"("]})"},
        {"/scim/v2/Bulk",
         R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":)" +
             UserBody("bulk", secret) + "}]}"},
        {"/admin/v1/passwords/verify", R"({"userName":"user0","password":")" + secret + R"("})"},
        {"/admin/v1/passwords/verify", R"({"password":")" + secret + R"("})"},
    };
    for (const auto& [target, body] : bodies) {
      const auto response = Ask("POST", target, body);
      ASSERT_TRUE(response);
      EXPECT_FALSE(response->body.contains(kSecret)) << response->body;
    }
    for (const char* target : {"/metrics", "/audit/v1/events", "/audit/v1/denied"}) {
      const auto response = Ask("GET", target);
      ASSERT_TRUE(response);
      ASSERT_EQ(response->status, 200);
      EXPECT_FALSE(response->body.contains(kSecret)) << response->body;
      EXPECT_FALSE(response->body.contains("$argon2")) << response->body;
    }
  }

  fs::path root_;
  fs::path data_;
  std::string token_;
  std::mt19937_64 random_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<User> users_;
  std::atomic<int> acknowledged_ = 0;
  int committed_ = 0;  ///< writes without an answer that were in the log
  int lost_ = 0;       ///< and those that were not
};

TEST_F(PasswordKillTest, TheLogDecidesWhichPasswordIsInForce) {
  Keep();
  for (int i = 0; i < kUsers; ++i) CreateUser(i);
  const auto kills = NumberFromEnvironment("KILLS", 8);
  for (std::uint64_t kill = 0; kill < kills && !HasFailure(); ++kill) {
    SCOPED_TRACE(fmt::format("kill {}", kill));
    KillWhileSetting();
    StartServer();
    for (User& user : users_) Check(user);
  }
  server_->Kill();
  EXPECT_TRUE(FilesWith(kSecret).empty()) << FilesWith(kSecret).front();
  fmt::print("{} kills, {} passwords acknowledged; without an answer: {} in force, {} not\n", kills,
             acknowledged_.load(), committed_, lost_);
}

// rows: U2
TEST_F(PasswordKillTest, KeptPasswordsAreInNothingThatIsWritten) {
  Keep();
  ProvokeEverything();
  EXPECT_TRUE(IsValid(users_[0], users_[0].acknowledged));
  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_TRUE(FilesWith(kSecret).empty()) << FilesWith(kSecret).front();
  const auto hashed = FilesWith("$argon2id$");
  EXPECT_FALSE(hashed.empty()) << "the search must be able to find what is there";
  for (const std::string& file : hashed) {
    EXPECT_TRUE(file.starts_with((data_ / "passwords").string())) << file;
  }
}

// rows: U2
TEST_F(PasswordKillTest, DiscardedPasswordsAreInNothingThatIsWritten) {
  ProvokeEverything();
  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_TRUE(FilesWith(kSecret).empty()) << FilesWith(kSecret).front();
  EXPECT_TRUE(FilesWith("$argon2").empty());
  EXPECT_FALSE(fs::exists(data_ / "passwords"));
}

}  // namespace
}  // namespace scimledger::recovery
