#include "tools/audit_command.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "api/ip_address.h"
#include "api/time_argument.h"
#include "engine/event_filter.h"
#include "engine/json.h"
#include "engine/text.h"
#include "tools/audit_conditions.h"
#include "tools/audit_moment.h"
#include "tools/audit_output.h"
#include "tools/audit_pages.h"
#include "tools/audit_resource.h"
#include "tools/audit_story.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

using api::DayEdge;

/// Without this, what `--filter` says would be joined with other conditions and refused for them.
ExitCode CheckFilter(const std::string& text) {
  if (text.empty()) return ExitCode::kDone;
  const auto syntax = ParseFilter(text);
  if (!syntax) return Report(ExitCode::kMisuse, syntax.error().detail);
  const auto filter = BindEventFilter(*syntax);
  return filter ? ExitCode::kDone : Report(ExitCode::kMisuse, filter.error().detail);
}

/// The story of one resource, with what its table begins with.
class HistoryTable {
 public:
  HistoryTable(Connection& connection, const NamedResource& resource)
      : connection_(connection),
        resource_(resource),
        names_(connection),
        story_({resource.id, resource.type},
               {[this](const std::string& id) { return names_.NameOf(id); },
                [this](const std::string& sequence) { return names_.NameAt(sequence); }}) {}

  ExitCode Print(const AuditPage& page) {
    if (!has_begun_) {
      const auto time = TimeOf(connection_, page.as_of);
      if (!time) return time.error();
      fmt::print("{}", Headline(resource_, *time, page.as_of));
      has_begun_ = true;
    }
    story_.Learn(page.items);
    for (const JsonElement event : page.items) {
      fmt::print("{}", story_.Block(event));
      is_empty_ = false;
    }
    return ExitCode::kDone;
  }

  void End() const {
    if (is_empty_) fmt::print("no events\n");
  }

 private:
  Connection& connection_;
  const NamedResource& resource_;
  ResourceNames names_;
  Story story_;
  bool has_begun_ = false;
  bool is_empty_ = true;
};

ExitCode PrintStory(AuditPages& pages, HistoryTable& table) {
  const ExitCode code =
      pages.ForEach([&table](const AuditPage& page) { return table.Print(page); });
  if (code == ExitCode::kDone) table.End();
  return code;
}

ExitCode PrintResource(Connection& connection, const NamedResource& resource, const std::string& at,
                       const api::HttpResponse& response, Format format) {
  if (format == Format::kJson || format == Format::kJsonLines) {
    fmt::print("{}\n", response.body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response.body);
  if (!document) return Report(ExitCode::kIo, "the answer is not a resource");
  if (format == Format::kCsv) {
    fmt::print("{}", RenderCsv({"attribute", "value"}, FlattenResource(document->root(), false)));
    return ExitCode::kDone;
  }
  const std::uint64_t sequence = SequenceOf(response);
  std::string time = at;
  if (at.find('T') == std::string::npos) {
    const auto recorded = TimeOf(connection, sequence);
    if (!recorded) return recorded.error();
    time = *recorded;
  }
  fmt::print("{}{}", Headline(resource, time, sequence),
             RenderTable({"ATTRIBUTE", "VALUE"}, FlattenResource(document->root(), true)));
  return ExitCode::kDone;
}

}  // namespace

ExitCode AuditEvents(const ConnectionOptions& connection_options, const AuditEventsOptions& options,
                     Format format) {
  if (const ExitCode code = CheckWindow(options.since, options.until); code != ExitCode::kDone) {
    return code;
  }
  if (const ExitCode code = CheckFilter(options.filter); code != ExitCode::kDone) return code;
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  Conditions conditions;
  if (!options.resource.empty()) {
    const auto resource = ResolveResource(**connection, options.resource);
    if (!resource) return resource.error();
    conditions.Add("resource.id eq " + FilterText(resource->id));
  }
  if (!options.actor.empty()) {
    const std::string actor = FilterText(options.actor);
    conditions.Add(fmt::format("actor.name eq {} or actor.id eq {}", actor, actor));
  }
  if (!options.credential.empty()) {
    const auto token = ResolveToken(**connection, options.credential);
    if (!token) return token.error();
    conditions.Add("actor.id eq " + FilterText(*token));
  }
  if (!options.ip.empty()) {
    const auto address = api::IpAddress::Parse(options.ip);
    if (!address) {
      return Report(ExitCode::kMisuse,
                    fmt::format("--ip '{}' is not an IP address", VisibleText(options.ip)));
    }
    conditions.AddAddress(address->ToString());
  }
  conditions.AddKinds(options.kinds);
  conditions.AddPath(options.path);
  if (!options.filter.empty()) conditions.Add(options.filter);

  std::string target = "/audit/v1/events";
  AddParameter(target, "since", options.since);
  AddParameter(target, "until", options.until);
  AddParameter(target, "filter", conditions.text());
  AddParameter(target, "order", options.order);
  AuditPages pages(**connection, std::move(target), "events", options.limit);
  return PrintEvents(pages, format);
}

ExitCode AuditHistory(const ConnectionOptions& connection_options,
                      const AuditHistoryOptions& options, Format format) {
  if (const ExitCode code = CheckWindow(options.since, options.until); code != ExitCode::kDone) {
    return code;
  }
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto resource = ResolveResource(**connection, options.resource);
  if (!resource) return resource.error();
  Conditions conditions;
  conditions.AddPath(options.path);

  std::string target = fmt::format("/audit/v1/resources/{}/history", resource->id);
  AddParameter(target, "memberships", "true");
  AddParameter(target, "since", options.since);
  AddParameter(target, "until", options.until);
  AddParameter(target, "filter", conditions.text());
  AuditPages pages(**connection, std::move(target), "events", 0);
  if (format != Format::kTable) return PrintEvents(pages, format);
  HistoryTable table(**connection, *resource);
  return PrintStory(pages, table);
}

ExitCode AuditShow(const ConnectionOptions& connection_options, const AuditShowOptions& options,
                   Format format) {
  const auto at = ReadMoment("--at", options.at, DayEdge::kLastInstant);
  if (!at) return at.error();
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto resource = ResolveResource(**connection, options.resource);
  if (!resource) return resource.error();
  std::string target = "/audit/v1/resources/" + resource->id;
  AddParameter(target, "asOf", *at);
  const auto response = Ask(**connection, "GET", target);
  if (!response) return response.error();
  return PrintResource(**connection, *resource, *at, *response, format);
}

}  // namespace scimledger::tools
