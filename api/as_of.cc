#include "api/as_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "api/audit_parameters.h"
#include "api/past_directories.h"

namespace scimledger::api {
namespace {

/// The sequence asked for, up to the head. nullopt: the present.
Result<std::optional<Sequence>> ReadMoment(const Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const auto asked,
                        ReadTimeParameter(exchange, "asOf", DayEdge::kLastInstant));
  if (!asked) return std::optional<Sequence>();
  const Sequence head = exchange.tenant->directory().position();
  if (exchange.tenant->is_replay()) {
    if (*asked == TimeArgument(head)) return std::optional<Sequence>();
    return Refuse(403, ScimType::kNone,
                  fmt::format("This is a read-only replay as of sequence {}: it holds no other "
                              "moment.",
                              head.value));
  }
  if (const auto* sequence = std::get_if<Sequence>(&*asked); sequence && *sequence > head) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("asOf is sequence {}, beyond the last one, which is {}.",
                              sequence->value, head.value));
  }
  const auto last = LastSequence(exchange.tenant->log(), *asked);
  if (!last) {
    return Refuse(500, ScimType::kNone,
                  fmt::format("The log cannot be read: {}", last.error().message));
  }
  if (*last >= head) return std::optional<Sequence>();
  return std::optional(*last);
}

/// False: refused, and answered.
bool MoveTo(Exchange& exchange, std::shared_ptr<const projections::Directory> past) {
  exchange.sequence = past->position();
  const RegistryPtr now = std::exchange(exchange.registry, past->current_registry());
  exchange.past = std::move(past);
  if (exchange.type == nullptr) return true;
  const std::string endpoint = exchange.type->endpoint;
  exchange.type = exchange.registry->FindTypeByEndpoint(endpoint);
  if (exchange.type != nullptr) return true;
  exchange.AnswerError({404, ScimType::kNone,
                        fmt::format("At sequence {} there was no resource type at {} yet.",
                                    exchange.sequence->value, endpoint)});
  return false;
}

void GoOn(ExchangePtr exchange, std::shared_ptr<const projections::Directory> past,
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
  if (auto kept = workers.past.Find(*exchange->tenant, **moment)) {
    return GoOn(std::move(exchange), std::move(kept), go_on);
  }
  workers.replays.Run(std::move(exchange), [&past = workers.past, sequence = **moment,
                                            go_on = std::move(go_on)](ExchangePtr waiting) mutable {
    auto directory = past.At(*waiting->tenant, sequence);
    if (!directory) return AnswerLogError(*waiting, directory.error());
    GoOn(std::move(waiting), *std::move(directory), go_on);
  });
}

}  // namespace scimledger::api
