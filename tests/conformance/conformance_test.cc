// The committed report says what the tests say, and no row is left without an answer.
// `conformance_tests --write` writes the report.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/report.h"

namespace scimledger::conformance {
namespace {

namespace fs = std::filesystem;

const fs::path kTests = SCIMLEDGER_TESTS_DIR;
const fs::path kReport = kTests / "conformance/REPORT.md";

std::string ReadFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<Part> Rows() { return ReadRows(ReadFile(kTests / "conformance/rows.txt")); }

TEST(ConformanceTest, EveryRowIsProvedOrExplained) {
  const std::vector<Part> parts = Rows();
  EXPECT_GT(parts.size(), 20U);
  for (const std::string& problem : Problems(parts, CollectMarks(kTests))) {
    ADD_FAILURE() << problem;
  }
}

TEST(ConformanceTest, TheCommittedReportIsTheOneTheTestsMake) {
  EXPECT_TRUE(ReadFile(kReport) == Render(Rows(), CollectMarks(kTests)))
      << "tests/conformance/REPORT.md is out of date. This writes it:\n  "
      << "build/dev/tests/conformance/conformance_tests --write";
}

constexpr std::string_view kSample =
    "// head\n\n# 1. Things\nT1 | M | A thing | RFC 1\nT2 | Y | Another | RFC 2 | not offered: "
    "no\n";

std::vector<std::string> ProblemsOf(std::string_view rows, std::string_view marked) {
  Marks marks;
  CollectMarks("unit/x_test.cc", marked, marks);
  return Problems(ReadRows(rows), marks);
}

TEST(ConformanceTest, ProblemsAreFound) {
  using Sentences = std::vector<std::string>;
  EXPECT_EQ(ProblemsOf(kSample, "// rows: T1\n"), Sentences());
  EXPECT_EQ(ProblemsOf(kSample, "x // rows: T1\n"),
            Sentences{"T1 has neither a test nor a reason"});
  EXPECT_EQ(ProblemsOf(kSample, "// rows: T1\n# rows: T2\n"),
            Sentences{"T2 has a reason (not offered: no) and a test (unit/x_test.cc)"});
  EXPECT_EQ(ProblemsOf(kSample, "# rows: T1 Q9\n"),
            Sentences{"Q9 in unit/x_test.cc is no row of rows.txt"});
  EXPECT_EQ(ProblemsOf("# P\nT1 | M | A | R | later\n", ""),
            Sentences{"T1 has a reason of no known kind: later"});
  EXPECT_EQ(ProblemsOf("# P\nT1 | M | A | R\nT1 | M | A | R\n", "# rows: T1\n"),
            Sentences{"T1 is there twice"});
}

TEST(ConformanceTest, LinesThatAreNoRowsAreRefused) {
  EXPECT_THROW(ReadRows("T1 | M | A | R\n"), std::runtime_error);
  EXPECT_THROW(ReadRows("# P\nT1 | X | A | R\n"), std::runtime_error);
  EXPECT_THROW(ReadRows("# P\nT1 | M | A\n"), std::runtime_error);
}

TEST(ConformanceTest, TheReportCountsAndLinks) {
  Marks marks;
  CollectMarks("scenarios/list/paging.scim", "# rows: T1\n", marks);
  const std::string report = Render(ReadRows(kSample), marks);
  EXPECT_TRUE(report.contains("| M: must | 1 | 1 | 0 | 0 |\n"));
  EXPECT_TRUE(report.contains("| Y: may; binding where offered | 1 | 0 | 1 | 0 |\n"));
  EXPECT_TRUE(
      report.contains("| T1 | M | A thing | RFC 1 | "
                      "[list/paging](../scenarios/list/paging.scim) |\n"));
  EXPECT_TRUE(report.contains("| T2 | Y | Another | RFC 2 | not offered: no |\n"));
}

int WriteReport() {
  std::ofstream stream(kReport, std::ios::binary);
  stream << Render(Rows(), CollectMarks(kTests));
  std::printf("wrote %s\n", kReport.c_str());
  return stream.flush() ? 0 : 1;
}

}  // namespace
}  // namespace scimledger::conformance

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--write") {
    return scimledger::conformance::WriteReport();
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
