#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/text.h"
#include "tools/active_timeline.h"
#include "tools/audit_command.h"
#include "tools/audit_conditions.h"
#include "tools/audit_moment.h"
#include "tools/audit_pages.h"
#include "tools/audit_resource.h"
#include "tools/audit_story.h"
#include "tools/change_window.h"
#include "tools/json_object.h"
#include "tools/list_output.h"

namespace scimledger::tools {
namespace {

/// A member that came or went.
struct Move {
  bool is_added = false;
  std::int64_t time_us = 0;
  std::string sequence;
  std::string actor;
};

std::string ActorOf(JsonElement event) {
  std::string name = TextAt(event, "/actor/name");
  return name.empty() ? TextAt(event, "/actor/id") : name;
}

/// Looks at changes of groups in order and prints those that are suspicious.
class Suspicion {
 public:
  Suspicion(Connection& connection, std::optional<ChangeWindow> window,
            std::optional<std::int64_t> within_us, Format format)
      : names_(connection),
        story_({}, {[this](const std::string& id) { return names_.NameOf(id); }, {}}),
        window_(std::move(window)),
        within_us_(within_us),
        output_({"suspicious",
                 {"TIME", "WHY", "GROUP", "WHAT", "BY", "EVENT"},
                 {"time", "why", "groupId", "group", "memberId", "undoes", "actor", "actorId",
                  "address", "event"},
                 "nothing suspicious"},
                format) {}

  void Look(const AuditPage& page) {
    story_.Learn(page.items);
    for (const JsonElement event : page.items) {
      const std::int64_t time_us = ParseDateTime(TextAt(event, "/time")).value_or(0);
      if (window_ && !window_->Contains(time_us)) AddOutside(event, time_us);
      if (within_us_) LookForReturns(event, time_us);
    }
    if (within_us_) Forget();
  }

  std::uint64_t End(std::uint64_t as_of) {
    output_.End(fmt::format("\"asOf\":{}", as_of));
    return output_.count();
  }

 private:
  void AddOutside(JsonElement event, std::int64_t time_us) {
    std::string what;
    for (const std::string& line : story_.Lines(event)) {
      if (!what.empty()) what += "; ";
      what += line;
    }
    Add(event, "outside", fmt::format("outside ({})", window_->ShowLocal(time_us)), what, {}, {});
  }

  void LookForReturns(JsonElement event, std::int64_t time_us) {
    latest_us_ = time_us;
    for (const auto& [pointer, is_added] :
         {std::pair{"/members/removed", false}, {"/members/added", true}}) {
      simdjson::dom::array ids;
      if (event.at_pointer(pointer).get(ids) != simdjson::SUCCESS) continue;
      for (const JsonElement id : ids) {
        std::string_view member;
        if (id.get(member) == simdjson::SUCCESS) {
          Note(event, {is_added, time_us, TextAt(event, "/sequence"), ActorOf(event)},
               std::string(member));
        }
      }
    }
  }

  void Note(JsonElement event, Move move, const std::string& member) {
    Move& last = moves_[{TextAt(event, "/resource/id"), member}];
    const bool undoes = !last.sequence.empty() && last.is_added != move.is_added &&
                        move.time_us - last.time_us <= *within_us_;
    if (undoes) {
      const std::string name = names_.NameOf(member);
      const std::string what = fmt::format(
          "{} {}, {} {} before by {}, event {}", move.is_added ? "added again" : "removed",
          name.empty() ? member : fmt::format("\"{}\"", VisibleText(name)),
          last.is_added ? "added" : "removed", ShowDuration(move.time_us - last.time_us),
          VisibleText(last.actor), last.sequence);
      Add(event, "flapping", "flapping", what, member, last.sequence);
    }
    last = std::move(move);
  }

  void Add(JsonElement event, std::string_view why, const std::string& shown_why,
           const std::string& what, const std::string& member, const std::string& undoes) {
    const std::string time = TextAt(event, "/time");
    const std::string group = TextAt(event, "/resource/name");
    const std::string sequence = TextAt(event, "/sequence");
    ListEntry entry;
    entry.row = {ShowTime(time),       shown_why, VisibleText(group), what,
                 DescribeActor(event), sequence};
    entry.record = {time,
                    std::string(why),
                    TextAt(event, "/resource/id"),
                    group,
                    member,
                    undoes,
                    TextAt(event, "/actor/name"),
                    TextAt(event, "/actor/id"),
                    ClientAddressOf(event),
                    sequence};
    JsonObject json;
    json.Text("why", why).Text("member", member).Raw("undoes", undoes);
    entry.json = json.Raw("event", std::string(simdjson::minify(event))).Take();
    output_.Add(std::move(entry));
  }

  /// What is too old to be undone soon.
  void Forget() {
    std::erase_if(moves_, [this](const auto& entry) {
      return latest_us_ - entry.second.time_us > *within_us_;
    });
  }

  ResourceNames names_;
  Story story_;
  std::optional<ChangeWindow> window_;
  std::optional<std::int64_t> within_us_;
  ListOutput output_;
  std::map<std::pair<std::string, std::string>, Move> moves_;  ///< by group and member
  std::int64_t latest_us_ = 0;
};

/// The groups that were asked for, or all.
std::expected<std::string, ExitCode> FilterFor(Connection& connection,
                                               const std::vector<std::string>& groups) {
  Conditions conditions;
  conditions.Add("resource.type eq \"Group\"");
  std::string any;
  for (const std::string& text : groups) {
    const auto group = ResolveResource(connection, text);
    if (!group) return std::unexpected(group.error());
    any += fmt::format("{}resource.id eq {}", any.empty() ? "" : " or ", FilterText(group->id));
  }
  if (!any.empty()) conditions.Add(any);
  return conditions.text();
}

}  // namespace

ExitCode AuditSuspicious(const ConnectionOptions& connection_options,
                         const AuditSuspiciousOptions& options, Format format) {
  if (const ExitCode code = CheckWindow(options.since, options.until); code != ExitCode::kDone) {
    return code;
  }
  if (options.outside.empty() && options.flapping.empty()) {
    return Report(ExitCode::kMisuse,
                  "say what is suspicious: --outside HOURS, --flapping, or both");
  }
  std::optional<ChangeWindow> window;
  if (!options.outside.empty()) {
    auto parsed = ChangeWindow::Parse(options.outside, options.time_zone);
    if (!parsed) return Report(ExitCode::kMisuse, "--outside: " + parsed.error());
    window = *std::move(parsed);
  }
  std::optional<std::int64_t> within_us;
  if (!options.flapping.empty()) {
    const auto duration = ReadDuration("--flapping", options.flapping);
    if (!duration) return duration.error();
    within_us = *duration;
  }
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto filter = FilterFor(**connection, options.groups);
  if (!filter) return filter.error();
  std::string target = "/audit/v1/events";
  AddParameter(target, "since", options.since);
  AddParameter(target, "until", options.until);
  AddParameter(target, "filter", *filter);
  AuditPages pages(**connection, std::move(target), "events", 0);
  Suspicion suspicion(**connection, std::move(window), within_us, format);
  std::uint64_t as_of = 0;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    as_of = page.as_of;
    suspicion.Look(page);
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return code;
  const std::uint64_t found = suspicion.End(as_of);
  std::fflush(stdout);
  if (format == Format::kTable) fmt::print(stderr, "{} found, as of sequence {}\n", found, as_of);
  return found > 0 ? ExitCode::kFinding : ExitCode::kDone;
}

}  // namespace scimledger::tools
