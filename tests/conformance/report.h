#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::conformance {

/// One requirement, as a line of rows.txt has it.
struct Row {
  std::string id;
  char level = 'D';  ///< M, S, Y or D: rows.txt explains them
  std::string requirement;
  std::string source;
  std::string reason;  ///< why no test proves it; empty: tests do
};

struct Part {
  std::string title;
  std::vector<Row> rows;
};

/// Files that say `rows: ID …`, from the folder of all tests, by the id they name; each in order.
using Marks = std::map<std::string, std::vector<std::string>>;

/// Parts and rows of rows.txt. Throws std::runtime_error for a line that is none of the two.
std::vector<Part> ReadRows(std::string_view text);

/// Adds the ids that lines `# rows: …` and `// rows: …` of the file's text name.
void CollectMarks(const std::string& file, std::string_view text, Marks& marks);
/// Of every scenario and unit test below `folder`.
Marks CollectMarks(const std::filesystem::path& folder);

/// What does not fit, one sentence each: a mark that names no row, a row twice, a row that has
/// neither a test nor a reason, one that has both, a reason of another kind.
std::vector<std::string> Problems(const std::vector<Part>& parts, const Marks& marks);

/// The report as Markdown.
std::string Render(const std::vector<Part>& parts, const Marks& marks);

}  // namespace scimledger::conformance
