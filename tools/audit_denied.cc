#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/json.h"
#include "tools/audit_command.h"
#include "tools/audit_text.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

std::uint64_t Number(simdjson::dom::element json, std::string_view key, std::uint64_t missing) {
  std::uint64_t number = 0;
  return json[key].get(number) == simdjson::SUCCESS ? number : missing;
}

/// `entra-prod`, else the id of who it was, else `unknown`.
std::string Who(simdjson::dom::element attempt) {
  for (const char* key : {"/credentialName", "/credential"}) {
    if (std::string text = TextAt(attempt, key); !text.empty()) return text;
  }
  return "unknown";
}

}  // namespace

ExitCode AuditDenied(const ConnectionOptions& connection, const AuditDeniedOptions& options,
                     Format format) {
  std::string target = fmt::format("/audit/v1/denied?limit={}", options.limit);
  if (!options.since.empty()) target += "&since=" + EncodeParameter(options.since);
  if (!options.until.empty()) target += "&until=" + EncodeParameter(options.until);
  if (!options.actor.empty()) target += "&actor=" + EncodeParameter(options.actor);
  if (!options.status.empty()) target += "&status=" + EncodeParameter(options.status);
  const auto response = Ask(connection, "GET", target);
  if (!response) return response.error();
  if (format == Format::kJson) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array attempts;
  if (!document || document->root()["denied"].get(attempts) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a list of refused requests");
  }
  const std::vector<std::string> header{"TIME", "TIMES", "STATUS", "WHO",
                                        "FROM", "ASKED", "REASON"};
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element attempt : attempts) {
    if (format == Format::kJsonLines) fmt::print("{}\n", simdjson::minify(attempt));
    const std::string address = TextAt(attempt, "/address");
    rows.push_back(
        {format == Format::kTable ? ShowTime(TextAt(attempt, "/time")) : TextAt(attempt, "/time"),
         std::to_string(Number(attempt, "count", 1)), std::to_string(Number(attempt, "status", 0)),
         Who(attempt), address.empty() ? "-" : address,
         TextAt(attempt, "/method") + " " + TextAt(attempt, "/route"), TextAt(attempt, "/detail")});
  }
  if (format == Format::kTable && rows.empty()) fmt::print("no refused requests\n");
  if (format == Format::kTable && !rows.empty()) fmt::print("{}", RenderTable(header, rows));
  if (format == Format::kCsv) fmt::print("{}", RenderCsv(header, rows));
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
