#include "tests/scenarios/scenario.h"

#include <fmt/core.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace scimledger::scenarios {
namespace {

/// Lines of one step, comments left out.
struct Block {
  std::size_t line = 0;
  std::vector<std::string> lines;
};

std::vector<Block> ReadBlocks(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  std::vector<Block> blocks;
  bool in_block = false;
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (line.starts_with('#')) continue;
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      in_block = false;
      continue;
    }
    if (!in_block) blocks.push_back({number, {}});
    in_block = true;
    blocks.back().lines.push_back(line);
  }
  return blocks;
}

[[noreturn]] void Fail(const std::filesystem::path& file, const Block& block,
                       std::string_view what) {
  throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), block.line, what));
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool IsMethod(std::string_view word) {
  for (const std::string_view method :
       {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}) {
    if (word == method) return true;
  }
  return false;
}

/// Takes header lines from `at` on: `Name: value`.
std::vector<std::pair<std::string, std::string>> TakeHeaders(const std::vector<std::string>& lines,
                                                             std::size_t& at) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (; at < lines.size(); ++at) {
    const std::string& line = lines[at];
    const auto colon = line.find(": ");
    const bool is_header = colon != std::string::npos && colon > 0 &&
                           line.find_first_of("{}[]\" ") > colon && !line.starts_with("----");
    if (!is_header) break;
    headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

std::string TakeUntil(const std::vector<std::string>& lines, std::size_t& at,
                      std::string_view end) {
  std::string text;
  for (; at < lines.size() && lines[at] != end; ++at) {
    if (!text.empty()) text += '\n';
    text += lines[at];
  }
  return text;
}

Exchange ParseExchange(const std::filesystem::path& file, const Block& block) {
  Exchange exchange;
  const std::string& first = block.lines[0];
  const auto space = first.find(' ');
  exchange.method = first.substr(0, space);
  exchange.target = first.substr(space + 1);
  std::size_t at = 1;
  exchange.headers = TakeHeaders(block.lines, at);
  exchange.body = TakeUntil(block.lines, at, "----");
  if (at == block.lines.size()) Fail(file, block, "a request without ---- and an expectation");
  ++at;
  if (at == block.lines.size()) Fail(file, block, "no status after ----");
  exchange.status = std::stoi(block.lines[at++]);
  exchange.expected_headers = TakeHeaders(block.lines, at);
  exchange.expected_body = TakeUntil(block.lines, at, "----");
  if (exchange.expected_body == "...") {
    exchange.any_body = true;
    exchange.expected_body.clear();
  }
  return exchange;
}

}  // namespace

std::vector<Step> ReadScenario(const std::filesystem::path& file) {
  std::vector<Step> steps;
  for (const Block& block : ReadBlocks(file)) {
    const auto words = Words(block.lines[0]);
    if (IsMethod(words[0])) {
      Step& step = steps.emplace_back();
      step.file = file.string();
      step.line = block.line;
      step.exchange = ParseExchange(file, block);
      continue;
    }
    if (block.lines.size() != 1) Fail(file, block, "neither a request nor a directive");
    if (words[0] == "include" && words.size() == 2) {
      for (Step& included : ReadScenario(file.parent_path() / words[1])) {
        steps.push_back(std::move(included));
      }
      continue;
    }
    Step& step = steps.emplace_back();
    step.file = file.string();
    step.line = block.line;
    step.directive = Directive{words[0], {words.begin() + 1, words.end()}};
  }
  if (steps.empty()) throw std::runtime_error(file.string() + ": no steps");
  return steps;
}

}  // namespace scimledger::scenarios
