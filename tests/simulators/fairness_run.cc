#include "tests/simulators/fairness_run.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

namespace scimledger::simulators {
namespace {

void Print(const std::string& title, const LoadResult& result) {
  Latencies latencies;
  for (const TenantLoad& tenant : result.tenants) Append(tenant.latencies, latencies);
  latencies["all"] = AllOf(latencies);
  PrintTable(title, std::move(latencies), result.seconds);
}

std::vector<std::string> Names(std::size_t quiet) {
  std::vector<std::string> names{"busy"};
  for (std::string& name : TenantNames("quiet", 2 * quiet)) names.push_back(std::move(name));
  return names;
}

}  // namespace

void RunFairness(const FairnessOptions& options) {
  using Clock = std::chrono::steady_clock;
  const std::size_t quiet = options.quiet.tenants;
  Deployment deployment(Names(quiet));
  BusyTenant busy(deployment.AccessTo(0), options.busy);
  const LoadResult alone = PlayLoad(options.quiet, deployment, 1);
  busy.Start();
  const auto begun = Clock::now();
  const LoadResult beside = PlayLoad(options.quiet, deployment, 1 + quiet);
  busy.Stop();
  const std::chrono::duration<double> busy_for = Clock::now() - begun;
  busy.Verify();

  fmt::print(
      "{} quiet tenants asking for {} requests/s each, ms from when a request was due; one busy "
      "tenant of {} users on {} connections\n\n",
      quiet, options.quiet.rate, options.busy.people, options.busy.connections);
  Print("quiet alone", alone);
  Print("quiet beside the busy one", beside);
  PrintTable("busy", busy.latencies(), busy_for.count());
  deployment.StopAndVerifyReplay();
}

}  // namespace scimledger::simulators
