// Kills the real server with SIGKILL under load and compares what it serves afterwards with a
// journal of acknowledged replies: I-1 (nothing acknowledged is lost), I-2 (no gap, no repeat,
// times never decrease) and I-3 (replay equals the live state).

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/recovery/load.h"
#include "tests/recovery/server_process.h"

namespace scimledger::recovery {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kClients = 6;

std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string WithoutLineEnd(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "scimledger-kill-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    data_ = pattern;
    seed_ = NumberFromEnvironment("KILL_SEED", std::random_device{}());
    fmt::print("seed {} (KILL_SEED={} repeats it)\n", seed_, seed_);
    random_.seed(seed_);
    admin_ = CreateToken("admin");
    provisioner_ = CreateToken("provisioner");
    server_ = std::make_unique<ServerProcess>(data_);
    CreateGroup();
    for (unsigned i = 0; i < kClients; ++i) {
      clients_.push_back(
          std::make_unique<LoadClient>(i, provisioner_, group_, seed_ * kClients + i));
    }
  }

  void TearDown() override {
    server_.reset();
    fs::remove_all(data_);
  }

  std::string CreateToken(const std::string& role) {
    const auto finished = RunCommand({"token", "create", "--data", data_.string(), "--role", role});
    EXPECT_EQ(finished.exit_status, 0);
    return WithoutLineEnd(finished.output);
  }

  api::HttpResponse Ask(const std::string& method, const std::string& target,
                        const std::string& body = {}) {
    api::HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers.emplace_back("Authorization", "Bearer " + admin_);
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/scim+json");
    request.body = body;
    auto response = server_->Connect()->Send(request);
    if (!response) throw std::runtime_error(response.error().message);
    return std::move(*response);
  }

  void CreateGroup() {
    const auto response = Ask(
        "POST", "/scim/v2/Groups",
        R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Shared"})");
    ASSERT_EQ(response.status, 201) << response.body;
    group_ = std::string(parser_.parse(response.body)["id"].get_string().value());
  }

  /// Load until a random moment, then SIGKILL in the middle of it.
  /// Some time after the first write of this load was acknowledged, however slow the machine is.
  void KillUnderLoad() {
    const std::uint64_t before = AcknowledgedWrites();
    std::vector<std::jthread> threads;
    for (auto& client : clients_) {
      threads.emplace_back([this, &client] {
        const auto connection = server_->Connect();
        client->Run(*connection);
      });
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (AcknowledgedWrites() == before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 400));
    server_->Kill();
  }

  std::uint64_t AcknowledgedWrites() const {
    std::uint64_t count = 0;
    for (const auto& client : clients_) count += client->acknowledged_count();
    return count;
  }

  void CheckUsers(LoadClient::Scope scope) {
    const auto connection = server_->Connect();
    for (auto& client : clients_) {
      for (const std::string& wrong : client->Check(*connection, scope)) ADD_FAILURE() << wrong;
    }
  }

  /// Acknowledged additions are there; whoever is there was at least asked for.
  void CheckMembers() {
    std::set<std::string> present;
    const auto response = Ask("GET", "/scim/v2/Groups/" + group_);
    simdjson::dom::array members;
    if (parser_.parse(response.body)["members"].get(members) == simdjson::SUCCESS) {
      for (const auto member : members) {
        present.emplace(std::string(member["value"].get_string().value()));
      }
    }
    std::set<std::string> asked_for;
    for (const auto& client : clients_) {
      for (const auto& [id, is_acknowledged] : client->members()) {
        asked_for.insert(id);
        EXPECT_TRUE(!is_acknowledged || present.contains(id)) << "member " << id << " was lost";
      }
    }
    for (const std::string& id : present) {
      EXPECT_TRUE(asked_for.contains(id)) << "member " << id << " was deleted or never added";
    }
  }

  /// Reads the new part of the log: sequences, times, and the events that were acknowledged.
  void CheckLog() {
    std::string after = std::to_string(last_sequence_);
    while (!after.empty()) {
      const auto response = Ask("GET", "/audit/v1/events?limit=1000&after=" + after);
      ASSERT_EQ(response.status, 200) << response.body;
      const auto page = parser_.parse(response.body);
      for (const auto event : page["events"].get_array()) ReadEvent(event);
      std::string_view next;
      after = page["next"].get(next) == simdjson::SUCCESS ? std::string(next) : std::string();
    }
    for (const auto& client : clients_) {
      for (const Acknowledged& write : client->acknowledged()) {
        const auto found = events_.find(write.sequence);
        ASSERT_NE(found, events_.end()) << "acknowledged event " << write.sequence << " is gone";
        EXPECT_EQ(found->second, write.kind + " " + write.resource);
      }
    }
  }

  void ReadEvent(simdjson::dom::element event) {
    const std::uint64_t sequence = event["sequence"].get_uint64();
    EXPECT_EQ(sequence, last_sequence_ + 1) << "gap or repeat";
    last_sequence_ = sequence;
    const std::string time(event["time"].get_string().value());
    EXPECT_LE(last_time_, time) << "time went back at " << sequence;
    last_time_ = time;
    std::string_view resource;
    if (event["resource"]["id"].get(resource) != simdjson::SUCCESS) resource = "";
    events_[sequence] = fmt::format("{} {}", event["kind"].get_string().value(), resource);
  }

  /// `replay --verify` prints two equal digests and exits 0; gives the digest.
  std::string CheckReplay() {
    const auto finished = RunCommand({"replay", "--verify", "--data", data_.string()});
    EXPECT_EQ(finished.exit_status, 0) << finished.output;
    EXPECT_TRUE(finished.output.ends_with("\nequal\n")) << finished.output;
    return finished.output;
  }

  fs::path data_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::string admin_;
  std::string provisioner_;
  std::string group_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::uint64_t last_sequence_ = 0;
  std::string last_time_;
  std::map<std::uint64_t, std::string> events_;
  simdjson::dom::parser parser_;
};

TEST_F(KillTest, NothingAcknowledgedIsLost) {
  const auto kills = NumberFromEnvironment("KILLS", 12);
  for (std::uint64_t kill = 0; kill < kills && !HasFailure(); ++kill) {
    SCOPED_TRACE(fmt::format("kill {}", kill));
    const std::uint64_t before = AcknowledgedWrites();
    KillUnderLoad();
    EXPECT_GT(AcknowledgedWrites(), before) << "no write was acknowledged: there was no load";
    server_ = std::make_unique<ServerProcess>(data_);
    CheckUsers(LoadClient::Scope::kTouched);
    CheckMembers();
    CheckLog();
    CheckReplay();
  }
  CheckUsers(LoadClient::Scope::kAll);
  events_.clear();
  last_sequence_ = 0;
  last_time_.clear();
  CheckLog();
  fmt::print("{} kills, {} events, {} violations\n", kills, last_sequence_, HasFailure() ? 1 : 0);
}

TEST_F(KillTest, ProjectionsComeBackFromTheLogAfterAKill) {
  KillUnderLoad();
  server_ = std::make_unique<ServerProcess>(data_);
  const std::string before = CheckReplay();
  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_EQ(CheckReplay(), before) << "after a clean stop, without a server";
  fs::remove_all(data_ / "projections");
  server_ = std::make_unique<ServerProcess>(data_);
  EXPECT_EQ(CheckReplay(), before) << "after the projections were deleted";
}

}  // namespace
}  // namespace scimledger::recovery
