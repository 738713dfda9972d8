#include "tests/simulators/load_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <utility>

#include "tests/simulators/entra.h"
#include "tests/simulators/okta.h"
#include "tests/simulators/schedule.h"
#include "tests/simulators/side_by_side.h"

namespace scimledger::simulators {
namespace {

using Clock = Schedule::Clock;

/// Every tenant's users are called alike: it must not matter.
constexpr const char* kTag = "load";

bool IsOkta(const LoadOptions& options, std::size_t index) {
  return options.is_okta && (!options.is_entra || index % 2 == 1);
}

/// Cycles until the time is over. `again` is a cycle that has nothing to do.
template <typename Job>
void RunCycles(Job& job, SourceDirectory& source, const Schedule& schedule,
               const std::function<void()>& cycle, const std::function<void()>& again) {
  cycle();
  while (!schedule.IsOver()) {
    source.Change();
    cycle();
  }
  job.Verify();
  const std::uint64_t head = job.Head();
  again();
  if (const std::uint64_t after = job.Head(); after != head) {
    throw std::runtime_error(
        fmt::format("the same cycle again made {} events, it must make none", after - head));
  }
}

void RunTenant(const LoadOptions& options, const Script& script, Access access, std::size_t index,
               Schedule& schedule) {
  // The creates take about two fifths of the time, changes the rest.
  const auto people = static_cast<std::size_t>(options.rate * options.seconds / 8) + 10;
  SourceDirectory source(options.folder / "names.txt", kTag, {people, people / 10 + 1},
                         options.seed + index);
  Player player(script, std::move(access), Player::Then::kSkip, schedule.MakeHooks());
  if (IsOkta(options, index)) {
    OktaJob job(source, std::move(player));
    const auto push = [&job] { job.Push(); };
    return RunCycles(job, source, schedule, push, push);
  }
  std::vector<Player> players;
  players.push_back(std::move(player));
  EntraJob job(source, std::move(players));
  RunCycles(
      job, source, schedule, [&job] { job.IncrementalCycle(); }, [&job] { job.Restart(); });
}

/// Jobs do not know of each other: their requests are spread, not sent in step.
std::vector<Schedule> MakeSchedules(const LoadOptions& options, Clock::time_point begin) {
  std::vector<Schedule> schedules;
  for (std::size_t i = 0; i < options.tenants; ++i) {
    const std::chrono::duration<double> shift(
        static_cast<double>(i) / (options.rate * static_cast<double>(options.tenants)));
    schedules.emplace_back(begin + std::chrono::duration_cast<Clock::duration>(shift), options.rate,
                           options.seconds);
  }
  return schedules;
}

void Print(const LoadOptions& options, const LoadResult& result) {
  Latencies by_request;
  Latencies by_tenant;
  std::vector<double> all;
  std::size_t fewest = AllOf(result.tenants.front().latencies).size();
  for (const TenantLoad& tenant : result.tenants) {
    const std::vector<double> of_tenant = AllOf(tenant.latencies);
    fewest = std::min(fewest, of_tenant.size());
    Append(tenant.latencies, by_request);
    Append(of_tenant, by_tenant[tenant.kind]);
    Append(of_tenant, all);
  }
  const std::size_t count = all.size();
  by_tenant["all tenants"] = std::move(all);
  fmt::print("{} tenants asking for {} requests/s each, {:.1f} s; ms from when a request was due\n",
             options.tenants, options.rate, result.seconds);
  fmt::print("{:.0f} requests fell due, {} were answered in time to count\n\n",
             options.rate * options.seconds * static_cast<double>(options.tenants), count);
  PrintTable("request", std::move(by_request), result.seconds);
  PrintTable("tenant", std::move(by_tenant), result.seconds);
  fmt::print("slowest tenant: {:.1f} requests/s\n", static_cast<double>(fewest) / result.seconds);
}

}  // namespace

LoadResult PlayLoad(const LoadOptions& options, const Deployment& deployment, std::size_t first) {
  const Script entra(options.folder / "entra");
  const Script okta(options.folder / "okta");
  const Clock::time_point begin = Clock::now() + std::chrono::milliseconds(200);
  std::vector<Schedule> schedules = MakeSchedules(options, begin);
  SideBySide(options.tenants, [&](std::size_t index) {
    const Script& script = IsOkta(options, index) ? okta : entra;
    RunTenant(options, script, deployment.AccessTo(first + index), index, schedules[index]);
  });
  LoadResult result;
  result.seconds = options.seconds;
  for (std::size_t i = 0; i < options.tenants; ++i) {
    result.tenants.push_back(
        {IsOkta(options, i) ? "tenants of Okta" : "tenants of Entra", schedules[i].latencies()});
    const std::chrono::duration<double> passed = schedules[i].last_answer() - begin;
    result.seconds = std::max(result.seconds, passed.count());
  }
  return result;
}

void RunLoad(const LoadOptions& options) {
  Deployment deployment(TenantNames("load", options.tenants));
  Print(options, PlayLoad(options, deployment, 0));
  deployment.StopAndVerifyReplay();
}

}  // namespace scimledger::simulators
