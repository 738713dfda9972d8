#include "api/metrics_endpoint.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <string>
#include <utility>
#include <vector>

namespace scimledger::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kMediaType = "text/plain; version=0.0.4; charset=utf-8";

/// The families of one scrape, each with one value of the tenant.
class TenantFamilies {
 public:
  explicit TenantFamilies(const Tenant& tenant) : label_{"tenant", tenant.name()} {}

  void Add(MetricType type, std::string name, std::string help, double value) {
    ClientMetric metric;
    metric.label.push_back(label_);
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.push_back({std::move(name), std::move(help), type, {std::move(metric)}});
  }

  const std::vector<MetricFamily>& families() const { return families_; }

 private:
  const ClientMetric::Label label_;
  std::vector<MetricFamily> families_;
};

std::string DescribeTenant(const Tenant& tenant) {
  const WriterCounts counts = tenant.writer_counts();
  TenantFamilies tenant_families(tenant);
  const auto add = [&](MetricType type, std::string name, std::string help, std::uint64_t value) {
    tenant_families.Add(type, std::move(name), std::move(help), static_cast<double>(value));
  };
  add(MetricType::Counter, "scimledger_commit_batches_total",
      "Batches appended to the log since the start, with one sync each", counts.batches);
  add(MetricType::Counter, "scimledger_events_total", "Events appended to the log since the start",
      counts.events);
  add(MetricType::Gauge, "scimledger_commands_waiting",
      "Writes that wait for the writer to take them up", counts.waiting);
  add(MetricType::Gauge, "scimledger_directory_position",
      "Sequence of the last event that reads see", tenant.directory().position().value);
  return prometheus::TextSerializer().Serialize(tenant_families.families());
}

}  // namespace

void AddMetricsEndpoint(Router& router) {
  const auto metrics = [](ExchangePtr exchange) {
    const Tenant* const tenant = exchange->tenant;
    HttpResponse response =
        JsonResponse(200, tenant == nullptr ? std::string() : DescribeTenant(*tenant), kMediaType);
    exchange->Answer(std::move(response));
  };
  router.Add("/metrics", {{"GET", Access::kProcess, metrics}});
}

}  // namespace scimledger::api
