#include "bench/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace scimledger::bench {
namespace {

template <typename Number>
double MedianOf(const std::vector<Measurement>& runs, Number Measurement::*member) {
  std::vector<double> values;
  for (const Measurement& run : runs) values.push_back(run.*member);
  return Median(std::move(values));
}

std::optional<double> MedianSyncs(const std::vector<Measurement>& runs) {
  std::vector<double> values;
  for (const Measurement& run : runs) {
    if (run.syncs_per_second) values.push_back(*run.syncs_per_second);
  }
  if (values.empty()) return std::nullopt;
  return Median(std::move(values));
}

std::string Cells(const std::optional<Measurement>& measured) {
  if (!measured) return "- | - | - | - | -";
  const auto syncs = measured->syncs_per_second ? fmt::format("{:.0f}", *measured->syncs_per_second)
                                                : std::string("-");
  return fmt::format("{:.0f} | {:.2f} | {:.2f} | {} | {:.1f}", measured->per_second,
                     measured->p50_ms, measured->p99_ms, syncs, measured->cpu_us);
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<Measurement> Median(const std::vector<Measurement>& runs) {
  if (runs.empty()) return std::nullopt;
  Measurement median;
  median.per_second = MedianOf(runs, &Measurement::per_second);
  median.p50_ms = MedianOf(runs, &Measurement::p50_ms);
  median.p99_ms = MedianOf(runs, &Measurement::p99_ms);
  median.syncs_per_second = MedianSyncs(runs);
  median.cpu_us = MedianOf(runs, &Measurement::cpu_us);
  return median;
}

std::string Judge(double ratio, const std::optional<Bar>& bar) {
  if (!bar) return {};
  const bool holds = bar->is_upper ? ratio <= bar->limit : ratio >= bar->limit;
  return fmt::format("{} {} {:g}", holds ? "yes" : "NO", bar->is_upper ? "<=" : ">=", bar->limit);
}

void PrintTable(const std::vector<Row>& rows, std::FILE* out) {
  fmt::print(out,
             "| what | req/s | p50 ms | p99 ms | syncs/s | CPU us/req | against | req/s | p50 ms "
             "| p99 ms | syncs/s | CPU us/req | ratio | bar holds |\n"
             "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    const auto server = Median(row.server);
    const auto against = Median(row.against);
    std::string ratio_text;
    std::string bar_text;
    if (server && against && server->per_second > 0 && against->per_second > 0) {
      const double rate = server->per_second / against->per_second;
      const double ratio = row.bar && row.bar->is_upper ? 1 / rate : rate;
      ratio_text = fmt::format("{:.2f}", ratio);
      bar_text = Judge(ratio, row.bar);
    }
    fmt::print(out, "| {} | {} | {} | {} | {} | {} |\n", row.what, Cells(server), row.against_what,
               Cells(against), ratio_text, bar_text);
  }
}

}  // namespace scimledger::bench
