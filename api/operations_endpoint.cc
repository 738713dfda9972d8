#include "api/operations_endpoint.h"

#include <utility>

namespace scimledger::api {

void AddOperationsEndpoints(Router& router, std::function<std::optional<std::string>()> unready) {
  const auto health = [](ExchangePtr exchange) {
    exchange->Answer(JsonResponse(200, R"({"status":"alive"})", kJsonMediaType));
  };
  const auto ready = [unready = std::move(unready)](ExchangePtr exchange) {
    if (auto reason = unready()) {
      return exchange->AnswerError({503, ScimType::kNone, *std::move(reason)});
    }
    exchange->Answer(JsonResponse(200, R"({"status":"ready"})", kJsonMediaType));
  };
  router.Add("/healthz", {{"GET", Access::kProcess, health}});
  router.Add("/readyz", {{"GET", Access::kProcess, ready}});
}

}  // namespace scimledger::api
