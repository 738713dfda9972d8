// Registers every .scim file below this folder as three tests (README.md).

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/scenarios/json_match.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/stack.h"

namespace scimledger::scenarios {
namespace {

namespace fs = std::filesystem;

enum class Mode { kPlain, kRestarted, kRebuilt };

std::string EncodeTarget(const std::string& target) {
  std::string encoded = target.starts_with('@') ? target.substr(1) : "/scim/v2" + target;
  for (auto at = encoded.find(' '); at != std::string::npos; at = encoded.find(' ', at)) {
    encoded.replace(at, 1, "%20");
  }
  return encoded;
}

class ScenarioTest : public testing::Test {
 public:
  ScenarioTest(fs::path file, Mode mode) : file_(std::move(file)), mode_(mode) {}

  void TestBody() override {
    for (const Step& step : ReadScenario(file_)) {
      if (step.directive) Direct(step, *step.directive);
      if (step.exchange) Perform(step, *step.exchange);
      if (HasFatalFailure() || HasNonfatalFailure()) return;
      if (mode_ == Mode::kRestarted) stack_.Restart();
    }
    const auto before = stack_.Verify();
    EXPECT_EQ(before.live, before.replayed) << "replay differs from the live state";
    if (mode_ != Mode::kRebuilt) return;
    stack_.Rebuild();
    EXPECT_EQ(stack_.Verify().live, before.live) << "the rebuilt projections differ";
  }

 private:
  static std::string At(const Step& step) { return fmt::format("{}:{}", step.file, step.line); }

  api::HttpRequest RequestOf(const Exchange& exchange) const {
    api::HttpRequest request;
    request.transport = api::Transport::kInProcess;
    request.method = exchange.method;
    request.target = EncodeTarget(Substitute(exchange.target, bindings_));
    request.body = Substitute(exchange.body, bindings_);
    bool has_type = request.body.empty();
    for (const auto& [name, value] : exchange.headers) {
      has_type = has_type || name == "Content-Type";
      if (name == "Authorization") {
        request.transport = api::Transport::kNetwork;
        request.peer_address = "192.0.2.10";
        if (value == "none") continue;
      }
      request.headers.emplace_back(name, Substitute(value, bindings_));
    }
    if (!has_type) request.headers.emplace_back("Content-Type", "application/scim+json");
    request.headers.emplace_back("Host", "scim.example");
    return request;
  }

  void Perform(const Step& step, const Exchange& exchange) {
    const api::HttpResponse response = stack_.Send(RequestOf(exchange));
    ASSERT_EQ(response.status, exchange.status) << At(step) << "\n  body: " << response.body;
    for (const auto& [name, expected] : exchange.expected_headers) {
      const auto actual = api::FindHeader(response.headers, name);
      ASSERT_TRUE(actual) << At(step) << ": no header " << name;
      const auto difference = MatchText(expected, std::string(*actual), bindings_);
      ASSERT_FALSE(difference) << At(step) << ": header " << name << ": " << *difference;
    }
    if (exchange.any_body) return;
    if (exchange.expected_body.empty()) {
      ASSERT_EQ(response.body, "") << At(step) << ": expected an empty body";
      return;
    }
    const auto difference = MatchJson(exchange.expected_body, response.body, bindings_);
    ASSERT_FALSE(difference) << At(step) << ": " << *difference;
  }

  void Direct(const Step& step, const Directive& directive) {
    if (directive.name == "restart") {
      stack_.Restart();
    } else if (directive.name == "rebuild") {
      stack_.Rebuild();
    } else if (directive.name == "schema" && directive.arguments.size() == 1) {
      AddSchema(step, directive.arguments[0]);
    } else if (directive.name == "tenant" && directive.arguments.size() == 1) {
      CreateTenant(step, directive.arguments[0]);
    } else if (directive.name == "token" && directive.arguments.size() == 2) {
      CreateToken(step, directive.arguments[0], directive.arguments[1], "@");
    } else if (directive.name == "token" && directive.arguments.size() == 3) {
      CreateToken(step, directive.arguments[0], directive.arguments[1],
                  fmt::format("@/t/{}", directive.arguments[2]));
    } else {
      FAIL() << At(step) << ": unknown directive " << directive.name;
    }
  }

  void AddSchema(const Step& step, const std::string& name) {
    std::ifstream stream(fs::path(SCENARIO_DIR) / "schemas" / name, std::ios::binary);
    ASSERT_TRUE(stream) << At(step) << ": no schemas/" << name;
    Exchange exchange{.method = "POST",
                      .target = "@/admin/v1/schemas",
                      .body = std::string(std::istreambuf_iterator<char>(stream), {}),
                      .status = 200,
                      .any_body = true};
    Perform(step, exchange);
  }

  void CreateTenant(const Step& step, const std::string& name) {
    Exchange exchange{.method = "POST",
                      .target = "@/t/system/admin/v1/tenants",
                      .body = fmt::format(R"({{"name":"{}"}})", name),
                      .status = 201,
                      .any_body = true};
    Perform(step, exchange);
  }

  void CreateToken(const Step& step, const std::string& name, const std::string& role,
                   const std::string& root) {
    Exchange exchange{.method = "POST",
                      .target = root + "/admin/v1/tokens",
                      .body = fmt::format(R"({{"name":"{}","role":"{}"}})", name, role),
                      .status = 201,
                      .expected_body = fmt::format(R"({{"secret":"<id:{}>","...":true}})", name)};
    Perform(step, exchange);
  }

  fs::path file_;
  Mode mode_;
  Stack stack_;
  Bindings bindings_;
};

/// `patch/remove_member.scim` -> `patch_remove_member`.
std::string NameOf(const fs::path& file) {
  std::string name = fs::relative(file, SCENARIO_DIR).replace_extension().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '-' || c == '.'; }, '_');
  return name;
}

void RegisterScenarios() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(SCENARIO_DIR)) {
    const bool is_part = entry.path().parent_path().filename() == "parts";
    if (entry.path().extension() == ".scim" && !is_part) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  const std::pair<const char*, Mode> modes[] = {
      {"Plain", Mode::kPlain}, {"Restarted", Mode::kRestarted}, {"Rebuilt", Mode::kRebuilt}};
  for (const fs::path& file : files) {
    for (const auto& [suite, mode] : modes) {
      testing::RegisterTest(
          suite, NameOf(file).c_str(), nullptr, nullptr, __FILE__, __LINE__,
          [file, mode = mode]() -> testing::Test* { return new ScenarioTest(file, mode); });
    }
  }
}

}  // namespace
}  // namespace scimledger::scenarios

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  scimledger::scenarios::RegisterScenarios();
  return RUN_ALL_TESTS();
}
