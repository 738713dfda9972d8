#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "tools/audit_command.h"
#include "tools/audit_conditions.h"
#include "tools/audit_pages.h"
#include "tools/audit_story.h"
#include "tools/list_output.h"

namespace scimledger::tools {
namespace {

ListEntry EntryOf(JsonElement event) {
  const std::string time = TextAt(event, "/time");
  const std::string id = TextAt(event, "/resource/id");
  const std::string name = TextAt(event, "/resource/name");
  const std::string type = TextAt(event, "/resource/type");
  const std::string sequence = TextAt(event, "/sequence");
  ListEntry entry;
  entry.row = {ShowTime(time), type, VisibleText(name), id, DescribeActor(event), sequence};
  entry.record = {time,
                  type,
                  id,
                  name,
                  TextAt(event, "/actor/name"),
                  TextAt(event, "/actor/id"),
                  ClientAddressOf(event),
                  sequence};
  entry.json = simdjson::minify(event);
  return entry;
}

}  // namespace

ExitCode AuditPopulation(const ConnectionOptions& connection_options,
                         const AuditPopulationOptions& options, Format format) {
  if (const ExitCode code = CheckWindow(options.since, options.until); code != ExitCode::kDone) {
    return code;
  }
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  Conditions conditions;
  conditions.AddKinds({options.what == "created" ? "ResourceCreated" : "ResourceDeleted"});
  if (options.type != "any") conditions.Add("resource.type eq " + FilterText(options.type));
  std::string target = "/audit/v1/events";
  AddParameter(target, "since", options.since);
  AddParameter(target, "until", options.until);
  AddParameter(target, "filter", conditions.text());
  AuditPages pages(**connection, std::move(target), "events", 0);
  ListOutput output({options.what,
                     {"TIME", "TYPE", "NAME", "ID", "BY", "EVENT"},
                     {"time", "type", "id", "name", "actor", "actorId", "address", "event"},
                     "none"},
                    format);
  std::uint64_t as_of = 0;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    as_of = page.as_of;
    for (const JsonElement event : page.items) output.Add(EntryOf(event));
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return code;
  output.End(fmt::format("\"count\":{},\"asOf\":{}", output.count(), as_of));
  std::fflush(stdout);
  if (format != Format::kJson) {
    fmt::print(stderr, "{} {}, as of sequence {}\n", output.count(), options.what, as_of);
  }
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
