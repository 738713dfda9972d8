#include <fmt/format.h>

#include <string>

#include "engine/json.h"
#include "tools/audit_command.h"
#include "tools/audit_moment.h"
#include "tools/audit_pages.h"
#include "tools/audit_resource.h"
#include "tools/audit_story.h"
#include "tools/json_object.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

/// One membership at one moment.
struct Membership {
  bool was_there = false;
  std::string since;
  std::string by;
  std::string event;  ///< sequence
  std::uint64_t as_of = 0;
};

std::expected<Membership, ExitCode> FindMembership(Connection& connection,
                                                   const NamedResource& member,
                                                   const NamedResource& group,
                                                   const std::string& at) {
  // Of the groups of one member there are fewer than of the members of one group.
  AuditPages pages = AuditPages::AsOf(
      connection, fmt::format("/audit/v1/resources/{}/groups", member.id), "groups", at);
  Membership found;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    found.as_of = page.as_of;
    for (const JsonElement item : page.items) {
      if (TextAt(item, "/id") != group.id) continue;
      found.was_there = true;
      found.since = TextAt(item, "/since");
      found.by = TextAt(item, "/by");
      found.event = TextAt(item, "/event");
    }
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return std::unexpected(code);
  return found;
}

std::string Reference(const NamedResource& resource) {
  JsonObject object;
  return object.Text("type", resource.type)
      .Text("id", resource.id)
      .Text("name", resource.name)
      .Take();
}

ExitCode PrintMembership(Connection& connection, const NamedResource& member,
                         const NamedResource& group, const Membership& found, JsonElement event,
                         Format format) {
  if (format == Format::kJson || format == Format::kJsonLines) {
    JsonObject out;
    fmt::print("{}\n", out.Raw("member", Reference(member))
                           .Raw("group", Reference(group))
                           .Text("since", found.since)
                           .Text("by", found.by)
                           .Raw("event", std::string(simdjson::minify(event)))
                           .Raw("asOf", fmt::format("{}", found.as_of))
                           .Take());
    return ExitCode::kDone;
  }
  if (format == Format::kCsv) {
    fmt::print("{}", RenderCsv({"memberId", "member", "groupId", "group", "since", "actor",
                                "method", "address", "transaction", "event"},
                               {{member.id, member.name, group.id, group.name, found.since,
                                 found.by, TextAt(event, "/actor/method"), ClientAddressOf(event),
                                 TextAt(event, "/transaction"), found.event}}));
    return ExitCode::kDone;
  }
  const auto time = TimeOf(connection, found.as_of);
  if (!time) return time.error();
  const std::string request = TextAt(event, "/client/requestId");
  fmt::print("{}", Headline(member, *time, found.as_of));
  fmt::print("in {} \"{}\" ({}) since {}\n", VisibleText(group.type), VisibleText(group.name),
             group.id, ShowTime(found.since));
  fmt::print("added by {}, event {}, transaction {}{}\n", DescribeActor(event), found.event,
             TextAt(event, "/transaction"),
             request.empty() ? "" : ", request " + VisibleText(request));
  return ExitCode::kDone;
}

}  // namespace

ExitCode AuditWhyMember(const ConnectionOptions& connection_options,
                        const AuditWhyMemberOptions& options, Format format) {
  const auto at = ReadMoment("--at", options.at, api::DayEdge::kLastInstant);
  if (!at) return at.error();
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto member = ResolveResource(**connection, options.member);
  if (!member) return member.error();
  const auto group = ResolveResource(**connection, options.group);
  if (!group) return group.error();
  const auto found = FindMembership(**connection, *member, *group, *at);
  if (!found) return found.error();
  if (!found->was_there) {
    return Report(ExitCode::kFinding,
                  fmt::format("{} '{}' was no direct member of '{}' at sequence {}",
                              VisibleText(member->type), VisibleText(member->name),
                              VisibleText(group->name), found->as_of));
  }
  std::string target = "/audit/v1/events?limit=1";
  AddParameter(target, "since", found->event);
  AddParameter(target, "until", found->event);
  const auto response = Ask(**connection, "GET", target);
  if (!response) return response.error();
  const auto document = JsonDocument::Parse(response->body);
  JsonElement event;
  if (!document || document->root().at_pointer("/events/0").get(event) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer is not an event");
  }
  return PrintMembership(**connection, *member, *group, *found, event, format);
}

}  // namespace scimledger::tools
