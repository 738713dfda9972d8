#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "api/denied_log.h"
#include "api/fact_recorder.h"
#include "api/server_record.h"
#include "engine/text.h"
#include "tests/unit/tools/ledger_fixture.h"

namespace scimledger::tools {
namespace {

constexpr const char* kUser = R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],)";
constexpr const char* kGroup = R"("schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],)";
constexpr const char* kEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Documents show commands and what they print; here they are run, over one scripted story. A
/// block that begins with ```console holds lines `$ scimledger …`, each followed by what it prints
/// on stdout, then on stderr, then `[exit N]` unless it is 0. TRANSCRIPT_UPDATE=1 writes what is
/// printed into the document instead.
class TranscriptTest : public LedgerTest {
 protected:
  TranscriptTest() {
    Provision();
    Administer();
    Leave();
    Close();
    WriteFiles();
  }

  void Provision() {
    secret_ = CreateToken("2024-03-01T08:00:00Z", "entra-prod", "provisioner");
    CreateToken("2024-03-01T08:01:00Z", "audit-2024", "auditor");
    AddUser("2024-03-01T09:00:00Z", "bob", "Bob Roe", "Sales");
    AddUser("2024-03-01T09:01:00Z", "jane", "Jane Doe", "Sales");
    AddUser("2024-03-01T09:02:00Z", "kim", "Kim Poe", "Finance");
    AddGroup("2024-03-01T09:10:00Z", "sales", "Sales");
    AddGroup("2024-03-01T09:11:00Z", "admins", "Admins");
    Patch("2024-03-01T09:20:00Z", "/scim/v2/Groups/" + IdOf("sales"), Member("Add", "jane"));
    Patch("2024-03-03T09:14:07Z", "/scim/v2/Users/" + IdOf("jane"),
          fmt::format(R"({{"op":"Replace","path":"{}:department","value":"Finance"}})", kEnterprise),
          "4f6e1c6e-cycle-17");
    Patch("2024-03-03T09:15:00Z", "/scim/v2/Users/" + IdOf("jane"),
          fmt::format(R"({{"op":"Add","path":"{}:manager","value":"{}"}})", kEnterprise,
                      IdOf("bob")));
    // A Saturday night, undone soon after.
    Patch("2024-03-09T23:10:00Z", "/scim/v2/Groups/" + IdOf("admins"), Member("Add", "kim"));
    Patch("2024-03-10T01:30:00Z", "/scim/v2/Groups/" + IdOf("admins"), Member("Remove", "kim"));
  }

  void Administer() {
    const std::map<std::string, std::string> before{{"listen", R"("127.0.0.1:8080")"}};
    const std::map<std::string, std::string> after{{"listen", R"("127.0.0.1:9090")"}};
    ASSERT_TRUE(api::RecordServerStart(TenantsAt("2024-03-01T07:00:00Z"), {"0.1", before}));
    ASSERT_TRUE(api::RecordServerStart(TenantsAt("2024-03-11T07:00:00Z"), {"0.1", after}));
    api::TenantCatalog& tenants = TenantsAt("2024-03-11T10:01:00Z");
    std::vector<Fact> facts{{"count", {}, "3"},
                            {"first", {}, R"("2024-03-11T10:00:00.000000Z")"},
                            {"last", {}, R"("2024-03-11T10:00:31.000000Z")"},
                            {"routes", {}, R"(["/audit/v1/events"])"}};
    ASSERT_TRUE(api::RecordInLog(*tenants.FindLoaded("default"),
                                 {EventKind::kAuditRead, "audit trail", std::move(facts)},
                                 {IdOf("audit-2024"), AuthMethod::kBearer, Role::kAuditor},
                                 {"10.9.9.9", "", "siem/1.0", ""}));
  }

  void Leave() {
    Patch("2024-03-15T18:12:09Z", "/scim/v2/Users/" + IdOf("jane"),
          R"({"op":"Replace","path":"active","value":"False"})");
    Send("2024-03-18T08:00:00Z", "DELETE", "/scim/v2/Users/" + IdOf("kim"), {}, secret_);
  }

  void WriteFiles() const {
    const std::filesystem::path folder = data_.parent_path();
    std::ofstream(folder / "hr.csv") << "employee,user,leaveTime\n"
                                     << "1,bob@example.com,2024-03-15T17:00:00+01:00\n"
                                     << "2,jane@example.com,2024-03-15T17:00:00+01:00\n"
                                     << "3,kim@example.com,2024-03-15\n"
                                     << "4,nobody@example.com,2024-03-15\n";
    api::DeniedLog denied(data_ / "access", 1U << 20U);
    api::DeniedAttempt attempt;
    attempt.time_us = *ParseDateTime("2024-03-12T08:00:00Z");
    attempt.status = 409;
    attempt.tenant = "default";
    attempt.credential = IdOf("entra-prod");
    attempt.address = "10.2.3.4";
    attempt.method = "POST";
    attempt.route = "/scim/v2/{endpoint}";
    attempt.detail = "userName 'bob@example.com' is taken";
    denied.Record(attempt);
    ASSERT_TRUE(denied.Flush());
  }

  void AddUser(std::string_view time, const std::string& name, const std::string& display,
               const std::string& department) {
    Create(time, name, "/scim/v2/Users",
           fmt::format(R"({{{}"userName":"{}@example.com","displayName":"{}",)"
                       R"("emails":[{{"value":"{}@example.com","type":"work","primary":true}}],)"
                       R"("{}":{{"department":"{}"}}}})",
                       kUser, name, display, name, kEnterprise, department),
           secret_);
  }
  void AddGroup(std::string_view time, const std::string& name, const std::string& display) {
    Create(time, name, "/scim/v2/Groups",
           fmt::format(R"({{{}"displayName":"{}"}})", kGroup, display), secret_);
  }
  std::string Member(std::string_view op, const std::string& name) const {
    return fmt::format(R"({{"op":"{}","path":"members","value":[{{"value":"{}"}}]}})", op,
                       IdOf(name));
  }
  void Patch(std::string_view time, const std::string& target, const std::string& operation,
             const std::string& request_id = {}) {
    Send(time, "PATCH", target,
         fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                     R"("Operations":[{}]}})",
                     operation),
         secret_, request_id);
  }

  /// What stands after a command line.
  std::string Print(const std::string& line) {
    const CommandResult result = RunBare(Words(line));
    std::string printed = result.out + result.err;
    if (!printed.empty() && printed.back() != '\n') printed += '\n';
    if (result.code != 0) printed += fmt::format("[exit {}]\n", result.code);
    static const std::regex kDigest("[0-9a-f]{64}");
    printed = std::regex_replace(printed, kDigest, "<digest>");
    std::erase(printed, '\r');
    return printed;
  }

  /// The document as it would be with what its commands print today.
  std::string Replayed(const std::string& document) {
    std::string replayed;
    bool is_console = false;
    bool is_output = false;
    std::size_t begin = 0;
    while (begin < document.size()) {
      const std::size_t end = std::min(document.find('\n', begin), document.size() - 1) + 1;
      const std::string line = document.substr(begin, end - begin);
      begin = end;
      const bool is_fence = line.starts_with("```");
      if (is_fence) is_console = line == "```console\n";
      const bool is_command = is_console && line.starts_with("$ scimledger ");
      if (is_fence || is_command) is_output = false;
      if (!is_output) replayed += line;
      if (is_command) {
        replayed += Print(line.substr(2, line.size() - 3));
        is_output = true;
      }
    }
    return replayed;
  }

  void Check(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string document{std::istreambuf_iterator<char>(stream), {}};
    ASSERT_FALSE(document.empty()) << file;
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(data_.parent_path());
    const std::string replayed = Replayed(document);
    std::filesystem::current_path(before);
    if (std::getenv("TRANSCRIPT_UPDATE") != nullptr) {
      std::ofstream(file, std::ios::binary) << replayed;
    }
    EXPECT_EQ(replayed, document) << file << "; TRANSCRIPT_UPDATE=1 writes it anew";
  }

 private:
  /// Without the name of the program; quotes as a shell takes them.
  static std::vector<std::string> Words(const std::string& line) {
    std::vector<std::string> words;
    std::string word;
    char quote = '\0';
    bool has_word = false;
    for (const char c : line + ' ') {
      if (quote != '\0' && c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '\'' || c == '"')) {
        quote = c;
        has_word = true;
      } else if (quote == '\0' && c == ' ') {
        if (has_word) words.push_back(word);
        word.clear();
        has_word = false;
      } else {
        word += c;
        has_word = true;
      }
    }
    words.erase(words.begin());
    return words;
  }

  std::string secret_;
};

TEST_F(TranscriptTest, TheQuestionsOfAuditorsAreAnsweredAsDocumented) {
  Check(std::string(SOURCE_DIRECTORY) + "/docs/audit-questions.md");
}

TEST_F(TranscriptTest, FormatsForSiemsAreAsDocumented) {
  Check(std::string(SOURCE_DIRECTORY) + "/docs/audit-formats.md");
}

TEST_F(TranscriptTest, EveryFormatAndEveryMistakeIsExact) {
  Check(std::string(SOURCE_DIRECTORY) + "/tests/unit/tools/audit_transcripts.md");
}

}  // namespace
}  // namespace scimledger::tools
