#include "api/resource_reads.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "api/as_of.h"
#include "api/audit_parameters.h"
#include "api/list_parameters.h"
#include "api/query_explanation.h"
#include "api/request_headers.h"
#include "api/resource_answer.h"
#include "api/search_request.h"
#include "engine/decide_checks.h"
#include "engine/resource_writer.h"
#include "projections/explain.h"
#include "projections/history_error.h"
#include "projections/query.h"

namespace scimledger::api {
namespace {

ScimError UnknownResource(const Exchange& exchange) {
  if (exchange.past) {
    return {404, ScimType::kNone,
            fmt::format("There was no {} {} at sequence {}: it was not created yet, or it was "
                        "deleted.",
                        exchange.type->name, exchange.path_values.front(),
                        exchange.past->position().value)};
  }
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

ScimError QueryTooLate(const ServiceOptions& options) {
  return {400, ScimType::kTooMany,
          fmt::format(
              "The query was not done after {} seconds: ask for less, or narrow it with an `eq` on "
              "id, userName, externalId, displayName, emails.value or members.value.",
              options.query_time_max.count())};
}

void AnswerList(ExchangePtr exchange, ListRequest request, projections::QueryResult result,
                std::string explanation, const ServiceOptions& options) {
  exchange->sequence = result.view->sequence();
  if (result.is_too_deep) return exchange->AnswerError(PageTooDeep());
  if (result.is_late) return exchange->AnswerError(QueryTooLate(options));
  ListHead head{.total = request.total.value_or(result.total), .items = result.page.size()};
  head.explanation = std::move(explanation);
  if (!request.cursor_context) {
    head.start_index = request.query.start_index;
  } else if (result.next) {
    head.next_cursor = NextCursor(request, *result.next, head.total, *exchange, options);
  }
  Presentation presentation{std::move(request.selection), exchange->base_url};
  exchange->Answer(ListResponse(std::move(result), head, std::move(presentation)));
}

/// kUnavailable: the history has not come to where a question about the past needs it.
storage::Result<projections::QueryResult> TryRun(const Exchange& exchange,
                                                 const projections::Query& query,
                                                 projections::Explain* explain) {
  try {
    return projections::Run(exchange.directory(), query, exchange.base_url, explain);
  } catch (const projections::HistoryError& error) {
    if (error.code() != storage::ErrorCode::kUnavailable) throw;
    return storage::Fail(error.code(), error.what());
  }
}

void RunQuery(ExchangePtr exchange, ListRequest request, const ServiceOptions& options,
              const Workers& workers) {
  request.query.deadline = std::chrono::steady_clock::now() + options.query_time_max;
  projections::Explain explain;
  auto result = TryRun(*exchange, request.query, request.explain ? &explain : nullptr);
  if (!result) return AnswerLogError(*exchange, result.error());
  if (HasMovedOn(*exchange, *result->view)) {
    const Sequence asked = *exchange->pinned;
    return AtSequence(std::move(exchange), workers, asked,
                      [request = std::move(request), &options, &workers](ExchangePtr then) mutable {
                        RunQuery(std::move(then), std::move(request), options, workers);
                      });
  }
  std::string explanation;
  if (request.explain) {
    explanation = "{";
    AppendExplanation(explain, explanation);
    explanation += '}';
  }
  AnswerList(std::move(exchange), std::move(request), *std::move(result), std::move(explanation),
             options);
}

/// On the I/O thread if that takes few steps. False: it does not.
bool AnswersAtOnce(ExchangePtr& exchange, ListRequest& request, const ServiceOptions& options) {
  if (request.explain) return false;
  request.query.deadline = std::chrono::steady_clock::now() + options.query_time_max;
  auto result = projections::RunAtOnce(exchange->directory(), request.query, exchange->base_url);
  if (!result || HasMovedOn(*exchange, *result->view)) return false;
  AnswerList(std::move(exchange), std::move(request), *std::move(result), {}, options);
  return true;
}

void ReadThen(ExchangePtr exchange, const Workers& workers) {
  auto selection = ReadSelection(*exchange);
  if (!selection) return exchange->AnswerError(selection.error());
  const auto id = ReadResourceId(*exchange);
  if (!id) return exchange->AnswerError(id.error());
  auto found = exchange->directory().Find(*id);
  if (HasMovedOn(*exchange, *found.view)) {
    const Sequence asked = *exchange->pinned;
    return AtSequence(std::move(exchange), workers, asked,
                      [&workers](ExchangePtr then) { ReadThen(std::move(then), workers); });
  }
  exchange->sequence = found.view->sequence();
  if (found.resource == nullptr || found.resource->type != exchange->type->id) {
    return exchange->AnswerError(UnknownResource(*exchange));
  }
  const auto expected = ReadIfMatch(exchange->request.headers);
  if (!expected) return exchange->AnswerError(expected.error());
  const auto fits = *expected ? CheckVersion(*found.resource, **expected) : Result<void>();
  if (!fits) return exchange->AnswerError(fits.error());
  if (HasVersion(exchange->request.headers, found.resource->version)) {
    return exchange->Answer(NotModified(
        *found.resource, LocationOf(*exchange->registry, *found.resource, exchange->base_url)));
  }
  Presentation presentation{*std::move(selection), exchange->base_url};
  exchange->Answer(ResourceResponse(200, std::move(found.resource), std::move(found.view),
                                    std::move(presentation)));
}

void ListThen(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers) {
  auto request = ReadListRequest(*exchange, options);
  if (!request) return exchange->AnswerError(request.error());
  if (AnswersAtOnce(exchange, *request, options)) return;
  workers.queries.Run(std::move(exchange), [request = *std::move(request), &options,
                                            &workers](ExchangePtr waiting) mutable {
    RunQuery(std::move(waiting), std::move(request), options, workers);
  });
}

}  // namespace

Result<ResourceId> ReadResourceId(const Exchange& exchange) {
  const auto id = ResourceId::Parse(exchange.path_values.front());
  if (!id) return std::unexpected(UnknownResource(exchange));
  return *id;
}

void ReadResource(ExchangePtr exchange, const Workers& workers) {
  AtAskedMoment(std::move(exchange), workers,
                [&workers](ExchangePtr at_moment) { ReadThen(std::move(at_moment), workers); });
}

void ListResources(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers) {
  AtAskedMoment(std::move(exchange), workers,
                [&](ExchangePtr at_moment) { ListThen(std::move(at_moment), options, workers); });
}

void SearchResources(ExchangePtr exchange, const ServiceOptions& options, const Workers& workers) {
  // The body's names mean what they meant then, and `asOf` stands in the URL.
  AtAskedMoment(std::move(exchange), workers, [&](ExchangePtr at_moment) {
    if (const auto read = ReadSearchRequest(*at_moment); !read) {
      return at_moment->AnswerError(read.error());
    }
    ListThen(std::move(at_moment), options, workers);
  });
}

}  // namespace scimledger::api
