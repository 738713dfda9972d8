#include "api/audit_endpoint.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "api/audit_as_of.h"
#include "api/audit_diff.h"
#include "api/audit_history.h"
#include "api/audit_memberships.h"
#include "api/audit_parameters.h"
#include "api/audit_resolve.h"

namespace scimledger::api {
namespace {

storage::Result<std::string> ReadEvents(const Exchange& exchange, const EventsRequest& wanted,
                                        std::optional<Sequence> after,
                                        const projections::DirectoryView& view) {
  const storage::EventLog& log = exchange.tenant->log();
  SCIMLEDGER_TRY_ASSIGN(const EventRange range, ResolveRange(log, wanted, after, view.sequence()));
  EventTest test;
  if (wanted.filter) {
    test = [&filter = *wanted.filter](const SchemaRegistry& registry, const Event& event,
                                      const ActorNames& actor) {
      return Matches(registry, filter, event, actor);
    };
  }
  // The history may have failed, or be on its way: then every event is looked at.
  const std::vector<Credential> credentials = view.credentials();
  std::unique_ptr<projections::EventCandidates> candidates;
  if (wanted.filter && HasHistory(*exchange.tenant, view.sequence())) {
    candidates =
        projections::FindCandidates(exchange.tenant->history(), log, *wanted.filter, credentials);
  }
  std::string body = R"({"events":[)";
  const std::size_t empty_size = body.size();
  const auto append = [&](const std::string& json) {
    if (body.size() > empty_size) body += ',';
    body += json;
  };
  SCIMLEDGER_TRY_ASSIGN(const auto next, ReadEventPage(log, view, exchange.tenant->name(), range,
                                                       test, candidates.get(), append));
  body += next ? fmt::format(R"(],"next":"{}")", next->value) : std::string(R"(],"next":null)");
  body += fmt::format(R"(,"asOf":{}}})", view.sequence().value);
  return body;
}

void AnswerEvents(ExchangePtr exchange, const EventsRequest& wanted,
                  std::optional<Sequence> after) {
  const auto view = exchange->tenant->directory().Freeze();
  exchange->sequence = view->sequence();
  auto body = ReadEvents(*exchange, wanted, after, *view);
  if (!body) return AnswerLogError(*exchange, body.error());
  exchange->Answer(JsonResponse(200, *std::move(body), kJsonMediaType));
}

}  // namespace

void AddAuditEndpoints(Router& router, const Workers& workers) {
  const auto events = [&workers](ExchangePtr exchange) {
    auto wanted = ReadEventsRequest(*exchange);
    if (!wanted) return exchange->AnswerError(wanted.error());
    const auto after = ReadAfter(*exchange);
    if (!after) return exchange->AnswerError(after.error());
    workers.queries.Run(std::move(exchange),
                        [wanted = *std::move(wanted), after = *after](ExchangePtr waiting) {
                          AnswerEvents(std::move(waiting), wanted, after);
                        });
  };
  router.Add("/audit/v1/events", {{"GET", Access::kReadAudit, events}});
  AddHistoryEndpoints(router, workers);
  AddAsOfEndpoints(router, workers);
  AddMembershipEndpoints(router, workers);
  AddDiffEndpoints(router, workers);
  AddResolveEndpoints(router, workers);
}

}  // namespace scimledger::api
