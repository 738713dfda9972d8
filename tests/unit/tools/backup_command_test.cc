#include "tools/backup_command.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "api/http_client.h"
#include "storage/hash.h"
#include "tests/recovery/server_process.h"

namespace scimledger::tools {
namespace {

namespace fs = std::filesystem;
using recovery::Finished;
using recovery::RunCommand;
using recovery::ServerProcess;

/// Backups of a real server, some of them while it is written to, or killed.
class BackupCommandTest : public testing::Test {
 protected:
  BackupCommandTest()
      : folder_(fs::temp_directory_path() /
                ("scimledger_backup_" + storage::RandomUuid().ToString())) {
    fs::create_directories(folder_);
  }
  ~BackupCommandTest() override { fs::remove_all(folder_); }

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }
  Finished Backup(const std::string& to, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"backup", "--data", Path("data"), "--to", Path(to)};
    words.insert(words.end(), more.begin(), more.end());
    return RunCommand(words, Path("errors"));
  }
  Finished Restore(const std::string& from, const std::string& data) const {
    return RunCommand({"restore", "--from", Path(from), "--data", Path(data)}, Path("errors"));
  }
  /// What was said on stderr since the last call.
  std::string Errors() const {
    std::ifstream stream(Path("errors"));
    std::string errors{std::istreambuf_iterator<char>(stream), {}};
    fs::remove(Path("errors"));
    return errors;
  }
  std::string Verification(const std::string& data, const std::string& tenant = "default") const {
    return RunCommand({"replay", "--verify", "--data", Path(data), "--tenant", tenant}).output;
  }
  std::string Token(const std::string& tenant = "default") const {
    std::string token = RunCommand({"token", "create", "--data", Path("data"), "--tenant", tenant,
                                    "--role", "admin"})
                            .output;
    token.pop_back();
    return token;
  }
  static void CreateUsers(const ServerProcess& server, const std::string& token, int first,
                          int count) {
    const auto client = server.Connect();
    for (int i = first; i < first + count; ++i) {
      api::HttpRequest request;
      request.method = "POST";
      request.target = "/scim/v2/Users";
      request.headers = {{"Authorization", "Bearer " + token},
                         {"Content-Type", "application/scim+json"}};
      request.body = fmt::format(
          R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"user{}"}})", i);
      const auto response = client->Send(request);
      if (!response || response->status != 201) return;
    }
  }

  fs::path folder_;
};

/// `backup <tenant> <digest> <sequence>` of one tenant, without the first word.
std::string LineOf(const std::string& output, const std::string& tenant) {
  const std::size_t at = output.find(' ' + tenant + ' ');
  return at == std::string::npos ? std::string() : output.substr(at, output.find('\n', at) - at);
}

TEST_F(BackupCommandTest, ARestoredBackupIsTheStateOfItsMoment) {
  {
    const ServerProcess server(folder_ / "data");
    ASSERT_EQ(RunCommand({"tenant", "create", "acme", "--data", Path("data")}).exit_status, 0);
    CreateUsers(server, Token(), 0, 50);
    CreateUsers(server, Token("acme"), 0, 20);
    const Finished made = Backup("b1");
    ASSERT_EQ(made.exit_status, 0) << Errors();
    EXPECT_TRUE(Errors().contains("the keys are not (--with-keys)"));
    CreateUsers(server, Token(), 50, 10);

    const Finished restored = Restore("b1", "restored");
    ASSERT_EQ(restored.exit_status, 0) << Errors();
    for (const char* tenant : {"default", "acme", "system"}) {
      EXPECT_EQ(LineOf(restored.output, tenant), LineOf(made.output, tenant));
      EXPECT_NE(LineOf(restored.output, tenant), "") << tenant;
    }
    EXPECT_TRUE(restored.output.ends_with("equal\n"));
    EXPECT_TRUE(LineOf(restored.output, "default").ends_with(" 51")) << restored.output;
  }
  const std::string verified = Verification("restored", "acme");
  EXPECT_TRUE(verified.ends_with("equal\n")) << verified;
  EXPECT_TRUE(verified.contains(" 21\n")) << verified;
  EXPECT_EQ(RunCommand({"serve", "--data", Path("b1")}, Path("errors")).exit_status, 3);
  EXPECT_TRUE(Errors().contains("is a backup"));
}

TEST_F(BackupCommandTest, BackupsWhileWritesGoOnAreOfOneMoment) {
  const ServerProcess server(folder_ / "data");
  const std::string token = Token();
  std::atomic<bool> is_over = false;
  std::jthread writer([&] {
    for (int i = 0; !is_over; i += 10) CreateUsers(server, token, i, 10);
  });
  for (int i = 0; i < 3; ++i) {
    const std::string name = fmt::format("b{}", i);
    const Finished made = Backup(name);
    ASSERT_EQ(made.exit_status, 0) << Errors();
    const Finished restored = Restore(name, "r" + name);
    EXPECT_EQ(restored.exit_status, 0) << Errors();
    EXPECT_EQ(LineOf(restored.output, "default"), LineOf(made.output, "default"));
  }
  is_over = true;
}

TEST_F(BackupCommandTest, KeysComeOnlyWhenAskedFor) {
  { const ServerProcess server(folder_ / "data"); }
  ASSERT_EQ(Backup("without").exit_status, 0) << Errors();
  EXPECT_FALSE(fs::exists(folder_ / "without" / "keys"));
  ASSERT_EQ(Backup("with", {"--with-keys"}).exit_status, 0) << Errors();
  ASSERT_EQ(Restore("with", "data2").exit_status, 0) << Errors();
  for (const char* key : {"cursor", "access_tokens"}) {
    std::ifstream before(folder_ / "data" / "keys" / key, std::ios::binary);
    std::ifstream after(folder_ / "data2" / "keys" / key, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(before), {}};
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(bytes, std::string(std::istreambuf_iterator<char>(after), {})) << key;
  }
}

TEST_F(BackupCommandTest, WhatIsInTheWayIsRefused) {
  { const ServerProcess server(folder_ / "data"); }
  ASSERT_EQ(Backup("b").exit_status, 0) << Errors();
  Errors();
  EXPECT_EQ(Backup("b").exit_status, 2);
  EXPECT_TRUE(Errors().contains("b is not empty: a backup is written into a new directory"));
  EXPECT_EQ(Restore("b", "data").exit_status, 2);
  EXPECT_EQ(Errors(), fmt::format("scimledger: {} is not empty: a backup is restored into a new "
                                  "directory\n",
                                  Path("data")));
  EXPECT_EQ(Restore("nothing", "d").exit_status, 3);
  EXPECT_EQ(Errors(), fmt::format("scimledger: {} is not a backup: it has no backup.manifest\n",
                                  Path("nothing")));
  for (const auto& entry : fs::directory_iterator(folder_ / "b" / "log")) {
    if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
    std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(8);
    file.put('\x7f');
  }
  EXPECT_EQ(Restore("b", "d").exit_status, 3);
  EXPECT_TRUE(Errors().contains("is damaged: log/MANIFEST")) << "named";
  EXPECT_EQ(RunCommand({"audit", "events", "--data", Path("d")}).exit_status, 3);
}

/// Whatever moment the server is killed at, what it leaves is a whole backup or none at all.
TEST_F(BackupCommandTest, AKillLeavesAWholeBackupOrNone) {
  {
    const ServerProcess server(folder_ / "data");
    CreateUsers(server, Token(), 0, 300);
  }
  int whole = 0;
  int unfinished = 0;
  for (int delay_ms = 0; delay_ms < 90; delay_ms += 6) {
    ServerProcess server(folder_ / "data");
    std::atomic<bool> is_over = false;
    std::jthread backup([&] {
      (void)Backup("b");
      is_over = true;
    });
    // However long the command takes to get there: the server has begun.
    while (!fs::exists(folder_ / "b") && !is_over) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    server.Kill();
    backup.join();
    const Finished restored = Restore("b", "d");
    if (restored.exit_status == 0) {
      EXPECT_TRUE(restored.output.ends_with("equal\n"));
      EXPECT_TRUE(LineOf(restored.output, "default").ends_with(" 301")) << restored.output;
      fs::remove_all(folder_ / "b");
      ++whole;
    } else {
      EXPECT_EQ(restored.exit_status, 3) << Errors();
      ++unfinished;
    }
    fs::remove_all(folder_ / "d");
  }
  RecordProperty("whole", whole);
  EXPECT_GT(unfinished, 0);
  // What was left does not stand in the way of the next one.
  if (fs::exists(folder_ / "b")) {
    EXPECT_EQ(Backup("b").exit_status, 0) << Errors();
    EXPECT_EQ(Restore("b", "d").exit_status, 0) << Errors();
  }
}

}  // namespace
}  // namespace scimledger::tools
