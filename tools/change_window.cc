#include "tools/change_window.h"

#include <fmt/format.h>
#include <unicode/ucal.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/text.h"

namespace scimledger::tools {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr const char* kForm =
    "days and hours such as 'Mon-Fri 08:00-18:00', several with ; between";
constexpr int kMinutesOfDay = 24 * 60;

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> ParseDay(std::string_view text) {
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    if (EqualsIgnoreAsciiCase(text, kDays[day])) return day;
  }
  return std::nullopt;
}

/// `08:00`; `24:00` is the end of the day.
std::optional<int> ParseMinute(std::string_view text) {
  int hour = 0;
  int minute = 0;
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto [hour_end, hour_error] = std::from_chars(text.data(), text.data() + 2, hour);
  const auto [end, error] = std::from_chars(text.data() + 3, text.data() + 5, minute);
  if (hour_error != std::errc() || error != std::errc() || hour_end != text.data() + 2 ||
      end != text.data() + 5 || minute > 59 || hour < 0 || minute < 0) {
    return std::nullopt;
  }
  const int of_day = hour * 60 + minute;
  return of_day <= kMinutesOfDay ? std::optional(of_day) : std::nullopt;
}

/// Both halves of `a-b`; of `a` twice the same.
std::pair<std::string_view, std::string_view> SplitRange(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {text, text};
  return {text.substr(0, dash), text.substr(dash + 1)};
}

}  // namespace

struct ChangeWindow::Calendar {
  explicit Calendar(UCalendar* opened) : handle(opened) {}
  ~Calendar() { ucal_close(handle); }
  Calendar(const Calendar&) = delete;
  Calendar& operator=(const Calendar&) = delete;
  UCalendar* handle;
};

ChangeWindow::ChangeWindow(std::vector<Span> spans, std::unique_ptr<Calendar> calendar)
    : spans_(std::move(spans)), calendar_(std::move(calendar)) {}
ChangeWindow::~ChangeWindow() = default;
ChangeWindow::ChangeWindow(ChangeWindow&&) noexcept = default;
ChangeWindow& ChangeWindow::operator=(ChangeWindow&&) noexcept = default;

std::expected<ChangeWindow::Span, std::string> ChangeWindow::ParseSpan(const std::string& text) {
  const std::string refusal = fmt::format("'{}' is not {}", text, kForm);
  std::string_view rest = Trim(text);
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) return std::unexpected(refusal);
  std::string_view days = rest.substr(0, blank);
  const auto [begin_text, end_text] = SplitRange(Trim(rest.substr(blank)));
  const auto begin = ParseMinute(begin_text);
  const auto end = ParseMinute(end_text);
  if (!begin || !end || *begin == *end) return std::unexpected(refusal);
  Span span;
  span.begin = *begin;
  span.end = *end;
  while (!days.empty()) {
    const std::size_t comma = std::min(days.find(','), days.size());
    const auto [first_text, last_text] = SplitRange(days.substr(0, comma));
    const auto first = ParseDay(first_text);
    const auto last = ParseDay(last_text);
    if (!first || !last) return std::unexpected(refusal);
    for (std::size_t day = *first;; day = (day + 1) % kDays.size()) {
      span.days[day] = true;
      if (day == *last) break;
    }
    days.remove_prefix(std::min(comma + 1, days.size()));
  }
  return span;
}

std::expected<ChangeWindow, std::string> ChangeWindow::Parse(const std::string& text,
                                                             const std::string& zone) {
  std::vector<Span> spans;
  std::string_view rest = text;
  do {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    auto span = ParseSpan(std::string(rest.substr(0, end)));
    if (!span) return std::unexpected(std::move(span).error());
    spans.push_back(*span);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  } while (!Trim(rest).empty());

  const std::u16string name(zone.begin(), zone.end());
  UErrorCode status = U_ZERO_ERROR;
  // ICU takes an unknown zone for Etc/Unknown instead of refusing it.
  std::array<UChar, 128> canonical{};
  ucal_getCanonicalTimeZoneID(name.data(), static_cast<std::int32_t>(name.size()), canonical.data(),
                              static_cast<std::int32_t>(canonical.size()), nullptr, &status);
  UCalendar* const opened = U_FAILURE(status) != 0
                                ? nullptr
                                : ucal_open(name.data(), static_cast<std::int32_t>(name.size()), "",
                                            UCAL_GREGORIAN, &status);
  if (opened == nullptr || U_FAILURE(status) != 0) {
    return std::unexpected(
        fmt::format("'{}' is not the name of a time zone such as Europe/Berlin or UTC", zone));
  }
  return ChangeWindow(std::move(spans), std::make_unique<Calendar>(opened));
}

ChangeWindow::LocalTime ChangeWindow::LocalTimeOf(std::int64_t time_us) const {
  UErrorCode status = U_ZERO_ERROR;
  UCalendar* const calendar = calendar_->handle;
  ucal_setMillis(calendar, static_cast<double>(time_us / 1000), &status);
  const std::int32_t day = ucal_get(calendar, UCAL_DAY_OF_WEEK, &status);
  const std::int32_t hour = ucal_get(calendar, UCAL_HOUR_OF_DAY, &status);
  const std::int32_t minute = ucal_get(calendar, UCAL_MINUTE, &status);
  return {(day - UCAL_MONDAY + 7) % 7, hour * 60 + minute};
}

bool ChangeWindow::Contains(std::int64_t time_us) const {
  const LocalTime local = LocalTimeOf(time_us);
  const auto today = static_cast<std::size_t>(local.day);
  const std::size_t yesterday = (today + kDays.size() - 1) % kDays.size();
  return std::ranges::any_of(spans_, [&](const Span& span) {
    if (span.begin < span.end) {
      return span.days[today] && local.minute >= span.begin && local.minute < span.end;
    }
    return (span.days[today] && local.minute >= span.begin) ||
           (span.days[yesterday] && local.minute < span.end);
  });
}

std::string ChangeWindow::ShowLocal(std::int64_t time_us) const {
  const LocalTime local = LocalTimeOf(time_us);
  return fmt::format("{} {:02}:{:02}", kDays[static_cast<std::size_t>(local.day)],
                     local.minute / 60, local.minute % 60);
}

}  // namespace scimledger::tools
