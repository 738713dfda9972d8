#include "api/audit_as_of.h"

#include <utility>

#include "api/as_of.h"
#include "api/list_parameters.h"
#include "api/resource_answer.h"

namespace scimledger::api {
namespace {

void AnswerFound(ExchangePtr exchange, projections::FoundResource found) {
  exchange->sequence = found.view->sequence();
  if (found.resource == nullptr) return exchange->AnswerError(NoResourceThen(*exchange));
  exchange->registry = found.view->registry();
  exchange->type = &exchange->registry->type(found.resource->type);
  auto selection = ReadSelection(*exchange);
  if (!selection) return exchange->AnswerError(selection.error());
  Presentation presentation{*std::move(selection), exchange->base_url};
  exchange->Answer(ResourceResponse(200, std::move(found.resource), std::move(found.view),
                                    std::move(presentation)));
}

}  // namespace

void AddAsOfEndpoints(Router& router, const Workers& workers) {
  const auto read = [&workers](ExchangePtr exchange) {
    AtAskedMoment(std::move(exchange), workers, [](ExchangePtr at_moment) {
      const auto id = ResourceId::Parse(at_moment->path_values.front());
      if (!id) return at_moment->AnswerError(NoResourceThen(*at_moment));
      auto found = at_moment->directory().Find(*id);
      AnswerFound(std::move(at_moment), std::move(found));
    });
  };
  router.Add("/audit/v1/resources/{id}", {{"GET", Access::kReadAudit, read}});
}

}  // namespace scimledger::api
