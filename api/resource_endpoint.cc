#include "api/resource_endpoint.h"

#include <string>
#include <utility>

#include "api/resource_reads.h"
#include "api/resource_writes.h"

namespace scimledger::api {
namespace {

Handler NotSupported(std::string detail) {
  return [detail = std::move(detail)](ExchangePtr exchange) {
    exchange->AnswerError({501, ScimType::kNone, detail});
  };
}

void AddUnsupported(Router& router) {
  const Handler me = NotSupported(
      "/Me stands for the user who asks, and this token stands for none: address the user by id.");
  router.Add("/scim/v2/Me", {{"GET", Access::kReadScim, me},
                             {"POST", Access::kWriteScim, me},
                             {"PUT", Access::kWriteScim, me},
                             {"PATCH", Access::kWriteScim, me},
                             {"DELETE", Access::kWriteScim, me}});
}

}  // namespace

void AddResourceEndpoints(Router& router, const ServiceOptions& options, const Workers& workers) {
  AddUnsupported(router);
  const auto with_workers = [&workers](void (*handle)(ExchangePtr, const Workers&)) {
    return [handle, &workers](ExchangePtr exchange) { handle(std::move(exchange), workers); };
  };
  const auto list = [&options, &workers](ExchangePtr exchange) {
    ListResources(std::move(exchange), options, workers);
  };
  const auto search = [&options, &workers](ExchangePtr exchange) {
    SearchResources(std::move(exchange), options, workers);
  };
  router.Add("/scim/v2", {{"GET", Access::kReadScim, list}});
  router.Add("/scim/v2/.search", {{"POST", Access::kReadScim, search}});
  router.Add("/scim/v2/{endpoint}/.search", {{"POST", Access::kReadScim, search}});
  router.Add("/scim/v2/{endpoint}", {{"GET", Access::kReadScim, list},
                                     {"POST", Access::kWriteScim, with_workers(PostResource)}});
  router.Add("/scim/v2/{endpoint}/{id}",
             {{"GET", Access::kReadScim, with_workers(ReadResource)},
              {"PUT", Access::kWriteScim, with_workers(PutResource)},
              {"PATCH", Access::kWriteScim, with_workers(PatchOneResource)},
              {"DELETE", Access::kWriteScim, with_workers(DeleteOneResource)}});
}

}  // namespace scimledger::api
