#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "api/http_client.h"
#include "storage/hash.h"
#include "tests/recovery/server_process.h"

namespace scimledger::tools {
namespace {

namespace fs = std::filesystem;
using recovery::RunCommand;
using recovery::RunningCommand;
using recovery::ServerProcess;

/// The audit trail of a real server that starts, stops and is killed.
class AuditServerTest : public testing::Test {
 protected:
  AuditServerTest()
      : folder_(fs::temp_directory_path() /
                ("scimledger_audit_" + storage::RandomUuid().ToString())) {
    fs::create_directories(folder_);
  }
  ~AuditServerTest() override { fs::remove_all(folder_); }

  std::string Data() const { return (folder_ / "data").string(); }
  std::string Errors() const { return (folder_ / "errors").string(); }
  bool HasSaid(const std::string& text) const {
    for (int i = 0; i < 1000; ++i) {
      std::ifstream stream(Errors());
      if (std::string(std::istreambuf_iterator<char>(stream), {}).contains(text)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  static void CreateUser(const ServerProcess& server, const std::string& token, int number) {
    api::HttpRequest request;
    request.method = "POST";
    request.target = "/scim/v2/Users";
    request.headers = {{"Authorization", "Bearer " + token},
                       {"Content-Type", "application/scim+json"}};
    request.body = fmt::format(
        R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"user{}"}})",
        number);
    const auto response = server.Connect()->Send(request);
    ASSERT_TRUE(response) << response.error().message;
    ASSERT_EQ(response->status, 201) << response->body;
  }

  fs::path folder_;
};

TEST_F(AuditServerTest, StartsStopsSettingsAndReadsAreRecorded) {
  {
    ServerProcess server(folder_ / "data");
    ASSERT_EQ(RunCommand({"audit", "events", "--data", Data()}).exit_status, 0);
    EXPECT_EQ(server.Terminate(), 0);
  }
  {
    const ServerProcess killed(folder_ / "data",
                               {"--listen", "127.0.0.1:0", "--public-url", "http://x"});
  }
  const ServerProcess server(folder_ / "data");
  const std::string told =
      RunCommand({"audit", "meta-audit", "--data", Data(), "--format", "csv"}).output;
  for (const char* part :
       {"read the audit trail once until", "server stopped (SIGTERM)", "its last stop was clean",
        "its last stop was not clean", R"(public_url: (none) → ""http://x"")",
        R"(public_url: ""http://x"" → (none))"}) {
    EXPECT_TRUE(told.contains(part)) << part << '\n' << told;
  }
  for (const char* tenant : {"default", "system"}) {
    const auto verified =
        RunCommand({"replay", "--verify", "--data", Data(), "--tenant", tenant});
    EXPECT_TRUE(verified.output.ends_with("equal\n")) << verified.output;
  }
}

TEST_F(AuditServerTest, TailFollowsOverARestartAndEndsWithASignal) {
  auto server = std::make_unique<ServerProcess>(folder_ / "data");
  std::string token =
      RunCommand({"token", "create", "--data", Data(), "--role", "admin"}).output;
  token.pop_back();
  CreateUser(*server, token, 0);
  RunningCommand tail({"audit", "tail", "-f", "-n", "1", "--data", Data(), "--format", "ocsf",
                       "--filter", R"(kind eq "ResourceCreated")"},
                      Errors());
  EXPECT_TRUE(tail.ReadLine().contains(R"("name":"user0")"));
  CreateUser(*server, token, 1);
  EXPECT_TRUE(tail.ReadLine().contains(R"("name":"user1")"));
  server.reset();
  EXPECT_TRUE(HasSaid("the server is away; trying again for a minute"));
  server = std::make_unique<ServerProcess>(folder_ / "data");
  EXPECT_TRUE(HasSaid("following again"));
  CreateUser(*server, token, 2);
  EXPECT_TRUE(tail.ReadLine().contains(R"("name":"user2")"));
  tail.Signal(SIGINT);
  const auto finished = tail.Finish();
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_EQ(finished.output, "");
}

TEST_F(AuditServerTest, NothingIsRecordedInAReplay) {
  const std::string copy = (folder_ / "copy").string();
  { const ServerProcess server(folder_ / "data"); }
  ASSERT_EQ(RunCommand({"replay", "--into", copy, "--data", Data(), "--tenant", "system"})
                .exit_status,
            0);
  const auto size = [&copy] {
    std::uintmax_t all = 0;
    for (const auto& entry : fs::recursive_directory_iterator(copy)) {
      if (entry.is_regular_file()) all += entry.file_size();
    }
    return all;
  };
  const auto before = size();
  {
    ServerProcess server(folder_ / "copy", {"--listen", "127.0.0.1:0", "--read-only"});
    EXPECT_EQ(server.Terminate(), 0);
  }
  fs::remove(folder_ / "copy" / "LOCK");
  fs::remove(folder_ / "copy" / "control.sock");
  EXPECT_EQ(size(), before);
}

}  // namespace
}  // namespace scimledger::tools
