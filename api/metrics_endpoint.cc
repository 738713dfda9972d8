#include "api/metrics_endpoint.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "projections/attribute_index.h"

namespace scimledger::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kMediaType = "text/plain; version=0.0.4; charset=utf-8";

/// Families of one value each.
class SingleValues {
 public:
  void Add(MetricType type, std::string name, std::string help, double value) {
    ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.push_back({std::move(name), std::move(help), type, {std::move(metric)}});
  }

  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

std::vector<MetricFamily> DescribeTenants(const std::vector<const Tenant*>& tenants) {
  WriterCounts counts;
  std::uint64_t positions = 0;
  std::uint64_t behind = 0;
  std::uint64_t index_bytes = 0;
  std::uint64_t history_behind = 0;
  std::uint64_t history_memory = 0;
  std::uint64_t history_disk = 0;
  for (const Tenant* tenant : tenants) {
    const WriterCounts more = tenant->writer_counts();
    counts.batches += more.batches;
    counts.events += more.events;
    counts.waiting += more.waiting;
    const std::uint64_t position = tenant->directory().position().value;
    const std::uint64_t head = tenant->log().head().sequence.value;
    positions += position;
    index_bytes += tenant->directory().attribute_index().memory_bytes();
    behind += head > position ? head - position : 0;
    if (const auto history = tenant->history()) {
      const std::uint64_t come = history->position().value;
      history_behind += head > come ? head - come : 0;
      history_memory += history->memory_bytes();
      history_disk += history->disk_bytes();
    }
  }
  SingleValues values;
  const auto add = [&values](MetricType type, std::string name, std::string help,
                             std::uint64_t value) {
    values.Add(type, std::move(name), std::move(help), static_cast<double>(value));
  };
  add(MetricType::Gauge, "scimledger_tenants_loaded",
      "Tenants in use, the system tenant among them", tenants.size());
  add(MetricType::Counter, "scimledger_commit_batches_total",
      "Batches appended to the logs since the start, with one sync each", counts.batches);
  add(MetricType::Counter, "scimledger_events_total", "Events appended to the logs since the start",
      counts.events);
  add(MetricType::Gauge, "scimledger_commands_waiting",
      "Writes that wait for a writer to take them up", counts.waiting);
  add(MetricType::Gauge, "scimledger_directory_position",
      "Events that reads see, of all logs together", positions);
  add(MetricType::Gauge, "scimledger_directory_lag", "Events in the logs that reads do not see yet",
      behind);
  add(MetricType::Gauge, "scimledger_history_lag",
      "Events in the logs that the histories do not hold yet", history_behind);
  add(MetricType::Gauge, "scimledger_history_memory_bytes",
      "Memory of the histories of all tenants, but for their shared block cache", history_memory);
  add(MetricType::Gauge, "scimledger_history_disk_bytes", "Size of the histories on disk",
      history_disk);
  add(MetricType::Gauge, "scimledger_attribute_index_bytes",
      "Memory of the attribute indexes of all tenants", index_bytes);
  return values.Take();
}

/// How much memory the process holds. Zero: the system does not say.
std::uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Answers by route, method and status, and how long they took by route and method.
class RequestFamilies {
 public:
  void Add(const std::string& route, const std::string& method, const RequestMetrics& metrics) {
    const std::vector<ClientMetric::Label> labels{{"route", route}, {"method", method}};
    for (int status = RequestMetrics::kStatusFirst; status <= RequestMetrics::kStatusLast;
         ++status) {
      const std::uint64_t count = metrics.count(status);
      if (count > 0) AddCount(labels, status, count);
    }
    AddDurations(labels, metrics);
  }

  std::vector<MetricFamily> Take() {
    return {{"scimledger_requests_total", "Answered requests since the start", MetricType::Counter,
             std::move(counts_)},
            {"scimledger_request_duration_seconds", "Time from a request to its answer",
             MetricType::Histogram, std::move(durations_)},
            {"scimledger_refused_credentials_total",
             "Requests refused because of their credential: none that is valid (401), not allowed "
             "to do that (403), or too many (429)",
             MetricType::Counter, std::move(refused_)}};
  }

 private:
  void AddCount(std::vector<ClientMetric::Label> labels, int status, std::uint64_t count) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.label.push_back({"status", std::to_string(status)});
    metric.counter.value = static_cast<double>(count);
    counts_.push_back(std::move(metric));
    if (status == 401 || status == 403 || status == 429) AddRefused(status, count);
  }

  void AddRefused(int status, std::uint64_t count) {
    const std::string text = std::to_string(status);
    auto found = std::find_if(refused_.begin(), refused_.end(), [&](const ClientMetric& metric) {
      return metric.label[0].value == text;
    });
    if (found == refused_.end()) {
      found = refused_.emplace(refused_.end());
      found->label = {{"status", text}};
    }
    found->counter.value += static_cast<double>(count);
  }

  void AddDurations(std::vector<ClientMetric::Label> labels, const RequestMetrics& metrics) {
    ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t until_here = 0;
    for (std::size_t i = 0; i <= RequestMetrics::kBucketsUs.size(); ++i) {
      until_here += metrics.bucket_count(i);
      const bool is_last = i == RequestMetrics::kBucketsUs.size();
      metric.histogram.bucket.push_back(
          {until_here, is_last
                           ? std::numeric_limits<double>::infinity()
                           : static_cast<double>(RequestMetrics::kBucketsUs[i]) / kUsPerSecond});
    }
    metric.histogram.sample_count = until_here;
    metric.histogram.sample_sum = static_cast<double>(metrics.total_us()) / kUsPerSecond;
    if (until_here > 0) durations_.push_back(std::move(metric));
  }

  static constexpr double kUsPerSecond = 1e6;
  std::vector<ClientMetric> counts_;
  std::vector<ClientMetric> durations_;
  std::vector<ClientMetric> refused_;
};

std::vector<MetricFamily> DescribeRequests(const Router& router, const RequestMetrics& unmatched) {
  RequestFamilies families;
  for (const Route& route : router.routes()) {
    for (const Operation& operation : route.operations) {
      families.Add(route.pattern, operation.method, *route.MetricsOf(operation));
    }
  }
  families.Add("unmatched", "OTHER", unmatched);
  return families.Take();
}

}  // namespace

void AddMetricsEndpoint(Router& router, const RequestMetrics& unmatched,
                        std::function<const TenantCatalog*()> catalog) {
  const auto metrics = [&router, &unmatched, catalog = std::move(catalog)](ExchangePtr exchange) {
    const prometheus::TextSerializer serializer;
    SingleValues process;
    process.Add(MetricType::Gauge, "process_resident_memory_bytes", "Memory that the process holds",
                static_cast<double>(ResidentBytes()));
    std::string body = serializer.Serialize(process.Take());
    const TenantCatalog* const tenants = catalog();
    if (tenants != nullptr) body += serializer.Serialize(DescribeTenants(tenants->loaded()));
    body += serializer.Serialize(DescribeRequests(router, unmatched));
    exchange->Answer(JsonResponse(200, std::move(body), kMediaType));
  };
  router.Add("/metrics", {{"GET", Access::kProcess, metrics}});
}

}  // namespace scimledger::api
