#include "tools/query_command.h"

#include <fmt/core.h>

#include <vector>

#include "engine/json.h"
#include "tools/audit_pages.h"
#include "tools/audit_text.h"
#include "tools/request.h"

namespace scimledger::tools {

ExitCode ExplainQuery(const ConnectionOptions& connection, const QueryExplainOptions& options,
                      Format format) {
  std::string target = "/admin/v1/explain";
  AddParameter(target, "endpoint", options.endpoint);
  AddParameter(target, "filter", options.filter);
  AddParameter(target, "sortBy", options.sort_by);
  const auto response = Ask(connection, "GET", target);
  if (!response) return response.error();
  if (format == Format::kJson) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array steps;
  if (!document || document->root()["steps"].get(steps) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is no plan");
  }
  if (format == Format::kTable) {
    fmt::print("{}\ntotalResults {}, as of sequence {}\n", TextAt(document->root(), "/text"),
               TextAt(document->root(), "/totalResults"), TextAt(document->root(), "/asOf"));
  }
  std::vector<std::vector<std::string>> rows;
  for (const JsonElement step : steps) {
    if (format == Format::kJsonLines) fmt::print("{}\n", std::string(simdjson::minify(step)));
    rows.push_back({TextAt(step, "/depth"), TextAt(step, "/what"), TextAt(step, "/how"),
                    TextAt(step, "/estimated"), TextAt(step, "/found"),
                    TextAt(step, "/microseconds")});
  }
  if (format == Format::kCsv) {
    fmt::print("{}",
               RenderCsv({"depth", "what", "how", "estimated", "found", "microseconds"}, rows));
  }
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
