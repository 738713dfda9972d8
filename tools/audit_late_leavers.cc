#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/json.h"
#include "engine/text.h"
#include "tools/active_timeline.h"
#include "tools/audit_command.h"
#include "tools/audit_conditions.h"
#include "tools/audit_moment.h"
#include "tools/audit_pages.h"
#include "tools/csv_reader.h"
#include "tools/json_object.h"
#include "tools/list_output.h"
#include "tools/local_service.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr std::size_t kLeaversMax = 100'000;
constexpr std::size_t kNamesTogether = 50;
constexpr std::string_view kUserColumn = "user";
constexpr std::string_view kTimeColumn = "leaveTime";

/// One line of the file.
struct Line {
  std::string user;
  std::int64_t left_us = 0;
};

/// A user that a line may mean.
struct Candidate {
  std::string id;
  std::string name;
  std::int64_t created_us = 0;  ///< 0: not known
};

std::unexpected<ExitCode> RefuseLine(const std::string& file, std::size_t line,
                                     const std::string& why) {
  return std::unexpected(
      Report(ExitCode::kMisuse, fmt::format("{}, line {}: {}", file, line, why)));
}

std::expected<std::vector<Line>, ExitCode> ReadLines(std::istream& in, const std::string& file) {
  CsvReader reader(in);
  std::vector<Line> lines;
  std::optional<std::size_t> user;
  std::optional<std::size_t> time;
  for (;;) {
    const auto record = reader.Next();
    if (!record) return RefuseLine(file, reader.line(), record.error());
    if (!*record) break;
    const std::vector<std::string>& cells = **record;
    if (!user || !time) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (EqualsIgnoreAsciiCase(cells[i], kUserColumn)) user = i;
        if (EqualsIgnoreAsciiCase(cells[i], kTimeColumn)) time = i;
      }
      if (user && time) continue;
      return RefuseLine(
          file, reader.line(),
          fmt::format("the header must name the columns {} and {}", kUserColumn, kTimeColumn));
    }
    if (cells.size() <= std::max(*user, *time)) {
      return RefuseLine(file, reader.line(), "it has fewer columns than the header");
    }
    const auto left = api::ParseTimeArgument(kTimeColumn, cells[*time], api::DayEdge::kLastInstant,
                                             SystemClock().NowUs());
    const auto* const instant = left ? std::get_if<api::Instant>(&*left) : nullptr;
    if (instant == nullptr || cells[*user].empty()) {
      return RefuseLine(file, reader.line(),
                        fmt::format("it needs a {} and, as {}, a time such as "
                                    "2026-03-03T17:00:00+01:00 or a date",
                                    kUserColumn, kTimeColumn));
    }
    lines.push_back({cells[*user], instant->time_us});
    if (lines.size() > kLeaversMax) {
      return RefuseLine(file, reader.line(), fmt::format("{} leavers are the most", kLeaversMax));
    }
  }
  if (user && time) return lines;
  return RefuseLine(
      file, 1, fmt::format("the header must name the columns {} and {}", kUserColumn, kTimeColumn));
}

std::expected<std::vector<Line>, ExitCode> ReadLines(const std::string& file) {
  if (file == "-") return ReadLines(std::cin, "standard input");
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::unexpected(Report(ExitCode::kCannotOpen, "cannot read " + file));
  return ReadLines(in, file);
}

/// Who may be meant by each name, and when each was active.
class Users {
 public:
  explicit Users(Connection& connection) : connection_(connection) {}

  /// All current users with one of these names, in a few requests.
  ExitCode FindCurrent(const std::vector<Line>& lines) {
    for (std::size_t begin = 0; begin < lines.size(); begin += kNamesTogether) {
      const std::size_t end = std::min(begin + kNamesTogether, lines.size());
      if (const ExitCode code = FindCurrent(lines, begin, end); code != ExitCode::kDone)
        return code;
    }
    return ExitCode::kDone;
  }

  /// Everything that made anybody active or inactive; deleted users are found by it.
  ExitCode LearnEvents() {
    std::string target = "/audit/v1/events";
    // Almost every user was created active: that is not worth reading.
    AddParameter(target, "filter",
                 "resource.type eq \"User\" and (kind eq \"ResourceDeleted\" or changes[path eq "
                 "\"active\" and (after eq false or before eq false)])");
    AuditPages pages(connection_, std::move(target), "events", 0);
    return pages.ForEach([this](const AuditPage& page) {
      as_of_ = page.as_of;
      for (const JsonElement event : page.items) Learn(event);
      return ExitCode::kDone;
    });
  }

  std::vector<Candidate> Find(const std::string& name) const {
    std::vector<Candidate> found;
    const auto [first, last] = by_name_.equal_range(FoldCase(name));
    for (auto entry = first; entry != last; ++entry) found.push_back(entry->second);
    return found;
  }
  const ActiveTimeline& TimelineOf(const std::string& id) const {
    static const ActiveTimeline empty;
    const auto found = timelines_.find(id);
    return found == timelines_.end() ? empty : found->second;
  }
  std::uint64_t as_of() const { return as_of_; }

 private:
  ExitCode FindCurrent(const std::vector<Line>& lines, std::size_t begin, std::size_t end) {
    std::string filter;
    for (std::size_t i = begin; i < end; ++i) {
      filter += fmt::format("{}userName eq {} or externalId eq {} or id eq {}",
                            filter.empty() ? "" : " or ", FilterText(lines[i].user),
                            FilterText(lines[i].user), FilterText(lines[i].user));
    }
    JsonObject search;
    search.Raw("schemas", R"(["urn:ietf:params:scim:api:messages:2.0:SearchRequest"])")
        .Text("filter", filter)
        .Raw("attributes", R"(["userName","externalId","meta.created"])")
        .Number("count", 1000);
    const auto response = Ask(connection_, "POST", "/scim/v2/Users/.search", search.Take());
    if (!response) return response.error();
    const auto document = JsonDocument::Parse(response->body);
    simdjson::dom::array users;
    if (!document) return Report(ExitCode::kIo, "the answer is not a list of users");
    if (document->root()["Resources"].get(users) != simdjson::SUCCESS) return ExitCode::kDone;
    for (const JsonElement user : users) {
      const Candidate candidate{TextAt(user, "/id"), TextAt(user, "/userName"),
                                ParseDateTime(TextAt(user, "/meta/created")).value_or(0)};
      Add(candidate, {candidate.id, candidate.name, TextAt(user, "/externalId")});
    }
    return ExitCode::kDone;
  }

  void Learn(JsonElement event) {
    const std::string id = TextAt(event, "/resource/id");
    timelines_[id].Learn(event);
    if (TextAt(event, "/kind") != "ResourceDeleted") return;
    const Candidate candidate{id, TextAt(event, "/resource/name"), 0};
    std::string external;
    simdjson::dom::array changes;
    if (event["changes"].get(changes) == simdjson::SUCCESS) {
      for (const JsonElement change : changes) {
        if (TextAt(change, "/path") == "externalId") external = TextAt(change, "/before");
      }
    }
    Add(candidate, {id, candidate.name, external});
  }

  void Add(const Candidate& candidate, std::vector<std::string> names) {
    for (std::string& name : names) name = FoldCase(name);
    std::ranges::sort(names);
    const auto same = std::ranges::unique(names);
    names.erase(same.begin(), same.end());
    for (const std::string& name : names) {
      if (!name.empty()) by_name_.emplace(name, candidate);
    }
  }

  Connection& connection_;
  std::multimap<std::string, Candidate> by_name_;
  std::map<std::string, ActiveTimeline> timelines_;
  std::uint64_t as_of_ = 0;
};

/// When a deleted user was created.
std::expected<std::int64_t, ExitCode> CreationOf(Connection& connection, const std::string& id) {
  const auto response =
      Ask(connection, "GET", fmt::format("/audit/v1/resources/{}/history?limit=1", id));
  if (!response) return std::unexpected(response.error());
  const auto document = JsonDocument::Parse(response->body);
  return document ? ParseDateTime(TextAt(document->root(), "/events/0/time")).value_or(0) : 0;
}

ListEntry EntryOf(const Line& line, const Candidate& user, const ActiveChange* disabled) {
  static const ActiveChange kNone;
  const ActiveChange& change = disabled == nullptr ? kNone : *disabled;
  const std::string left = FormatDateTime(line.left_us);
  const std::int64_t active_us = change.time_us - line.left_us;
  ListEntry entry;
  entry.row = {VisibleText(user.name),
               ShowTime(left),
               disabled == nullptr ? "still active" : ShowTime(change.time),
               disabled == nullptr ? "" : ShowDuration(active_us),
               change.by,
               change.sequence};
  const std::string seconds =
      disabled == nullptr ? std::string() : fmt::format("{}", active_us / 1'000'000);
  entry.record = {user.id, user.name, left, change.time, seconds, change.actor, change.sequence};
  JsonObject json;
  json.Text("id", user.id)
      .Text("name", user.name)
      .Text("left", left)
      .Text("disabled", change.time)
      .Raw("activeSeconds", seconds)
      .Text("by", change.actor)
      .Raw("event", change.sequence);
  entry.json = json.Take();
  return entry;
}

/// Prints who was late, and tells who is unknown.
class LateLeavers {
 public:
  LateLeavers(Connection& connection, const Users& users, std::int64_t within_us, Format format)
      : connection_(connection),
        users_(users),
        within_us_(within_us),
        output_({"late",
                 {"USER", "LEFT", "DISABLED", "ACTIVE FOR", "BY", "EVENT"},
                 {"id", "name", "left", "disabled", "activeSeconds", "by", "event"},
                 "nobody"},
                format) {}

  ExitCode Look(const Line& line) {
    const std::int64_t deadline_us = line.left_us + within_us_;
    const std::vector<Candidate> candidates = users_.Find(line.user);
    if (candidates.empty()) unknown_.push_back(line.user);
    if (deadline_us > now_us_) return ExitCode::kDone;
    for (const Candidate& user : candidates) {
      const ActiveTimeline& timeline = users_.TimelineOf(user.id);
      if (!timeline.IsActiveAt(deadline_us)) continue;
      std::int64_t created_us = user.created_us;
      if (created_us == 0) {
        const auto created = CreationOf(connection_, user.id);
        if (!created) return created.error();
        created_us = *created;
      }
      // Somebody who came later by that name is another one.
      if (created_us > line.left_us) continue;
      output_.Add(EntryOf(line, user, timeline.DisabledAround(deadline_us)));
    }
    return ExitCode::kDone;
  }

  ExitCode End() {
    output_.End(fmt::format("\"asOf\":{}", users_.as_of()));
    std::fflush(stdout);
    if (!unknown_.empty()) {
      fmt::print(stderr, "scimledger: {} leaver{} never had an account here:\n", unknown_.size(),
                 unknown_.size() == 1 ? "" : "s");
      for (const std::string& name : unknown_) fmt::print(stderr, "  {}\n", VisibleText(name));
    }
    return output_.count() > 0 ? ExitCode::kFinding : ExitCode::kDone;
  }

 private:
  Connection& connection_;
  const Users& users_;
  const std::int64_t within_us_;
  const std::int64_t now_us_ = SystemClock().NowUs();
  ListOutput output_;
  std::vector<std::string> unknown_;
};

}  // namespace

ExitCode AuditLateLeavers(const ConnectionOptions& connection_options,
                          const AuditLateLeaversOptions& options, Format format) {
  const auto within_us = ReadDuration("--within", options.within);
  if (!within_us) return within_us.error();
  const auto lines = ReadLines(options.file);
  if (!lines) return lines.error();
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  Users users(**connection);
  if (const ExitCode code = users.FindCurrent(*lines); code != ExitCode::kDone) return code;
  if (const ExitCode code = users.LearnEvents(); code != ExitCode::kDone) return code;
  LateLeavers late(**connection, users, *within_us, format);
  for (const Line& line : *lines) {
    if (const ExitCode code = late.Look(line); code != ExitCode::kDone) return code;
  }
  return late.End();
}

}  // namespace scimledger::tools
