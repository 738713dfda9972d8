#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "engine/json.h"
#include "tools/audit_command.h"
#include "tools/audit_moment.h"
#include "tools/audit_output.h"
#include "tools/audit_pages.h"
#include "tools/audit_resource.h"
#include "tools/audit_story.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

/// `User jane@example.com, 3 events (41 to 57)`.
std::string ShowSubject(JsonElement change) {
  const std::string name = TextAt(change, "/resource/name");
  const std::string events = TextAt(change, "/events");
  const std::string first = TextAt(change, "/first");
  return fmt::format(
      "{} {}, {}", VisibleText(TextAt(change, "/resource/type")),
      VisibleText(name.empty() ? TextAt(change, "/resource/id") : name),
      events == "1" ? fmt::format("1 event ({})", first)
                    : fmt::format("{} events ({} to {})", events, first, TextAt(change, "/last")));
}

void PrintTable(Connection& connection, simdjson::dom::array changes, JsonElement answer) {
  ResourceNames names(connection);
  Story story({}, {[&names](const std::string& id) { return names.NameOf(id); }, {}});
  story.Learn(changes);
  for (const JsonElement change : changes) {
    fmt::print("{}\n", ShowSubject(change));
    for (const std::string& line : story.Lines(change)) fmt::print("  {}\n", line);
  }
  if (changes.size() == 0) fmt::print("no difference\n");
  std::fflush(stdout);
  fmt::print(stderr, "{} resource{} differ{} between sequences {} and {}\n", changes.size(),
             changes.size() == 1 ? "" : "s", changes.size() == 1 ? "s" : "",
             TextAt(answer, "/from"), TextAt(answer, "/asOf"));
}

void PrintCsv(simdjson::dom::array changes) {
  std::vector<std::vector<std::string>> rows;
  for (const JsonElement change : changes) {
    for (const CsvChange& each : ChangesOf(change)) {
      rows.push_back({TextAt(change, "/kind"), TextAt(change, "/resource/type"),
                      TextAt(change, "/resource/id"), TextAt(change, "/resource/name"), each.path,
                      each.before, each.after, TextAt(change, "/events"), TextAt(change, "/first"),
                      TextAt(change, "/last")});
    }
  }
  fmt::print("{}", RenderCsv({"kind", "type", "id", "name", "path", "before", "after", "events",
                              "first", "last"},
                             rows));
}

ExitCode PrintDiff(Connection& connection, const api::HttpResponse& response, Format format) {
  if (format == Format::kJson) {
    fmt::print("{}\n", response.body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response.body);
  simdjson::dom::array changes;
  if (!document || document->root()["changes"].get(changes) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not a list of changes");
  }
  if (format == Format::kTable) PrintTable(connection, changes, document->root());
  if (format == Format::kCsv) PrintCsv(changes);
  if (format == Format::kJsonLines) {
    for (const JsonElement change : changes) {
      fmt::print("{}\n", std::string(simdjson::minify(change)));
    }
  }
  return ExitCode::kDone;
}

}  // namespace

ExitCode AuditDiff(const ConnectionOptions& connection_options, const AuditDiffOptions& options,
                   Format format) {
  const auto from = ReadMoment("--from", options.from, api::DayEdge::kFirstInstant);
  if (!from) return from.error();
  const auto to = ReadMoment("--to", options.to, api::DayEdge::kLastInstant);
  if (!to) return to.error();
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  std::string target = "/audit/v1/diff";
  if (!options.resource.empty()) {
    const auto resource = ResolveResource(**connection, options.resource);
    if (!resource) return resource.error();
    target = fmt::format("/audit/v1/resources/{}/diff", resource->id);
  }
  AddParameter(target, "from", *from);
  AddParameter(target, "to", *to);
  const auto response = Ask(**connection, "GET", target);
  return response ? PrintDiff(**connection, *response, format) : response.error();
}

}  // namespace scimledger::tools
