#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/tools/ledger_fixture.h"
#include "tools/configuration.h"

namespace scimledger::tools {
namespace {

class ConfigCommandTest : public LedgerTest {
 protected:
  ConfigCommandTest() {
    CreateToken("2026-03-03T09:00:00Z", "entra-prod", "provisioner");
    Close();
  }
};

TEST_F(ConfigCommandTest, SetsAndGetsOneSetting) {
  EXPECT_EQ(Run({"config", "get", "ifMatch"}).out, "optional\n");
  const CommandResult set = Run({"config", "set", "ifMatch", "required"});
  EXPECT_EQ(set.code, 0) << set.err;
  EXPECT_EQ(set.out, "");
  EXPECT_EQ(Run({"config", "get", "ifMatch"}).out, "required\n");
}

TEST_F(ConfigCommandTest, ListShowsValueDefaultAndMeaning) {
  ASSERT_EQ(Run({"config", "set", "formats", "strict"}).code, 0);
  const std::string table = Run({"config", "list", "--format", "table"}).out;
  EXPECT_TRUE(table.starts_with("SETTING ")) << table;
  EXPECT_NE(table.find("formats            strict             lenient "), std::string::npos)
      << table;
  const std::string lines = Run({"config", "list", "--format", "jsonl"}).out;
  EXPECT_NE(lines.find(R"("name":"formats","value":"strict","default":"lenient")"),
            std::string::npos);
}

TEST_F(ConfigCommandTest, AuditTellsWhatChangedFromWhatToWhat) {
  ASSERT_EQ(Run({"config", "set", "unknownAttributes", "reject"}).code, 0);
  const CommandResult events =
      Run({"audit", "events", "--kind", "SettingsChanged", "--format", "jsonl"});
  EXPECT_EQ(events.code, 0) << events.err;
  EXPECT_NE(events.out.find(
                R"("changes":[{"path":"unknownAttributes","before":"ignore","after":"reject"}])"),
            std::string::npos)
      << events.out;
}

TEST_F(ConfigCommandTest, HelpOfServeNamesEverySetting) {
  const CommandResult help = RunBare({"serve", "--help"});
  EXPECT_EQ(help.code, 0);
  ASSERT_FALSE(SettingNames().empty());
  for (const std::string_view name : SettingNames()) {
    EXPECT_TRUE(help.out.contains(std::string(name) + ",")) << name << '\n' << help.out;
  }
}

TEST_F(ConfigCommandTest, MisuseIsTwoAndSaysWhatThereIs) {
  const CommandResult name = Run({"config", "set", "nothing", "on"});
  EXPECT_EQ(name.code, 2);
  EXPECT_NE(name.err.find("unknownAttributes"), std::string::npos) << name.err;
  const CommandResult value = Run({"config", "set", "formats", "on"});
  EXPECT_EQ(value.code, 2);
  EXPECT_NE(value.err.find("\"lenient\" or \"strict\""), std::string::npos) << value.err;
  EXPECT_EQ(Run({"config", "get", "nothing"}).code, 2);
}

/// Setting up comes before serving: whichever command is first makes the data directory.
TEST_F(ConfigCommandTest, WhatSetsUpMakesAMissingDataDirectory) {
  const std::filesystem::path schema = data_.parent_path() / (data_.filename().string() + ".json");
  std::ofstream(schema) << R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
                           R"("id":"urn:example:Thing","name":"Thing",)"
                           R"("attributes":[{"name":"size"}]})";
  int number = 0;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"schema", "add", schema.string()},
                                             {"config", "set", "formats", "strict"},
                                             {"token", "create", "--name", "first"}}) {
    SCOPED_TRACE(arguments[0]);
    const std::string fresh = data_.string() + fmt::format("-{}", ++number);
    std::vector<std::string> command = arguments;
    command.insert(command.end(), {"--data", fresh});
    EXPECT_EQ(RunBare({arguments[0], "list", "--data", fresh}).code, 3) << "reading makes nothing";
    EXPECT_FALSE(std::filesystem::exists(fresh));
    const CommandResult done = RunBare(command);
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(RunBare({arguments[0], "list", "--data", fresh}).code, 0);
    std::filesystem::remove_all(fresh);
  }
  EXPECT_EQ(RunBare({"schema", "add", "no-such-file", "--data", data_.string() + "-9"}).code, 2);
  EXPECT_FALSE(std::filesystem::exists(data_.string() + "-9"));
  std::filesystem::remove(schema);
}

}  // namespace
}  // namespace scimledger::tools
