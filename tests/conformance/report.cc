#include "tests/conformance/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace scimledger::conformance {
namespace {

namespace fs = std::filesystem;

enum class Outcome { kTested, kNotApplicable, kOpen };

struct ReasonKind {
  std::string_view prefix;
  Outcome outcome;
};
constexpr std::array<ReasonKind, 3> kReasonKinds{{{"not applicable: ", Outcome::kNotApplicable},
                                                  {"not offered: ", Outcome::kNotApplicable},
                                                  {"not yet: ", Outcome::kOpen}}};

struct Level {
  char letter;
  std::string_view meaning;
};
constexpr std::array<Level, 4> kLevels{{{'M', "must"},
                                        {'S', "should"},
                                        {'Y', "may; binding where offered"},
                                        {'D', "no keyword, but clients rely on it"}}};

const ReasonKind* FindReasonKind(std::string_view reason) {
  const auto* const found = std::ranges::find_if(
      kReasonKinds, [reason](const ReasonKind& kind) { return reason.starts_with(kind.prefix); });
  return found == kReasonKinds.end() ? nullptr : found;
}

Outcome OutcomeOf(const Row& row, const Marks& marks) {
  if (marks.contains(row.id)) return Outcome::kTested;
  const ReasonKind* const kind = FindReasonKind(row.reason);
  return kind == nullptr ? Outcome::kOpen : kind->outcome;
}

std::vector<std::string> SplitAtBars(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t from = 0;
  while (true) {
    const std::size_t bar = line.find(" | ", from);
    cells.push_back(line.substr(from, bar - from));
    if (bar == std::string::npos) return cells;
    from = bar + 3;
  }
}

Row ReadRow(const std::string& line) {
  std::vector<std::string> cells = SplitAtBars(line);
  const bool is_row = (cells.size() == 4 || cells.size() == 5) && cells[1].size() == 1 &&
                      std::ranges::any_of(kLevels, [&cells](const Level& level) {
                        return level.letter == cells[1].front();
                      });
  if (!is_row) throw std::runtime_error("not a row: " + line);
  cells.resize(5);
  return {cells[0], cells[1].front(), cells[2], cells[3], cells[4]};
}

/// A line `# rows: …` or `// rows: …`: what follows the colon.
std::string_view MarkedRows(std::string_view line) {
  for (const std::string_view lead : {"# rows:", "// rows:"}) {
    if (line.starts_with(lead)) return line.substr(lead.size());
  }
  return {};
}

std::string ReadFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// `[patch/members_keep_up](../scenarios/patch/members_keep_up.scim)`.
std::string LinkTo(const std::string& file) {
  const std::size_t folder = file.find('/') + 1;
  return fmt::format("[{}](../{})", file.substr(folder, file.rfind('.') - folder), file);
}

std::string Evidence(const Row& row, const Marks& marks) {
  const auto found = marks.find(row.id);
  if (found == marks.end()) return row.reason.empty() ? "not yet: no test" : row.reason;
  std::string links;
  for (const std::string& file : found->second) {
    links += (links.empty() ? "" : ", ") + LinkTo(file);
  }
  return links;
}

std::string RenderSummary(const std::vector<Part>& parts, const Marks& marks) {
  std::string text =
      "| Level | Rows | Tested | Not applicable or not offered | Open |\n"
      "|---|---:|---:|---:|---:|\n";
  for (const Level& level : kLevels) {
    std::size_t rows = 0;
    std::array<std::size_t, 3> outcomes{};
    for (const Part& part : parts) {
      for (const Row& row : part.rows) {
        if (row.level != level.letter) continue;
        ++rows;
        ++outcomes.at(static_cast<std::size_t>(OutcomeOf(row, marks)));
      }
    }
    text += fmt::format("| {}: {} | {} | {} | {} | {} |\n", level.letter, level.meaning, rows,
                        outcomes[0], outcomes[1], outcomes[2]);
  }
  return text;
}

}  // namespace

std::vector<Part> ReadRows(std::string_view text) {
  std::vector<Part> parts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("//")) continue;
    if (line.starts_with("# ")) {
      parts.push_back({line.substr(2), {}});
    } else {
      if (parts.empty()) throw std::runtime_error("a row before the first part: " + line);
      parts.back().rows.push_back(ReadRow(line));
    }
  }
  return parts;
}

void CollectMarks(const std::string& file, std::string_view text, Marks& marks) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream ids{std::string(MarkedRows(line))};
    for (std::string id; ids >> id;) {
      std::vector<std::string>& files = marks[id];
      if (std::ranges::find(files, file) == files.end()) files.push_back(file);
    }
  }
}

Marks CollectMarks(const fs::path& folder) {
  std::set<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".scim" || extension == ".cc") files.insert(entry.path());
  }
  Marks marks;
  for (const fs::path& file : files) {
    CollectMarks(fs::relative(file, folder).generic_string(), ReadFile(file), marks);
  }
  return marks;
}

std::vector<std::string> Problems(const std::vector<Part>& parts, const Marks& marks) {
  std::vector<std::string> problems;
  std::set<std::string> ids;
  for (const Part& part : parts) {
    for (const Row& row : part.rows) {
      if (!ids.insert(row.id).second) problems.push_back(row.id + " is there twice");
      const bool is_tested = marks.contains(row.id);
      if (!is_tested && row.reason.empty()) {
        problems.push_back(row.id + " has neither a test nor a reason");
      } else if (is_tested && !row.reason.empty()) {
        problems.push_back(fmt::format("{} has a reason ({}) and a test ({})", row.id, row.reason,
                                       marks.at(row.id).front()));
      } else if (!is_tested && FindReasonKind(row.reason) == nullptr) {
        problems.push_back(fmt::format("{} has a reason of no known kind: {}", row.id, row.reason));
      }
    }
  }
  for (const auto& [id, files] : marks) {
    if (!ids.contains(id)) {
      problems.push_back(fmt::format("{} in {} is no row of rows.txt", id, files.front()));
    }
  }
  return problems;
}

std::string Render(const std::vector<Part>& parts, const Marks& marks) {
  std::string text = fmt::format(
      "# Conformance\n\n"
      "What RFC 7643, 7644, 9865 and their neighbours ask of a SCIM service, and the tests that "
      "prove it here.\nGenerated from `rows.txt` and the `rows:` lines of the tests "
      "([README](README.md)): do not edit.\n\n{}",
      RenderSummary(parts, marks));
  for (const Part& part : parts) {
    text += fmt::format(
        "\n## {}\n\n| Row | Level | Requirement | Source | Proved by |\n|---|---|---|---|---|\n",
        part.title);
    for (const Row& row : part.rows) {
      text += fmt::format("| {} | {} | {} | {} | {} |\n", row.id, row.level, row.requirement,
                          row.source, Evidence(row, marks));
    }
  }
  return text;
}

}  // namespace scimledger::conformance
