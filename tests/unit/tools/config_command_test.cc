#include <gtest/gtest.h>

#include "tests/unit/tools/ledger_fixture.h"

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

TEST_F(ConfigCommandTest, MisuseIsTwoAndSaysWhatThereIs) {
  const CommandResult name = Run({"config", "set", "nothing", "on"});
  EXPECT_EQ(name.code, 2);
  EXPECT_NE(name.err.find("unknownAttributes"), std::string::npos) << name.err;
  const CommandResult value = Run({"config", "set", "formats", "on"});
  EXPECT_EQ(value.code, 2);
  EXPECT_NE(value.err.find("\"lenient\" or \"strict\""), std::string::npos) << value.err;
  EXPECT_EQ(Run({"config", "get", "nothing"}).code, 2);
}

}  // namespace
}  // namespace scimledger::tools
