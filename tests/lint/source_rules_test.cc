// The rules of ARCHITECTURE.md that a compiler does not check.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  ///< from the repository's root
  std::string text;
};

/// In the order of the arrows: a folder may include itself and every folder before it.
constexpr std::array<std::string_view, 5> kFolders{"storage", "engine", "projections", "api",
                                                   "tools"};

bool IsSource(const fs::path& file) {
  return file.extension() == ".h" || file.extension() == ".cc";
}

std::vector<SourceFile> ReadFolder(std::string_view folder) {
  const fs::path root = SCIMLEDGER_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (!entry.is_regular_file() || !IsSource(entry.path())) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    files.push_back({fs::relative(entry.path(), root).string(),
                     std::string(std::istreambuf_iterator<char>(stream), {})});
  }
  return files;
}

std::ptrdiff_t Layer(std::string_view folder) {
  return std::find(kFolders.begin(), kFolders.end(), folder) - kFolders.begin();
}

/// The include lines that go against the arrows.
std::vector<std::string> ForbiddenIncludes(const SourceFile& file) {
  static const std::regex kInclude("#include \"([a-z]+)/");
  const auto own = Layer(file.path.substr(0, file.path.find('/')));
  std::vector<std::string> forbidden;
  for (std::sregex_iterator match(file.text.begin(), file.text.end(), kInclude), end; match != end;
       ++match) {
    if (Layer((*match)[1].str()) > own) forbidden.push_back(file.path + ": " + match->str());
  }
  return forbidden;
}

/// `co_await` statements with a brace before their end: g++ 12 miscompiles aggregates made there.
std::vector<std::string> BracesAfterCoAwait(const SourceFile& file) {
  static const std::regex kComment("//[^\n]*");
  static const std::regex kBrace("co_await[^;]*\\{");
  const std::string code = std::regex_replace(file.text, kComment, "");
  std::vector<std::string> found;
  for (std::sregex_iterator match(code.begin(), code.end(), kBrace), end; match != end; ++match) {
    found.push_back(file.path + ": " + match->str());
  }
  return found;
}

template <typename Rule>
void ExpectNowhere(Rule rule) {
  std::size_t files = 0;
  for (const std::string_view folder : kFolders) {
    for (const SourceFile& file : ReadFolder(folder)) {
      ++files;
      for (const std::string& finding : rule(file)) ADD_FAILURE() << finding;
    }
  }
  EXPECT_GT(files, 50U) << "the rule looked at too few files to mean anything";
}

TEST(SourceRulesTest, IncludesFollowTheArrows) { ExpectNowhere(ForbiddenIncludes); }

TEST(SourceRulesTest, IncludesAgainstTheArrowsAreFound) {
  EXPECT_EQ(ForbiddenIncludes({"engine/a.cc", "#include \"api/http.h\"\n"}).size(), 1U);
  EXPECT_TRUE(ForbiddenIncludes({"engine/a.cc", "#include \"storage/result.h\"\n"}).empty());
}

TEST(SourceRulesTest, NoBracesInCoAwaitStatements) { ExpectNowhere(BracesAfterCoAwait); }

TEST(SourceRulesTest, BracesInCoAwaitStatementsAreFound) {
  EXPECT_EQ(BracesAfterCoAwait({"a.cc", "co_await Send(Request{1});"}).size(), 1U);
  EXPECT_TRUE(BracesAfterCoAwait({"a.cc", "co_await Send(request); if (x) {"}).empty());
}

TEST(SourceRulesTest, RocksDbStaysInStorageImplementations) {
  ExpectNowhere([](const SourceFile& file) {
    std::vector<std::string> found;
    const bool allowed = file.path.starts_with("storage/") && file.path.ends_with(".cc");
    if (!allowed && file.text.contains("#include <rocksdb/")) found.push_back(file.path);
    return found;
  });
}

/// Whether a CMakeLists.txt of the file's folder, or of one above it, names it.
bool IsListed(const fs::path& file) {
  for (fs::path folder = file.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    std::ifstream stream(fs::path(SCIMLEDGER_SOURCE_DIR) / folder / "CMakeLists.txt");
    const std::string list{std::istreambuf_iterator<char>(stream), {}};
    if (list.contains(file.filename().string())) return true;
  }
  return false;
}

/// A test that no target compiles can never fail.
TEST(SourceRulesTest, EverySourceIsCompiled) {
  std::size_t files = 0;
  for (const std::string_view folder :
       {"storage", "engine", "projections", "api", "tools", "tests", "bench"}) {
    for (const SourceFile& file : ReadFolder(folder)) {
      if (!file.path.ends_with(".cc")) continue;
      ++files;
      EXPECT_TRUE(IsListed(file.path)) << file.path << " stands in no CMakeLists.txt";
    }
  }
  EXPECT_GT(files, 200U);
  EXPECT_FALSE(IsListed("api/no_such_file.cc"));
}

TEST(SourceRulesTest, FilesStayReadable) {
  ExpectNowhere([](const SourceFile& file) {
    std::vector<std::string> found;
    const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
    if (lines > 600) found.push_back(file.path + ": " + std::to_string(lines) + " lines");
    return found;
  });
}

}  // namespace
