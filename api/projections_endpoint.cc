#include "api/projections_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kDirectory = "directory";
constexpr std::string_view kHistory = "history";

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
  if (const auto history = tenant.history()) {
    const Sequence come = std::min(history->position(), head);
    list += fmt::format(
        R"(,{{"name":"{}","version":{},"position":{},"head":{},"lag":{},"bytesOnDisk":{}}})",
        kHistory, projections::HistoryFold::kVersion, come.value, head.value,
        head.value - come.value, history->disk_bytes());
  }
  exchange->Answer(
      JsonResponse(200, fmt::format(R"({{"projections":[{}]}})", list), kJsonMediaType));
}

/// Runs a rebuild as the one long work, and answers if it failed.
template <typename Work>
auto Run(Exchange& exchange, LongWork& long_work, std::string_view name, const Work& work) {
  long_work.Begin(*exchange.tenant);
  auto rebuilt =
      work([&long_work](Sequence position, Sequence head) { long_work.Report(position, head); });
  long_work.End();
  if (!rebuilt) {
    exchange.AnswerError(FailureOf(fmt::format("The {} was not rebuilt", name), rebuilt.error()));
  }
  return rebuilt;
}

void RebuildHistory(ExchangePtr exchange, LongWork& work) {
  Tenant& tenant = *exchange->tenant;
  const auto rebuilt = Run(*exchange, work, kHistory,
                           [&](const auto& progress) { return tenant.RebuildHistory(progress); });
  if (!rebuilt) return;
  exchange->sequence = *rebuilt;
  exchange->Answer(
      JsonResponse(200, fmt::format(R"({{"name":"{}","sequence":{}}})", kHistory, rebuilt->value),
                   kJsonMediaType));
}

void RebuildLive(ExchangePtr exchange, LongWork& work) {
  Tenant& tenant = *exchange->tenant;
  const auto rebuilt = Run(*exchange, work, kDirectory,
                           [&](const auto& progress) { return tenant.Rebuild(progress); });
  if (!rebuilt) return;
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
    const std::string& name = exchange->path_values.front();
    if (name != kDirectory && name != kHistory) {
      return exchange->AnswerError(
          {404, ScimType::kNone,
           "There is no such projection: GET /admin/v1/projections lists them."});
    }
    const bool is_history = name == kHistory;
    workers.replays.Run(std::move(exchange), [work, is_history](ExchangePtr waiting) {
      is_history ? RebuildHistory(std::move(waiting), *work)
                 : RebuildLive(std::move(waiting), *work);
    });
  };
  router.Add("/admin/v1/projections", {{"GET", Access::kAdminister, ListProjections}});
  router.Add("/admin/v1/projections/{name}/rebuild", {{"POST", Access::kAdminister, rebuild}});
}

}  // namespace scimledger::api
