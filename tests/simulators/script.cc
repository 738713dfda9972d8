#include "tests/simulators/script.h"

#include <fmt/core.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace scimledger::simulators {
namespace {

/// Lines between blank lines, without comments.
struct Block {
  std::string word;  ///< step, operation, mapping, headers
  std::string name;
  std::size_t line = 0;
  std::vector<std::string> lines;
};

std::vector<Block> ReadBlocks(std::istream& stream) {
  std::vector<Block> blocks;
  bool is_inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      is_inside = false;
    } else if (is_inside) {
      blocks.back().lines.push_back(line);
    } else {
      const auto space = line.find(' ');
      const bool is_named = space != std::string::npos;
      blocks.push_back(
          {line.substr(0, space), is_named ? line.substr(space + 1) : std::string(), number, {}});
      is_inside = true;
    }
  }
  return blocks;
}

bool IsJson(const std::string& line) { return line.starts_with('{') || line.starts_with('"'); }

std::pair<std::string, std::string> ReadHeader(const std::string& line) {
  const auto colon = line.find(": ");
  if (colon == std::string::npos) throw std::runtime_error("not a header: " + line);
  return {line.substr(0, colon), line.substr(colon + 2)};
}

/// Reads an exchange from `at` to `then` or the end.
Exchange ReadExchange(const std::vector<std::string>& lines, std::size_t& at,
                      const api::Headers& common) {
  Exchange exchange;
  if (at == lines.size()) throw std::runtime_error("a request is missing");
  const auto space = lines[at].find(' ');
  if (space == std::string::npos) throw std::runtime_error("not a request: " + lines[at]);
  exchange.method = lines[at].substr(0, space);
  exchange.target = lines[at++].substr(space + 1);
  while (at < lines.size() && lines[at] != "----" && !IsJson(lines[at])) {
    exchange.headers.push_back(ReadHeader(lines[at++]));
  }
  for (const auto& header : common) {
    if (!api::FindHeader(exchange.headers, header.first)) exchange.headers.push_back(header);
  }
  while (at < lines.size() && lines[at] != "----") exchange.body += lines[at++] + '\n';
  if (at + 1 >= lines.size()) throw std::runtime_error("---- and a status are missing");
  std::istringstream statuses(lines[++at]);
  for (int status = 0; statuses >> status;) exchange.statuses.push_back(status);
  ++at;
  if (exchange.statuses.empty()) throw std::runtime_error("a status is missing after ----");
  while (at < lines.size() && lines[at] != "then") exchange.pattern += lines[at++] + '\n';
  return exchange;
}

Step ReadStep(const Block& block, const api::Headers& common) {
  Step step;
  step.name = block.name;
  std::size_t at = 0;
  step.exchange = ReadExchange(block.lines, at, common);
  while (at < block.lines.size()) step.then.push_back(ReadExchange(block.lines, ++at, common));
  return step;
}

Mapping ReadMapping(const Block& block) {
  Mapping mapping;
  for (const std::string& line : block.lines) {
    const auto arrow = line.find(" <- ");
    if (arrow == std::string::npos) throw std::runtime_error("not a mapping: " + line);
    mapping.push_back({line.substr(0, arrow), line.substr(arrow + 4)});
  }
  return mapping;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

template <typename Map>
const auto& Find(const Map& map, std::string_view name, const char* what) {
  const auto at = map.find(name);
  if (at == map.end()) throw std::runtime_error(fmt::format("there is no {} {}", what, name));
  return at->second;
}

}  // namespace

Script::Script(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".steps") ReadFile(entry.path());
  }
}

void Script::ReadFile(const std::filesystem::path& file) {
  std::ifstream stream(file);
  api::Headers common;
  for (const Block& block : ReadBlocks(stream)) {
    try {
      bool is_new = true;
      if (block.word == "headers") {
        for (const std::string& line : block.lines) common.push_back(ReadHeader(line));
      } else if (block.word == "step") {
        is_new = steps_.emplace(block.name, ReadStep(block, common)).second;
      } else if (block.word == "operation") {
        is_new = operations_.emplace(block.name, Join(block.lines)).second;
      } else if (block.word == "mapping") {
        is_new = mappings_.emplace(block.name, ReadMapping(block)).second;
      } else {
        throw std::runtime_error("unknown word " + block.word);
      }
      if (!is_new) throw std::runtime_error(block.name + " is there twice");
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(
          fmt::format("{}:{}: {}", file.filename().string(), block.line, error.what()));
    }
  }
}

const Step& Script::step(std::string_view name) const { return Find(steps_, name, "step"); }

const std::string& Script::operation(std::string_view name) const {
  return Find(operations_, name, "operation");
}

const Mapping& Script::mapping(std::string_view name) const {
  return Find(mappings_, name, "mapping");
}

}  // namespace scimledger::simulators
