#include "api/audit_as_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/audit_parameters.h"
#include "api/list_parameters.h"
#include "api/resource_answer.h"

namespace scimledger::api {
namespace {

ScimError UnknownThen(const Exchange& exchange) {
  return {404, ScimType::kNone,
          fmt::format("There was no resource {} at sequence {}: it was not created yet, it was "
                      "deleted, or it never existed.",
                      exchange.path_values.front(), exchange.sequence->value)};
}

void AnswerFound(ExchangePtr exchange, projections::FoundResource found) {
  exchange->sequence = found.view->sequence();
  if (found.resource == nullptr) return exchange->AnswerError(UnknownThen(*exchange));
  exchange->registry = found.view->registry();
  exchange->type = &exchange->registry->type(found.resource->type);
  auto selection = ReadSelection(*exchange);
  if (!selection) return exchange->AnswerError(selection.error());
  Presentation presentation{*std::move(selection), exchange->base_url};
  exchange->Answer(ResourceResponse(200, std::move(found.resource), std::move(found.view),
                                    std::move(presentation)));
}

void AnswerReplayed(ExchangePtr exchange, const ResourceId& id, Sequence sequence) {
  const auto directory = projections::Directory::Make();
  const auto replayed = directory->Replay(exchange->tenant->log(), sequence, nullptr);
  if (!replayed) return AnswerLogError(*exchange, replayed.error());
  AnswerFound(std::move(exchange), directory->Find(id));
}

/// The sequence asked for; `head` at or after the present.
Result<Sequence> ReadSequence(const Exchange& exchange, const std::optional<TimeArgument>& as_of,
                              Sequence head) {
  if (!as_of) return head;
  if (const auto* sequence = std::get_if<Sequence>(&*as_of); sequence && *sequence > head) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("asOf is sequence {}, beyond the last one, which is {}.",
                              sequence->value, head.value));
  }
  const auto last = LastSequence(exchange.tenant->log(), *as_of);
  if (last) return std::min(*last, head);
  return Refuse(500, ScimType::kNone,
                fmt::format("The log cannot be read: {}", last.error().message));
}

}  // namespace

void AddAsOfEndpoints(Router& router, const Workers& workers) {
  const auto read = [&workers](ExchangePtr exchange) {
    const auto as_of = ReadTimeParameter(*exchange, "asOf", DayEdge::kLastInstant);
    if (!as_of) return exchange->AnswerError(as_of.error());
    const auto id = ResourceId::Parse(exchange->path_values.front());
    if (!id) return exchange->AnswerError(UnknownThen(*exchange));
    auto found = exchange->tenant->directory().Find(*id);
    const Sequence head = found.view->sequence();
    const auto sequence = ReadSequence(*exchange, *as_of, head);
    if (!sequence) return exchange->AnswerError(sequence.error());
    if (*sequence == head) return AnswerFound(std::move(exchange), std::move(found));
    workers.replays.Run(std::move(exchange), [id = *id, at = *sequence](ExchangePtr waiting) {
      AnswerReplayed(std::move(waiting), id, at);
    });
  };
  router.Add("/audit/v1/resources/{id}", {{"GET", Access::kReadAudit, read}});
}

}  // namespace scimledger::api
