#include "api/as_of.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "api/audit_parameters.h"
#include "api/past_directories.h"

namespace scimledger::api {
namespace {

/// The sequence asked for, up to the head. nullopt: none, or a time to come, which means the
/// present, whatever that is when the answer is made.
Result<std::optional<Sequence>> ReadMoment(const Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const auto asked,
                        ReadTimeParameter(exchange, "asOf", DayEdge::kLastInstant));
  if (!asked) return std::optional<Sequence>();
  const Sequence head = exchange.tenant->directory().position();
  const auto* const instant = std::get_if<Instant>(&*asked);
  if (instant != nullptr && instant->time_us >= exchange.tenant->NowUs()) {
    return std::optional<Sequence>();
  }
  const auto* const sequence = std::get_if<Sequence>(&*asked);
  if (sequence != nullptr) SCIMLEDGER_TRY(CheckNotBeyond("asOf", *sequence, head));
  if (exchange.tenant->is_replay() && exchange.tenant->history() == nullptr) {
    if (sequence != nullptr && *sequence == head) return std::optional(head);
    return Refuse(403, ScimType::kNone,
                  fmt::format("This is a read-only replay as of sequence {}: it holds no earlier "
                              "moment.",
                              head.value));
  }
  SCIMLEDGER_TRY_ASSIGN(const Sequence last, ResolveMoment(exchange, "asOf", *asked, head));
  return std::optional(last);
}

/// False: refused, and answered.
bool MoveTo(Exchange& exchange, std::shared_ptr<const projections::DirectoryReader> past) {
  exchange.sequence = past->position();
  const RegistryPtr now = std::exchange(exchange.registry, past->current_registry());
  exchange.past = std::move(past);
  exchange.pinned = exchange.sequence;
  if (exchange.type == nullptr) return true;
  const std::string endpoint = exchange.type->endpoint;
  exchange.type = exchange.registry->FindTypeByEndpoint(endpoint);
  if (exchange.type != nullptr) return true;
  exchange.AnswerError({404, ScimType::kNone,
                        fmt::format("At sequence {} there was no resource type at {} yet.",
                                    exchange.sequence->value, endpoint)});
  return false;
}

void GoOn(ExchangePtr exchange, std::shared_ptr<const projections::DirectoryReader> past,
          AtMoment& go_on) {
  if (MoveTo(*exchange, std::move(past))) go_on(std::move(exchange));
}

}  // namespace

ScimError NoResourceThen(const Exchange& exchange) {
  return {404, ScimType::kNone,
          fmt::format("There was no resource {} at sequence {}: it was not created yet, it was "
                      "deleted, or it never existed.",
                      exchange.path_values.front(), exchange.sequence->value)};
}

void AtAskedMoment(ExchangePtr exchange, const Workers& workers, AtMoment go_on) {
  const auto moment = ReadMoment(*exchange);
  if (!moment) return exchange->AnswerError(moment.error());
  if (!*moment) return go_on(std::move(exchange));
  exchange->pinned = *moment;
  if (**moment == exchange->tenant->directory().position()) return go_on(std::move(exchange));
  AtSequence(std::move(exchange), workers, **moment, std::move(go_on));
}

void AtSequence(ExchangePtr exchange, const Workers& workers, Sequence sequence, AtMoment go_on) {
  const auto move_there = [&past = workers.past, sequence](ExchangePtr waiting, AtMoment& then) {
    auto directory = past.At(*waiting->tenant, sequence);
    if (!directory) return AnswerLogError(*waiting, directory.error());
    GoOn(std::move(waiting), *std::move(directory), then);
  };
  if (PastDirectories::IsAtHand(*exchange->tenant, sequence)) {
    return move_there(std::move(exchange), go_on);
  }
  workers.moments.Run(std::move(exchange),
                      [move_there, go_on = std::move(go_on)](ExchangePtr waiting) mutable {
                        move_there(std::move(waiting), go_on);
                      });
}

}  // namespace scimledger::api
