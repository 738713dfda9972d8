// What filters and sorts cost, by the attribute index and by a scan (bench/README.md).

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/realistic_directory.h"
#include "projections/attribute_index.h"
#include "projections/explain.h"
#include "projections/query.h"

namespace scimledger::bench {
namespace {

using Clock = std::chrono::steady_clock;
using projections::ListOrder;
using projections::Query;

constexpr std::string_view kBaseUrl = "https://scim.example/scim/v2";

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Case {
  std::string type = "User";
  std::string filter{};
  std::string sort_by{};
  std::uint64_t start_index = 1;
  std::uint64_t count = 100;

  std::string Describe() const {
    std::string text = filter;
    if (!sort_by.empty()) text += fmt::format("{}sort by {}", text.empty() ? "" : ", ", sort_by);
    if (start_index > 1) text += fmt::format(", from {}", start_index);
    if (count != 100) text += fmt::format(", count {}", count);
    return text;
  }
};

Query MakeQuery(const projections::Directory& directory, const Case& from) {
  const RegistryPtr registry = directory.current_registry();
  const ResourceType& type = *registry->FindTypeByName(from.type);
  Query query;
  projections::TypeQuery& part = query.types.emplace_back();
  part.type = type.id;
  if (!from.filter.empty()) {
    const auto syntax = ParseFilter(from.filter);
    SCIMLEDGER_INVARIANT(syntax.has_value(), from.filter.c_str());
    auto bound = BindFilter(*registry, type, *syntax);
    SCIMLEDGER_INVARIANT(bound.has_value(), from.filter.c_str());
    part.filter = *std::move(bound);
  }
  if (!from.sort_by.empty()) {
    query.order = ListOrder::kAscending;
    part.sort_by = ResolvePath(*registry, type, from.sort_by);
  }
  query.start_index = from.start_index;
  query.count = from.count;
  return query;
}

struct Timing {
  double median_ms = 0;
  std::uint64_t total = 0;
  bool is_refused = false;  ///< a sorted page too far from its start
};

/// The median of up to `runs` runs, which end after two seconds or so.
Timing Measure(const projections::Directory& directory, const Case& from, int runs) {
  std::vector<double> spent;
  Timing timing;
  const Clock::time_point begin = Clock::now();
  for (int run = 0; run < runs && (run < 3 || MillisecondsSince(begin) < 2000); ++run) {
    const Clock::time_point start = Clock::now();
    const Query query = MakeQuery(directory, from);
    const auto result = projections::Run(directory, query, kBaseUrl);
    timing.total = result.total;
    timing.is_refused = result.is_too_deep;
    spent.push_back(MillisecondsSince(start));
  }
  std::sort(spent.begin(), spent.end());
  timing.median_ms = spent[spent.size() / 2];
  return timing;
}

std::vector<Case> Cases(const RealisticDirectory& sample, std::uint32_t users) {
  const std::string name = RealisticCompany::UserName(users / 3);
  std::vector<Case> cases;
  const auto add = [&](std::string filter) { cases.push_back({.filter = std::move(filter)}); };
  add(fmt::format(R"(userName eq "{}")", name));
  add(fmt::format(R"(externalId eq "{}")", RealisticCompany::ExternalId(users / 3)));
  add(fmt::format(R"(emails[type eq "work" and value eq "{}"])", name));
  for (const char* part : {"zzzqqq", "Teresa Q. Papadopo", "Teresa Q", "Šule", "zoltan", "son"}) {
    add(fmt::format(R"(displayName co "{}")", part));
  }
  add(R"(emails.value ew "@post.example")");
  add(R"(emails.value ew "@labs.example")");
  add(R"(active eq true and department eq "Tax" and title sw "Lead")");
  add(R"(active eq true)");
  add(R"(not (department eq "Engineering"))");
  add(R"(not (title pr))");
  add(R"(department eq "Tax" or department eq "Legal" or title eq "Lead Buyer" or name.familyName )"
      R"(eq "Kowalski" or emails.value co "p00")");
  add(R"(meta.lastModified gt "2026-11-01T00:00:00Z")");
  add(R"(meta.lastModified gt "2026-01-01T00:00:00Z")");
  add(R"(emails[type eq "work" and value co "@labs"])");
  add(R"(emails[type eq "home" and not (value co "mail")])");
  cases.push_back({.filter = R"(active eq true and title co "engineer")", .count = 0});
  cases.push_back({.sort_by = "name.familyName", .start_index = users / 2 + 1});
  cases.push_back(
      {.filter = R"(active eq true)", .sort_by = "name.familyName", .start_index = users / 2 + 1});
  cases.push_back({.filter = R"(department eq "Tax")", .sort_by = "meta.lastModified"});
  cases.push_back({.sort_by = "emails.value", .start_index = users / 2 + 1});
  cases.push_back(
      {.type = "Group",
       .filter = fmt::format(R"(members.value eq "{}")", sample.UserId(users / 2).ToString())});
  cases.push_back({.type = "Group", .filter = R"(displayName co "Tax")"});
  return cases;
}

double ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// How long each column takes, on a thread that does nothing else.
void PrintBuildTimes(const projections::Directory& directory) {
  projections::AttributeIndex& index = directory.attribute_index();
  const auto state = index.Acquire({});
  std::vector<projections::ColumnName> names;
  for (const auto& [type, columns] : state->types) {
    for (const auto& [key, column] : columns->columns()) names.emplace_back(type, key);
  }
  index.Clear();
  const RegistryPtr registry = directory.current_registry();
  for (const auto& name : names) {
    const Clock::time_point start = Clock::now();
    index.Acquire({&name, 1});
    index.WaitUntilIdle();
    const AttributePath& path = name.second.path;
    fmt::print("{:75} built in {:>6.0f} ms\n",
               registry->attribute(path.sub.value_or(path.attribute)).path,
               MillisecondsSince(start));
  }
}

void SetMemory(const projections::Directory& directory, std::size_t bytes) {
  projections::AttributeIndexOptions options;
  options.budget = std::make_shared<projections::IndexBudget>(bytes);
  directory.attribute_index().Configure(options);
}

void PrintColumns(const projections::Directory& directory) {
  const RegistryPtr registry = directory.current_registry();
  const auto state = directory.attribute_index().Acquire({});
  for (const auto& [type, index] : state->types) {
    fmt::print("\n{:44} {:>10} {:>12} {:>10}\n", registry->type(type).name + " column", "keys",
               "bytes/slot", "bytes/row");
    for (const auto& [key, column] : index->columns()) {
      std::string name = registry->attribute(key.path.sub.value_or(key.path.attribute)).path;
      if (key.kind == projections::ColumnKey::Kind::kForemost) name += " (foremost)";
      const auto bytes = static_cast<double>(column->memory_bytes());
      fmt::print("{:44} {:>10} {:>12.1f} {:>10.1f}\n", name, column->key_count(),
                 bytes / static_cast<double>(std::max<std::size_t>(column->slot_count(), 1)),
                 bytes / static_cast<double>(index->rows().size()));
    }
    fmt::print(
        "{:44} {:>10} {:>12} {:>10.1f}\n", "all, with row and element numbers", "", "",
        static_cast<double>(index->memory_bytes()) / static_cast<double>(index->rows().size()));
  }
}

/// The same queries while some rows differ from the index's view.
void PrintChanged(RealisticDirectory& sample, std::uint32_t users) {
  for (std::uint32_t change = 0; change < 2000; ++change) {
    sample.ChangeTitle(static_cast<std::uint32_t>(change * 7919ULL % users));
  }
  for (const char* filter : {R"(displayName co "Teresa Q")",
                             R"(active eq true and department eq "Tax" and title sw "Lead")"}) {
    const Case changed{.filter = filter};
    const Clock::time_point start = Clock::now();
    projections::Run(sample.directory(), MakeQuery(sample.directory(), changed), kBaseUrl);
    fmt::print("2,000 rows changed, {}: {:.2f} ms\n", filter, MillisecondsSince(start));
  }
  for (std::uint32_t change = 0; change < 4000; ++change) {
    sample.ChangeTitle(static_cast<std::uint32_t>(change * 104'729ULL % users));
  }
  const Case any{.filter = R"(displayName co "Teresa Q")"};
  projections::Run(sample.directory(), MakeQuery(sample.directory(), any), kBaseUrl);
  const Clock::time_point start = Clock::now();
  sample.directory().attribute_index().WaitUntilIdle();
  fmt::print("renewing all columns after 6,000 changes: {:.0f} ms\n", MillisecondsSince(start));
}

void Report(std::uint32_t users, bool explains) {
  const double before = ResidentMegabytes();
  RealisticDirectory sample(1, users, std::max<std::uint32_t>(10, users / 100));
  const projections::Directory& directory = sample.directory();
  fmt::print("\n{} users, {} groups: {:.0f} MB\n", users, std::max<std::uint32_t>(10, users / 100),
             ResidentMegabytes() - before);
  const std::vector<Case> cases = Cases(sample, users);
  std::vector<Timing> scans;
  SetMemory(directory, 0);
  for (const Case& any : cases) scans.push_back(Measure(directory, any, 5));

  SetMemory(directory, std::size_t{4} << 30U);
  const double unindexed = ResidentMegabytes();
  const Clock::time_point start = Clock::now();
  for (const Case& any : cases) {
    projections::Run(directory, MakeQuery(directory, any), kBaseUrl);
    directory.attribute_index().WaitUntilIdle();
  }
  fmt::print("all columns made, each after a query without it: {:.0f} ms, {:.0f} MB\n",
             MillisecondsSince(start), ResidentMegabytes() - unindexed);
  fmt::print("{:100} {:>9} {:>10} {:>10}\n", "query", "total", "scan ms", "index ms");
  for (std::size_t at = 0; at < cases.size(); ++at) {
    const Timing indexed = Measure(directory, cases[at], 101);
    const Timing& scan = scans[at];
    fmt::print("{:100.100} {:>9} {:>10} {:>10.3f}\n", cases[at].Describe(), indexed.total,
               scan.is_refused ? "refused" : fmt::format("{:.2f}", scan.median_ms),
               indexed.median_ms);
    SCIMLEDGER_INVARIANT(scan.is_refused || indexed.total == scan.total, "scan and index disagree");
    if (!explains) continue;
    projections::Explain explain;
    projections::Run(directory, MakeQuery(directory, cases[at]), kBaseUrl, &explain);
    fmt::print("{}\n", explain.ToText());
  }
  PrintColumns(directory);
  PrintBuildTimes(directory);
  PrintChanged(sample, users);
}

}  // namespace
}  // namespace scimledger::bench

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::vector<std::uint32_t> sizes;
  bool explains = false;
  for (int at = 1; at < argc; ++at) {
    if (std::string_view(argv[at]) == "--explain") {
      explains = true;
    } else {
      sizes.push_back(static_cast<std::uint32_t>(std::strtoul(argv[at], nullptr, 10)));
    }
  }
  if (sizes.empty()) sizes = {10'000, 100'000, 1'000'000};
  for (const std::uint32_t users : sizes) scimledger::bench::Report(users, explains);
}
