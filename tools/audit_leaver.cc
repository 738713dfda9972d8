#include <fmt/format.h>

#include <optional>
#include <string>

#include "engine/text.h"
#include "tools/active_timeline.h"
#include "tools/audit_command.h"
#include "tools/audit_moment.h"
#include "tools/audit_pages.h"
#include "tools/audit_resource.h"
#include "tools/json_object.h"

namespace scimledger::tools {
namespace {

/// What became of one user who left.
struct Leaver {
  NamedResource user;
  std::int64_t left_us = 0;
  const ActiveChange* disabled = nullptr;
  const ActiveChange* enabled_again = nullptr;
  bool is_active = false;  ///< at the end
  std::uint64_t as_of = 0;
};

/// A sequence means the time of its event.
std::expected<std::int64_t, ExitCode> ReadLeaveTime(Connection& connection,
                                                    const std::string& text) {
  const auto moment = CheckTime("--hr-time", text, api::DayEdge::kLastInstant);
  if (!moment) return std::unexpected(moment.error());
  if (const auto* instant = std::get_if<api::Instant>(&*moment)) return instant->time_us;
  const auto time = TimeOf(connection, std::get<Sequence>(*moment).value);
  if (!time) return std::unexpected(time.error());
  if (const auto time_us = ParseDateTime(*time)) return *time_us;
  return std::unexpected(Report(ExitCode::kMisuse, "--hr-time: there is no event " + text));
}

std::string ShowDelay(const Leaver& leaver) {
  const std::int64_t delay_us = leaver.disabled->time_us - leaver.left_us;
  if (delay_us < 0) return ShowDuration(-delay_us) + " before";
  return ShowDuration(delay_us) + " later";
}

std::string_view StateOf(const Leaver& leaver) {
  if (leaver.is_active) return "active";
  return leaver.disabled->is_deletion ? "deleted" : "disabled";
}

void PrintTable(const Leaver& leaver, const std::string& as_of_time) {
  fmt::print("{}", Headline(leaver.user, as_of_time, leaver.as_of));
  fmt::print("left      {}\n", ShowTime(FormatDateTime(leaver.left_us)));
  if (leaver.disabled == nullptr) {
    fmt::print("disabled  never\n");
  } else {
    fmt::print("{}  {}, {}, by {}, event {}\n",
               leaver.disabled->is_deletion ? "deleted " : "disabled",
               ShowTime(leaver.disabled->time), ShowDelay(leaver), leaver.disabled->by,
               leaver.disabled->sequence);
  }
  if (leaver.enabled_again != nullptr) {
    fmt::print("enabled   {}, again, by {}, event {}\n", ShowTime(leaver.enabled_again->time),
               leaver.enabled_again->by, leaver.enabled_again->sequence);
  }
  fmt::print("now       {}\n", StateOf(leaver));
}

std::string ChangeJson(const ActiveChange* change) {
  if (change == nullptr) return {};
  JsonObject object;
  return object.Text("time", change->time)
      .Raw("event", change->sequence)
      .Text("kind", change->is_deletion ? "ResourceDeleted" : "")
      .Text("by", change->actor)
      .Take();
}

std::string LeaverJson(const Leaver& leaver) {
  JsonObject user;
  user.Text("type", leaver.user.type).Text("id", leaver.user.id).Text("name", leaver.user.name);
  JsonObject out;
  out.Object("resource", std::move(user))
      .Text("left", FormatDateTime(leaver.left_us))
      .Text("state", StateOf(leaver))
      .Raw("disabled", ChangeJson(leaver.disabled));
  if (leaver.disabled != nullptr) {
    out.Number("delaySeconds", (leaver.disabled->time_us - leaver.left_us) / 1'000'000);
  }
  return out.Raw("enabledAgain", ChangeJson(leaver.enabled_again))
      .Raw("asOf", fmt::format("{}", leaver.as_of))
      .Take();
}

std::vector<std::string> LeaverRecord(const Leaver& leaver) {
  const ActiveChange none;
  const ActiveChange& disabled = leaver.disabled == nullptr ? none : *leaver.disabled;
  return {leaver.user.id,
          leaver.user.name,
          FormatDateTime(leaver.left_us),
          std::string(StateOf(leaver)),
          disabled.time,
          leaver.disabled == nullptr
              ? std::string()
              : fmt::format("{}", (disabled.time_us - leaver.left_us) / 1'000'000),
          disabled.actor,
          disabled.sequence,
          leaver.enabled_again == nullptr ? std::string() : leaver.enabled_again->time};
}

}  // namespace

ExitCode AuditLeaver(const ConnectionOptions& connection_options, const AuditLeaverOptions& options,
                     Format format) {
  if (const auto time = CheckTime("--hr-time", options.hr_time, api::DayEdge::kLastInstant);
      !time) {
    return time.error();
  }
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto user = ResolveResource(**connection, options.user);
  if (!user) return user.error();
  const auto left_us = ReadLeaveTime(**connection, options.hr_time);
  if (!left_us) return left_us.error();
  std::string target = fmt::format("/audit/v1/resources/{}/history", user->id);
  AddParameter(target, "filter", R"(path eq "active" or kind eq "ResourceDeleted")");
  AuditPages pages(**connection, std::move(target), "events", 0);
  ActiveTimeline timeline;
  Leaver leaver;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    leaver.as_of = page.as_of;
    for (const JsonElement event : page.items) timeline.Learn(event);
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return code;
  leaver.user = *user;
  leaver.left_us = *left_us;
  leaver.disabled = timeline.DisabledAround(*left_us);
  leaver.is_active = timeline.IsActiveAtTheEnd();
  if (leaver.disabled != nullptr) {
    leaver.enabled_again = timeline.EnabledAfter(leaver.disabled->time_us);
  }
  if (format == Format::kTable) {
    const auto time = TimeOf(**connection, leaver.as_of);
    if (!time) return time.error();
    PrintTable(leaver, *time);
  } else if (format == Format::kCsv) {
    fmt::print("{}", RenderCsv({"id", "name", "left", "state", "disabled", "delaySeconds", "by",
                                "event", "enabledAgain"},
                               {LeaverRecord(leaver)}));
  } else {
    fmt::print("{}\n", LeaverJson(leaver));
  }
  return leaver.is_active ? ExitCode::kFinding : ExitCode::kDone;
}

}  // namespace scimledger::tools
