#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/event_page.h"
#include "api/exchange.h"
#include "api/time_argument.h"
#include "engine/event_filter.h"

namespace scimledger::api {

/// What a request for a page of events asks, before the log was asked about times.
struct EventsRequest {
  std::optional<TimeArgument> since;
  std::optional<TimeArgument> until;
  std::optional<EventFilter> filter;
  std::uint64_t limit = 100;
  bool is_descending = false;
};

/// `since`, `until`, `filter`, `limit` and `order`. Errors: 400 `invalidValue` or `invalidFilter`,
/// naming the parameter.
[[nodiscard]] Result<EventsRequest> ReadEventsRequest(const Exchange& exchange);

/// A time parameter (DESIGN §9); nullopt: not given.
[[nodiscard]] Result<std::optional<TimeArgument>> ReadTimeParameter(const Exchange& exchange,
                                                                    std::string_view name,
                                                                    DayEdge edge);

/// 400 `invalidValue`, by the parameter's name, of a sequence after `head`.
[[nodiscard]] Result<void> CheckNotBeyond(std::string_view name, Sequence sequence, Sequence head);

/// The last sequence at or before the moment, at most `head`; a sequence as CheckNotBeyond.
[[nodiscard]] Result<Sequence> ResolveMoment(const Exchange& exchange, std::string_view name,
                                             const TimeArgument& moment, Sequence head);

/// The cursor `after`: what `next` of a page said; nullopt: not given.
[[nodiscard]] Result<std::optional<Sequence>> ReadAfter(const Exchange& exchange);

/// The part of the log that was asked for, at most up to `head`; `after` is where a page before
/// ended.
[[nodiscard]] storage::Result<EventRange> ResolveRange(const storage::EventLog& log,
                                                       const EventsRequest& wanted,
                                                       std::optional<Sequence> after,
                                                       Sequence head);

/// Whether the tenant's history comes to the sequence within a moment. False: it has none, it has
/// failed, or it is being made again.
bool HasHistory(const Tenant& tenant, Sequence sequence);

/// Answers what went wrong while the log was read.
void AnswerLogError(Exchange& exchange, const storage::Error& error);

}  // namespace scimledger::api
