#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace scimledger::simulators {

/// Milliseconds of each answer, by kind of request or of tenant.
using Latencies = std::map<std::string, std::vector<double>, std::less<>>;

void Append(const std::vector<double>& from, std::vector<double>& to);
void Append(const Latencies& from, Latencies& to);
std::vector<double> AllOf(const Latencies& latencies);

/// Prints one row per kind that has any: count, requests per second, p50, p99 and the slowest.
void PrintTable(const std::string& title, Latencies latencies, double seconds);

}  // namespace scimledger::simulators
