#include "tests/simulators/latencies.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

namespace scimledger::simulators {

void Append(const std::vector<double>& from, std::vector<double>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

void Append(const Latencies& from, Latencies& to) {
  for (const auto& [kind, latencies] : from) Append(latencies, to[kind]);
}

std::vector<double> AllOf(const Latencies& latencies) {
  std::vector<double> all;
  for (const auto& [kind, of_kind] : latencies) Append(of_kind, all);
  return all;
}

void PrintTable(const std::string& title, Latencies latencies, double seconds) {
  fmt::print("{:<28} {:>8} {:>10} {:>9} {:>9} {:>9}\n", title, "count", "per s", "p50 ms", "p99 ms",
             "max ms");
  for (auto& [kind, of_kind] : latencies) {
    if (of_kind.empty()) continue;
    std::ranges::sort(of_kind);
    const std::size_t count = of_kind.size();
    const auto at = [&of_kind, count](double share) {
      const auto rank = static_cast<std::size_t>(share * static_cast<double>(count));
      return of_kind[std::min(rank, count - 1)];
    };
    fmt::print("{:<28} {:>8} {:>10.1f} {:>9.2f} {:>9.2f} {:>9.2f}\n", kind, count,
               static_cast<double>(count) / seconds, at(0.5), at(0.99), of_kind.back());
  }
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace scimledger::simulators
