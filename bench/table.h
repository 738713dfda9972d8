#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace scimledger::bench {

/// What one side did in one run of one row.
struct Measurement {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  std::optional<double> syncs_per_second;  ///< nullopt: the server does not tell
  double cpu_us = 0;                       ///< of the server, per request
};

/// The median of each number by itself. Empty: nullopt.
std::optional<Measurement> Median(const std::vector<Measurement>& runs);
double Median(std::vector<double> values);

/// A demand on a ratio, as issue 3 states it.
struct Bar {
  double limit = 0;
  bool is_upper = false;  ///< the ratio must not be above the limit
};

/// One line of the table.
struct Row {
  std::string what;
  std::vector<Measurement> server;
  std::vector<Measurement> against;  ///< what it is compared with; empty: nothing
  std::string against_what;
  std::optional<Bar> bar;
};

/// Prints the rows as one Markdown table of medians, with the ratio of the rates (server to the
/// other; of a row with an upper bar, the other to the server: the cost) and whether the bar holds.
void PrintTable(const std::vector<Row>& rows, std::FILE* out);
/// `yes`, `NO` or nothing, and the bar.
std::string Judge(double ratio, const std::optional<Bar>& bar);

}  // namespace scimledger::bench
