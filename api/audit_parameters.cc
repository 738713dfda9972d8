#include "api/audit_parameters.h"

#include <fmt/format.h>
#include <chrono>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::uint64_t kLimitMax = 1000;

Result<std::optional<std::uint64_t>> ReadNumber(const Target& target, std::string_view name,
                                                std::string_view meaning) {
  const std::string* const text = target.Find(name);
  if (text == nullptr || text->empty()) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return std::optional(number);
  return Refuse(ScimType::kInvalidValue,
                fmt::format("The parameter {} must be {}.", name, meaning));
}

Result<bool> ReadIsDescending(const Target& target) {
  const std::string* const text = target.Find("order");
  if (text == nullptr || text->empty() || EqualsIgnoreAsciiCase(*text, "asc")) return false;
  if (EqualsIgnoreAsciiCase(*text, "desc")) return true;
  return Refuse(ScimType::kInvalidValue, "The parameter order must be asc or desc.");
}

Result<std::optional<EventFilter>> ReadFilter(const Target& target) {
  const std::string* const text = target.Find("filter");
  if (text == nullptr || text->empty()) return std::optional<EventFilter>();
  SCIMLEDGER_TRY_ASSIGN(const FilterSyntax syntax, ParseFilter(*text));
  SCIMLEDGER_TRY_ASSIGN(EventFilter filter, BindEventFilter(syntax));
  return std::optional<EventFilter>(std::move(filter));
}

}  // namespace

Result<std::optional<TimeArgument>> ReadTimeParameter(const Exchange& exchange,
                                                      std::string_view name, DayEdge edge) {
  const std::string* const text = exchange.target.Find(name);
  if (text == nullptr || text->empty()) return std::optional<TimeArgument>();
  // A `+02:00` that was not escaped arrives as a blank: no form of a time has one otherwise.
  std::string unescaped = *text;
  std::replace(unescaped.begin(), unescaped.end(), ' ', '+');
  SCIMLEDGER_TRY_ASSIGN(auto time,
                        ParseTimeArgument(name, unescaped, edge, exchange.tenant->NowUs()));
  return std::optional(time);
}

Result<EventsRequest> ReadEventsRequest(const Exchange& exchange) {
  EventsRequest wanted;
  SCIMLEDGER_TRY_ASSIGN(wanted.since, ReadTimeParameter(exchange, "since", DayEdge::kFirstInstant));
  SCIMLEDGER_TRY_ASSIGN(wanted.until, ReadTimeParameter(exchange, "until", DayEdge::kLastInstant));
  SCIMLEDGER_TRY_ASSIGN(const auto limit,
                        ReadNumber(exchange.target, "limit", "a whole number from 1 to 1000"));
  wanted.limit = limit.value_or(wanted.limit);
  if (wanted.limit < 1 || wanted.limit > kLimitMax) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("The parameter limit must be from 1 to {}.", kLimitMax));
  }
  SCIMLEDGER_TRY_ASSIGN(wanted.is_descending, ReadIsDescending(exchange.target));
  SCIMLEDGER_TRY_ASSIGN(wanted.filter, ReadFilter(exchange.target));
  return wanted;
}

Result<void> CheckNotBeyond(std::string_view name, Sequence sequence, Sequence head) {
  if (sequence <= head) return {};
  return Refuse(ScimType::kInvalidValue,
                fmt::format("{} is sequence {}, beyond the last one, which is {}.", name,
                            sequence.value, head.value));
}

Result<Sequence> ResolveMoment(const Exchange& exchange, std::string_view name,
                               const TimeArgument& moment, Sequence head) {
  if (const auto* sequence = std::get_if<Sequence>(&moment)) {
    SCIMLEDGER_TRY(CheckNotBeyond(name, *sequence, head));
  }
  const auto last = LastSequence(exchange.tenant->log(), moment);
  if (last) return std::min(*last, head);
  return Refuse(500, ScimType::kNone,
                fmt::format("The log cannot be read: {}", last.error().message));
}

Result<std::optional<Sequence>> ReadAfter(const Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const auto after,
                        ReadNumber(exchange.target, "after", "what `next` of a page said"));
  return after ? std::optional(Sequence{*after}) : std::optional<Sequence>();
}

storage::Result<EventRange> ResolveRange(const storage::EventLog& log, const EventsRequest& wanted,
                                         std::optional<Sequence> after, Sequence head) {
  EventRange range;
  range.last = head;
  range.limit = wanted.limit;
  range.is_descending = wanted.is_descending;
  if (wanted.since) {
    SCIMLEDGER_TRY_ASSIGN(range.first, FirstSequence(log, *wanted.since));
  }
  if (wanted.until) {
    SCIMLEDGER_TRY_ASSIGN(range.last, LastSequence(log, *wanted.until));
  }
  if (!after) return range;
  if (wanted.is_descending) {
    range.last = std::min(range.last, Sequence{std::max<std::uint64_t>(after->value, 1) - 1});
  } else if (*after >= head) {
    range.last = Sequence{0};
  } else {
    range.first = std::max(range.first, after->Next());
  }
  return range;
}

bool HasHistory(const Tenant& tenant, Sequence sequence) {
  constexpr std::chrono::seconds kWait{2};
  const auto history = tenant.history();
  if (history == nullptr) return false;
  return history->WaitFor(sequence, std::chrono::steady_clock::now() + kWait).has_value();
}

void AnswerLogError(Exchange& exchange, const storage::Error& error) {
  if (error.code == storage::ErrorCode::kUnavailable) {
    return exchange.AnswerError(
        {503, ScimType::kNone, fmt::format("Not at this moment: {}.", error.message)},
        {{"Retry-After", "2"}});
  }
  exchange.AnswerError(
      {500, ScimType::kNone, fmt::format("The log cannot be read: {}", error.message)});
}

}  // namespace scimledger::api
