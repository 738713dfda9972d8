#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

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

/// How many files below the directory hold those bytes.
std::size_t FilesWith(const std::filesystem::path& directory, std::string_view bytes) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(in), {});
    if (content.contains(bytes)) ++count;
  }
  return count;
}

// rows: Z7
TEST_F(TokenCommandTest, NoFileHoldsASecretOrAPassword) {
  const std::string secret = CreateToken("2026-03-01T09:00:00Z", "entra-prod", "provisioner");
  const std::string user =
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane@example.com",)"
      R"("password":"correct-horse-battery"})";
  Create("2026-03-01T09:01:00Z", "jane", "/scim/v2/Users", user, secret);
  Close();

  EXPECT_GE(FilesWith(data_, "jane@example.com"), 1U) << "what is stored is found by its bytes";
  EXPECT_GE(FilesWith(data_, secret.substr(secret.size() - 4)), 1U) << "the suffix is kept";
  EXPECT_EQ(FilesWith(data_, secret), 0U);
  EXPECT_EQ(FilesWith(data_, secret.substr(3, 20)), 0U);
  EXPECT_EQ(FilesWith(data_, "correct-horse-battery"), 0U);
}

}  // namespace
}  // namespace scimledger::tools
