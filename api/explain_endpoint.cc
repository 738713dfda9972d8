#include "api/explain_endpoint.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "api/list_parameters.h"
#include "api/query_explanation.h"
#include "projections/explain.h"

namespace scimledger::api {
namespace {

std::string Render(const projections::Explain& explain, const projections::QueryResult& result) {
  std::string body = "{";
  AppendExplanation(explain, body);
  body +=
      fmt::format(R"(,"totalResults":{},"asOf":{}}})", result.total, result.view->sequence().value);
  return body;
}

void AnswerExplain(ExchangePtr exchange, ListRequest request, const ServiceOptions& options) {
  projections::Query& query = request.query;
  query.deadline = std::chrono::steady_clock::now() + options.query_time_max;
  projections::Explain explain;
  const auto result = projections::Run(exchange->directory(), query, exchange->base_url, &explain);
  exchange->sequence = result.view->sequence();
  if (result.is_late) {
    return exchange->AnswerError(
        {400, ScimType::kTooMany,
         fmt::format("The query was not done after {} seconds.", options.query_time_max.count())});
  }
  exchange->Answer(JsonResponse(200, Render(explain, result), kJsonMediaType));
}

}  // namespace

void AddExplainEndpoint(Router& router, const ServiceOptions& options, const Workers& workers) {
  const auto explain = [&options, &workers](ExchangePtr exchange) {
    const std::string* const named = exchange->target.Find("endpoint");
    const std::string endpoint = named == nullptr || named->empty() ? "Users" : *named;
    exchange->type = exchange->registry->FindTypeByEndpoint("/" + endpoint);
    if (exchange->type == nullptr) {
      return exchange->AnswerError(
          {404, ScimType::kNone,
           fmt::format("There is no endpoint /{}: /ResourceTypes lists those there are.",
                       endpoint)});
    }
    auto request = ReadListRequest(*exchange, options);
    if (!request) return exchange->AnswerError(request.error());
    workers.queries.Run(std::move(exchange),
                        [request = *std::move(request), &options](ExchangePtr waiting) mutable {
                          AnswerExplain(std::move(waiting), std::move(request), options);
                        });
  };
  router.Add("/admin/v1/explain", {{"GET", Access::kAdminister, explain}});
}

}  // namespace scimledger::api
