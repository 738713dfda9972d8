#include "api/projections_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kDirectory = "directory";

void ListProjections(ExchangePtr exchange) {
  const Tenant& tenant = *exchange->tenant;
  const auto view = tenant.directory().Freeze();
  exchange->sequence = view->sequence();
  std::size_t resources = 0;
  for (const ResourceType& type : view->registry()->resource_types()) {
    resources += view->resource_count(type.id);
  }
  const Sequence position = view->sequence();
  // Read after the position: the log is never behind its projections.
  const Sequence head = tenant.log().head().sequence;
  std::string list =
      fmt::format(R"({{"name":"{}","version":{},"position":{},"head":{},"lag":{},"snapshot":{},)"
                  R"("resources":{}}})",
                  kDirectory, projections::Directory::kVersion, position.value, head.value,
                  head.value - position.value, tenant.snapshot().value, resources);
  if (const projections::History* history = tenant.history()) {
    const Sequence come = std::min(history->position(), head);
    list += fmt::format(
        R"(,{{"name":"history","version":{},"position":{},"head":{},"lag":{},"bytesOnDisk":{}}})",
        projections::HistoryFold::kVersion, come.value, head.value, head.value - come.value,
        history->disk_bytes());
  }
  exchange->Answer(
      JsonResponse(200, fmt::format(R"({{"projections":[{}]}})", list), kJsonMediaType));
}

void Rebuild(ExchangePtr exchange, LongWork& work) {
  work.Begin(*exchange->tenant);
  const auto rebuilt = exchange->tenant->Rebuild(
      [&work](Sequence position, Sequence head) { work.Report(position, head); });
  work.End();
  if (!rebuilt) {
    return exchange->AnswerError(FailureOf("The directory was not rebuilt", rebuilt.error()));
  }
  exchange->sequence = rebuilt->sequence;
  exchange->Answer(JsonResponse(
      200,
      fmt::format(R"({{"name":"{}","before":"{}","after":"{}","sequence":{},"equal":{}}})",
                  kDirectory, storage::ToHex(rebuilt->before), storage::ToHex(rebuilt->after),
                  rebuilt->sequence.value, rebuilt->before == rebuilt->after),
      kJsonMediaType));
}

}  // namespace

void AddProjectionsEndpoints(Router& router, const Workers& workers,
                             std::shared_ptr<LongWork> work) {
  const auto rebuild = [&workers, work](ExchangePtr exchange) {
    if (exchange->path_values.front() != kDirectory) {
      return exchange->AnswerError(
          {404, ScimType::kNone,
           "There is no such projection: GET /admin/v1/projections lists them."});
    }
    workers.replays.Run(std::move(exchange),
                        [work](ExchangePtr waiting) { Rebuild(std::move(waiting), *work); });
  };
  router.Add("/admin/v1/projections", {{"GET", Access::kAdminister, ListProjections}});
  router.Add("/admin/v1/projections/{name}/rebuild", {{"POST", Access::kAdminister, rebuild}});
}

}  // namespace scimledger::api
