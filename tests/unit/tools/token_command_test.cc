#include <string>

#include "tests/unit/tools/ledger_fixture.h"

namespace scimledger::tools {
namespace {

using TokenCommandTest = LedgerTest;

TEST_F(TokenCommandTest, PrintsTheSecretAlone) {
  Close();
  const CommandResult made = Run({"token", "create", "--name", "entra"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with("sl_"));
  EXPECT_EQ(made.out.find('\n'), made.out.size() - 1);
}

TEST_F(TokenCommandTest, PrintsIdAndSecretAsJson) {
  Close();
  const CommandResult made = Run({"token", "create", "--name", "entra", "--format", "json"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with(R"({"id":")")) << made.out;
  EXPECT_TRUE(made.out.contains(R"("name":"entra")")) << made.out;
  EXPECT_TRUE(made.out.contains(R"("secret":"sl_)")) << made.out;
  EXPECT_EQ(Run({"token", "create", "--format", "csv"}).code, 2);
}

}  // namespace
}  // namespace scimledger::tools
