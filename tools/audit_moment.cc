#include "tools/audit_moment.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "engine/json.h"
#include "engine/text.h"
#include "tools/audit_text.h"
#include "tools/local_service.h"
#include "tools/request.h"

namespace scimledger::tools {

std::expected<api::TimeArgument, ExitCode> CheckTime(std::string_view option,
                                                     const std::string& text, api::DayEdge edge) {
  const auto time = api::ParseTimeArgument(option, text, edge, SystemClock().NowUs());
  if (!time) return std::unexpected(Report(ExitCode::kMisuse, time.error().detail));
  return *time;
}

std::expected<std::int64_t, ExitCode> ReadDuration(std::string_view option,
                                                   const std::string& text) {
  // A time argument knows durations as so long before a moment, 1970 at the earliest.
  constexpr std::int64_t kNowUs = 36'525LL * 86'400 * 1'000'000;
  const auto time = api::ParseTimeArgument(option, text, api::DayEdge::kFirstInstant, kNowUs);
  const auto* const instant = time ? std::get_if<api::Instant>(&*time) : nullptr;
  const bool is_duration =
      instant != nullptr && !text.empty() && std::string_view("dhms").contains(text.back());
  if (is_duration) return kNowUs - instant->time_us;
  return std::unexpected(Report(
      ExitCode::kMisuse,
      fmt::format("{} must be a duration such as 24h, 7d, 30m or 45s, not '{}'", option,
                  VisibleText(text))));
}

std::expected<std::string, ExitCode> TimeOf(Connection& connection, std::uint64_t sequence) {
  const auto response =
      Ask(connection, "GET",
          fmt::format("/audit/v1/events?since={}&until={}&limit=1", sequence, sequence));
  if (!response) return std::unexpected(response.error());
  const auto document = JsonDocument::Parse(response->body);
  return document ? TextAt(document->root(), "/events/0/time") : std::string();
}

std::string Headline(const NamedResource& resource, const std::string& time,
                     std::uint64_t sequence) {
  return fmt::format("{} {} ({}){}, as of {}, sequence {}\n\n", VisibleText(resource.type),
                     VisibleText(resource.name), resource.id,
                     resource.deleted.empty() ? "" : ", deleted " + ShowTime(resource.deleted),
                     ShowTime(time), sequence);
}

std::uint64_t SequenceOf(const api::HttpResponse& response) {
  const auto header = api::FindHeader(response.headers, "Ledger-Sequence");
  return header ? std::strtoull(std::string(*header).c_str(), nullptr, 10) : 0;
}

std::expected<std::string, ExitCode> ReadMoment(std::string_view option, const std::string& text,
                                                api::DayEdge edge) {
  if (text.empty()) return std::string();
  const auto moment = CheckTime(option, text, edge);
  if (!moment) return std::unexpected(moment.error());
  if (const auto* sequence = std::get_if<Sequence>(&*moment)) {
    return fmt::format("{}", sequence->value);
  }
  return FormatDateTime(std::get<api::Instant>(*moment).time_us);
}

}  // namespace scimledger::tools
