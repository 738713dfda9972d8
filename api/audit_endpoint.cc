#include "api/audit_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/event_page.h"
#include "api/time_argument.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1000;

/// A request's parameters before the log was asked about times.
struct EventsRequest {
  std::optional<TimeArgument> since;
  std::optional<TimeArgument> until;
  std::optional<Sequence> after;
  std::uint64_t limit = kLimitDefault;
  bool is_descending = false;
};

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

Result<std::optional<TimeArgument>> ReadTime(const Exchange& exchange, std::string_view name,
                                             DayEdge edge) {
  const std::string* const text = exchange.target.Find(name);
  if (text == nullptr || text->empty()) return std::optional<TimeArgument>();
  // A `+02:00` that was not escaped arrives as a blank: no form of a time has one otherwise.
  std::string unescaped = *text;
  std::replace(unescaped.begin(), unescaped.end(), ' ', '+');
  SCIMLEDGER_TRY_ASSIGN(auto time,
                        ParseTimeArgument(name, unescaped, edge, exchange.tenant->NowUs()));
  return std::optional(time);
}

Result<bool> ReadIsDescending(const Target& target) {
  const std::string* const text = target.Find("order");
  if (text == nullptr || text->empty() || EqualsIgnoreAsciiCase(*text, "asc")) return false;
  if (EqualsIgnoreAsciiCase(*text, "desc")) return true;
  return Refuse(ScimType::kInvalidValue, "The parameter order must be asc or desc.");
}

Result<EventsRequest> ReadEventsRequest(const Exchange& exchange) {
  EventsRequest wanted;
  SCIMLEDGER_TRY_ASSIGN(wanted.since, ReadTime(exchange, "since", DayEdge::kFirstInstant));
  SCIMLEDGER_TRY_ASSIGN(wanted.until, ReadTime(exchange, "until", DayEdge::kLastInstant));
  SCIMLEDGER_TRY_ASSIGN(const auto after,
                        ReadNumber(exchange.target, "after", "what `next` of a page said"));
  if (after) wanted.after = Sequence{*after};
  SCIMLEDGER_TRY_ASSIGN(const auto limit,
                        ReadNumber(exchange.target, "limit", "a whole number from 1 to 1000"));
  wanted.limit = limit.value_or(kLimitDefault);
  if (wanted.limit < 1 || wanted.limit > kLimitMax) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("The parameter limit must be from 1 to {}.", kLimitMax));
  }
  SCIMLEDGER_TRY_ASSIGN(wanted.is_descending, ReadIsDescending(exchange.target));
  return wanted;
}

storage::Result<EventRange> Resolve(const storage::EventLog& log, const EventsRequest& wanted,
                                    Sequence head) {
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
  if (!wanted.after) return range;
  if (wanted.is_descending) {
    range.last =
        std::min(range.last, Sequence{std::max<std::uint64_t>(wanted.after->value, 1) - 1});
  } else if (*wanted.after >= head) {
    range.last = Sequence{0};
  } else {
    range.first = std::max(range.first, wanted.after->Next());
  }
  return range;
}

storage::Result<std::string> ReadEvents(const Exchange& exchange, const EventsRequest& wanted,
                                        const projections::DirectoryView& view) {
  const storage::EventLog& log = exchange.tenant->log();
  SCIMLEDGER_TRY_ASSIGN(const EventRange range, Resolve(log, wanted, view.sequence()));
  std::string body = R"({"events":[)";
  const std::size_t empty_size = body.size();
  SCIMLEDGER_TRY_ASSIGN(const auto next, ReadEventPage(log, view, exchange.tenant->name(), range,
                                                       [&](const std::string& json) {
                                                         if (body.size() > empty_size) body += ',';
                                                         body += json;
                                                       }));
  body += next ? fmt::format(R"(],"next":"{}")", next->value) : std::string(R"(],"next":null)");
  body += fmt::format(R"(,"asOf":{}}})", view.sequence().value);
  return body;
}

void AnswerEvents(ExchangePtr exchange, const EventsRequest& wanted) {
  const auto view = exchange->tenant->directory().Freeze();
  exchange->sequence = view->sequence();
  auto body = ReadEvents(*exchange, wanted, *view);
  if (!body) {
    return exchange->AnswerError(
        {500, ScimType::kNone, fmt::format("The log cannot be read: {}", body.error().message)});
  }
  exchange->Answer(JsonResponse(200, *std::move(body), kJsonMediaType));
}

}  // namespace

void AddAuditEndpoints(Router& router, const Workers& workers) {
  const auto events = [&workers](ExchangePtr exchange) {
    auto wanted = ReadEventsRequest(*exchange);
    if (!wanted) return exchange->AnswerError(wanted.error());
    workers.queries.Run(std::move(exchange), [wanted = *std::move(wanted)](ExchangePtr waiting) {
      AnswerEvents(std::move(waiting), wanted);
    });
  };
  router.Add("/audit/v1/events", {{"GET", Access::kReadAudit, events}});
}

}  // namespace scimledger::api
