#include "api/resource_reads.h"

#include <fmt/format.h>

#include <utility>

#include "api/list_parameters.h"
#include "api/request_headers.h"
#include "api/resource_answer.h"
#include "engine/resource_writer.h"
#include "projections/query.h"

namespace scimledger::api {
namespace {

ScimError UnknownResource(const Exchange& exchange) {
  return {404, ScimType::kNone,
          fmt::format("There is no {} {}: it was never created, or it was deleted.",
                      exchange.type->name, exchange.path_values.front())};
}

HttpResponse NotModified(const Resource& resource, std::string location) {
  HttpResponse response;
  response.status = 304;
  response.headers.emplace_back("ETag", FormatETag(resource.version));
  response.headers.emplace_back("Content-Location", std::move(location));
  return response;
}

void RunQuery(ExchangePtr exchange, const projections::Query& query, Presentation presentation) {
  auto result = projections::Run(exchange->tenant->directory(), query, exchange->base_url);
  exchange->sequence = result.view->sequence();
  exchange->Answer(
      ListResponse(std::move(result), query.start_index, query.type, std::move(presentation)));
}

}  // namespace

Result<ResourceId> ReadResourceId(const Exchange& exchange) {
  const auto id = ResourceId::Parse(exchange.path_values.front());
  if (!id) return std::unexpected(UnknownResource(exchange));
  return *id;
}

void ReadResource(ExchangePtr exchange) {
  auto selection = ReadSelection(*exchange);
  if (!selection) return exchange->AnswerError(selection.error());
  const auto id = ReadResourceId(*exchange);
  if (!id) return exchange->AnswerError(id.error());
  auto found = exchange->tenant->directory().Find(*id);
  exchange->sequence = found.view->sequence();
  if (found.resource == nullptr || found.resource->type != exchange->type->id) {
    return exchange->AnswerError(UnknownResource(*exchange));
  }
  if (HasVersion(exchange->request.headers, found.resource->version)) {
    return exchange->Answer(NotModified(
        *found.resource, LocationOf(*exchange->registry, *found.resource, exchange->base_url)));
  }
  Presentation presentation{*std::move(selection), exchange->base_url};
  exchange->Answer(ResourceResponse(200, std::move(found.resource), std::move(found.view),
                                    std::move(presentation)));
}

void ListResources(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers) {
  auto selection = ReadSelection(*exchange);
  if (!selection) return exchange->AnswerError(selection.error());
  auto query = ReadQuery(*exchange, options.page_default, options.page_max);
  if (!query) return exchange->AnswerError(query.error());
  Presentation presentation{*std::move(selection), exchange->base_url};
  if (!projections::NeedsScan(exchange->tenant->directory(), *query)) {
    return RunQuery(std::move(exchange), *query, std::move(presentation));
  }
  workers.queries.Run(std::move(exchange),
                      [query = *std::move(query),
                       presentation = std::move(presentation)](ExchangePtr waiting) mutable {
                        RunQuery(std::move(waiting), query, std::move(presentation));
                      });
}

}  // namespace scimledger::api
