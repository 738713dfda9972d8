#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace scimledger::scenarios {

/// One request with what must come back (README.md).
struct Exchange {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  int status = 0;
  std::vector<std::pair<std::string, std::string>> expected_headers = {};
  std::string expected_body = {};
  bool any_body = false;
};

/// `restart`, `rebuild`, `schema FILE`, `tenant NAME`, `token NAME ROLE [TENANT]`.
struct Directive {
  std::string name;
  std::vector<std::string> arguments;
};

struct Step {
  std::string file;
  std::size_t line = 0;  ///< of its first line
  std::optional<Exchange> exchange;
  std::optional<Directive> directive;
};

/// Reads a scenario file and what it includes. Throws std::runtime_error naming file and line.
std::vector<Step> ReadScenario(const std::filesystem::path& file);

}  // namespace scimledger::scenarios
