#include "api/time_argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDayUs = 24 * 3600 * kSecondUs;
constexpr std::int64_t kDurationUsMax = 36'525 * kDayUs;  // a hundred years
constexpr std::size_t kDateLength = 10;                   // 2026-11-23

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

template <typename Number>
std::optional<Number> ParseNumber(std::string_view digits) {
  Number number = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::int64_t UnitUs(char unit) {
  switch (unit) {
    case 'd':
      return kDayUs;
    case 'h':
      return 3600 * kSecondUs;
    case 'm':
      return 60 * kSecondUs;
    case 's':
      return kSecondUs;
    default:
      return 0;
  }
}

/// `7d`, `12h`, `30m`, `45s`; at most `most_us`.
std::optional<std::int64_t> ParseDurationUs(std::string_view text, std::int64_t most_us) {
  if (text.empty()) return std::nullopt;
  const std::int64_t unit = UnitUs(text.back());
  text.remove_suffix(1);
  if (unit == 0 || text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) {
    return std::nullopt;
  }
  const auto count = ParseNumber<std::int64_t>(text);
  if (!count) return std::nullopt;
  return *count > most_us / unit ? most_us : *count * unit;
}

std::optional<TimeArgument> ParseDate(std::string_view text, DayEdge edge) {
  const auto midnight = ParseDateTime(std::string(text) + "T00:00:00Z");
  if (!midnight) return std::nullopt;
  return Instant{edge == DayEdge::kFirstInstant ? *midnight : *midnight + kDayUs - 1};
}

std::optional<TimeArgument> Parse(std::string_view text, DayEdge edge, std::int64_t now_us) {
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), IsDigit)) {
    const auto sequence = ParseNumber<std::uint64_t>(text);
    if (!sequence) return std::nullopt;
    return Sequence{*sequence};
  }
  // Durations that reach beyond 1970 mean 1970: everything.
  if (const auto duration = ParseDurationUs(text, now_us)) return Instant{now_us - *duration};
  if (text.size() == kDateLength) return ParseDate(text, edge);
  const auto time = ParseDateTime(text);
  if (!time) return std::nullopt;
  return Instant{*time};
}

}  // namespace

Result<TimeArgument> ParseTimeArgument(std::string_view parameter, std::string_view text,
                                       DayEdge edge, std::int64_t now_us) {
  const auto argument = Parse(text, edge, now_us);
  if (argument) return *argument;
  return Refuse(ScimType::kInvalidValue,
                fmt::format("{} must be a time such as 2026-11-23T10:00:00Z, a date such as "
                            "2026-11-23, a duration before now such as 7d, 12h, 30m or 45s, or a "
                            "sequence such as 42.",
                            parameter));
}

Result<std::int64_t> ParseExpiry(std::string_view parameter, std::string_view text,
                                 std::int64_t now_us) {
  if (const auto duration = ParseDurationUs(text, kDurationUsMax)) return now_us + *duration;
  if (text.size() == kDateLength) {
    if (const auto day = ParseDate(text, DayEdge::kLastInstant)) {
      return std::get<Instant>(*day).time_us;
    }
  }
  // 1970 is not an end to come, and 0 would mean that there is none.
  if (const auto time = ParseDateTime(text); time && *time > 0) return *time;
  return Refuse(ScimType::kInvalidValue,
                fmt::format("{} must be a time such as 2027-01-31T12:00:00Z, a date such as "
                            "2027-01-31, or a duration from now such as 90d, 12h, 30m or 45s.",
                            parameter));
}

storage::Result<Sequence> FirstSequence(const storage::EventLog& log, const TimeArgument& since) {
  if (const auto* sequence = std::get_if<Sequence>(&since)) return *sequence;
  const std::int64_t time_us = std::get<Instant>(since).time_us;
  if (time_us == std::numeric_limits<std::int64_t>::min()) return Sequence{1};
  SCIMLEDGER_TRY_ASSIGN(const Sequence before, log.SequenceAt(time_us - 1));
  return before.Next();
}

storage::Result<Sequence> LastSequence(const storage::EventLog& log, const TimeArgument& until) {
  if (const auto* sequence = std::get_if<Sequence>(&until)) return *sequence;
  return log.SequenceAt(std::get<Instant>(until).time_us);
}

}  // namespace scimledger::api
