#include "tools/projections_command.h"

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "engine/json.h"
#include "tools/request.h"
#include "tools/watched_request.h"

namespace scimledger::tools {
namespace {

constexpr std::string_view kHistory = "history";
constexpr std::array<std::string_view, 7> kMembers = {"name", "version",  "position", "head",
                                                      "lag",  "snapshot", "resources"};
const std::vector<std::string> kHeader{"NAME", "VERSION",  "POSITION", "HEAD",
                                       "LAG",  "SNAPSHOT", "RESOURCES"};

std::vector<std::string> RowOf(simdjson::dom::element projection) {
  std::vector<std::string> row;
  for (const std::string_view member : kMembers) {
    std::string& cell = row.emplace_back();
    simdjson::dom::element value;
    if (projection[member].get(value) != simdjson::SUCCESS) continue;
    std::string_view text;
    cell = value.get(text) == simdjson::SUCCESS ? std::string(text)
                                                : std::string(simdjson::minify(value));
  }
  return row;
}

/// There is no digest of a history: what it says is compared with replays by tests.
ExitCode ReportRebuiltHistory(const Result<JsonDocument>& document) {
  std::uint64_t sequence = 0;
  if (!document || document->root()["sequence"].get(sequence) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a rebuild");
  }
  fmt::print("rebuilt {} {}\n", kHistory, sequence);
  return ExitCode::kDone;
}

}  // namespace

ExitCode ListProjections(const ConnectionOptions& options, Format format) {
  const auto response = Ask(options, "GET", "/admin/v1/projections");
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array projections;
  if (!document || document->root()["projections"].get(projections) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a list of projections");
  }
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element projection : projections) {
    if (format == Format::kJsonLines) {
      fmt::print("{}\n", std::string(simdjson::minify(projection)));
    } else {
      rows.push_back(RowOf(projection));
    }
  }
  if (format == Format::kJson) fmt::print("{}\n", response->body);
  if (format == Format::kTable) fmt::print("{}", RenderTable(kHeader, rows));
  if (format == Format::kCsv) fmt::print("{}", RenderCsv(kHeader, rows));
  return ExitCode::kDone;
}

ExitCode RebuildProjection(const ConnectionOptions& options, const std::string& name) {
  const auto response =
      AskAndWatch(options, "rebuilding",
                  fmt::format("/admin/v1/projections/{}/rebuild", EncodeParameter(name)));
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  if (name == kHistory) return ReportRebuiltHistory(document);
  std::string_view before;
  std::string_view after;
  std::uint64_t sequence = 0;
  if (!document || document->root()["before"].get(before) != simdjson::SUCCESS ||
      document->root()["after"].get(after) != simdjson::SUCCESS ||
      document->root()["sequence"].get(sequence) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a rebuild");
  }
  fmt::print("before {} {}\nafter {} {}\n", before, sequence, after, sequence);
  fmt::print("{}\n", before == after ? "equal" : "differs");
  if (before == after) return ExitCode::kDone;
  return Report(ExitCode::kFinding,
                fmt::format("{} differed from the log: answers until now may have been wrong; the "
                            "rebuilt one is in use",
                            name));
}

}  // namespace scimledger::tools
