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
  const Handler search =
      NotSupported("Searching with POST is not supported: use GET with a filter instead.");
  const Handler bulk =
      NotSupported("Bulk operations are not supported, as /ServiceProviderConfig says.");
  const Handler me = NotSupported("/Me is not supported: address the user by id.");
  const Handler root = NotSupported(
      "Queries over all resource types are not supported: ask one endpoint, such as /Users.");
  router.Add("/scim/v2", {{"GET", Access::kReadScim, root}});
  router.Add("/scim/v2/.search", {{"POST", Access::kReadScim, search}});
  router.Add("/scim/v2/{endpoint}/.search", {{"POST", Access::kReadScim, search}});
  router.Add("/scim/v2/Bulk", {{"POST", Access::kWriteScim, bulk}});
  router.Add("/scim/v2/Me", {{"GET", Access::kReadScim, me},
                             {"POST", Access::kWriteScim, me},
                             {"PUT", Access::kWriteScim, me},
                             {"PATCH", Access::kWriteScim, me},
                             {"DELETE", Access::kWriteScim, me}});
}

}  // namespace

void AddResourceEndpoints(Router& router, const ServiceOptions& options, const Workers& workers) {
  AddUnsupported(router);
  const auto writing = [&workers](void (*write)(ExchangePtr, const Workers&)) {
    return [write, &workers](ExchangePtr exchange) { write(std::move(exchange), workers); };
  };
  const auto list = [&options, &workers](ExchangePtr exchange) {
    ListResources(std::move(exchange), options, workers);
  };
  router.Add("/scim/v2/{endpoint}", {{"GET", Access::kReadScim, list},
                                     {"POST", Access::kWriteScim, writing(PostResource)}});
  router.Add("/scim/v2/{endpoint}/{id}",
             {{"GET", Access::kReadScim, ReadResource},
              {"PUT", Access::kWriteScim, writing(PutResource)},
              {"PATCH", Access::kWriteScim, writing(PatchOneResource)},
              {"DELETE", Access::kWriteScim, writing(DeleteOneResource)}});
}

}  // namespace scimledger::api
