#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "tools/audit_command.h"
#include "tools/audit_conditions.h"
#include "tools/audit_pages.h"
#include "tools/audit_story.h"
#include "tools/json_object.h"
#include "tools/list_output.h"

namespace scimledger::tools {
namespace {

std::string Shown(JsonElement change, std::string_view side) {
  JsonElement value;
  if (change[side].get(value) != simdjson::SUCCESS) return "(none)";
  return ShowValue(value);
}

std::string RawAt(JsonElement object, std::string_view pointer) {
  JsonElement found;
  if (object.at_pointer(pointer).get(found) != simdjson::SUCCESS) return {};
  return std::string(simdjson::minify(found));
}

ListEntry EntryOf(JsonElement event, JsonElement change) {
  const std::string time = TextAt(event, "/time");
  const std::string path = TextAt(change, "/path");
  const std::string name = TextAt(event, "/resource/name");
  const std::string sequence = TextAt(event, "/sequence");
  ListEntry entry;
  entry.row = {
      ShowTime(time),         VisibleText(name),    PlainName(path), Shown(change, "before"),
      Shown(change, "after"), DescribeActor(event), sequence};
  entry.record = {time,
                  TextAt(event, "/resource/type"),
                  TextAt(event, "/resource/id"),
                  name,
                  path,
                  TextAt(change, "/before"),
                  TextAt(change, "/after"),
                  TextAt(event, "/actor/name"),
                  TextAt(event, "/actor/id"),
                  ClientAddressOf(event),
                  sequence};
  JsonObject json;
  json.Raw("sequence", sequence)
      .Text("time", time)
      .Text("kind", TextAt(event, "/kind"))
      .Raw("resource", RawAt(event, "/resource"))
      .Text("path", path)
      .Raw("before", RawAt(change, "/before"))
      .Raw("after", RawAt(change, "/after"))
      .Raw("actor", RawAt(event, "/actor"))
      .Raw("client", RawAt(event, "/client"));
  entry.json = json.Take();
  return entry;
}

}  // namespace

ExitCode AuditAttributeChanges(const ConnectionOptions& connection_options,
                               const AuditAttributeOptions& options, Format format) {
  if (const ExitCode code = CheckWindow(options.since, options.until); code != ExitCode::kDone) {
    return code;
  }
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  Conditions conditions;
  conditions.AddPath(options.path);
  std::string target = "/audit/v1/events";
  AddParameter(target, "since", options.since);
  AddParameter(target, "until", options.until);
  AddParameter(target, "filter", conditions.text());
  AuditPages pages(**connection, std::move(target), "events", 0);
  ListOutput output({"changes",
                     {"TIME", "RESOURCE", "ATTRIBUTE", "BEFORE", "AFTER", "BY", "EVENT"},
                     {"time", "type", "id", "name", "path", "before", "after", "actor", "actorId",
                      "address", "event"},
                     "no changes"},
                    format);
  std::uint64_t as_of = 0;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    as_of = page.as_of;
    for (const JsonElement event : page.items) {
      simdjson::dom::array changes;
      if (event["changes"].get(changes) != simdjson::SUCCESS) continue;
      for (const JsonElement change : changes) {
        if (IsPathOf(TextAt(change, "/path"), options.path)) output.Add(EntryOf(event, change));
      }
    }
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return code;
  output.End(fmt::format("\"asOf\":{}", as_of));
  std::fflush(stdout);
  if (format == Format::kTable) {
    fmt::print(stderr, "{} change{}, as of sequence {}\n", output.count(),
               output.count() == 1 ? "" : "s", as_of);
  }
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
