#include "tests/simulators/cycles.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/http_client.h"
#include "tests/simulators/deployment.h"
#include "tests/simulators/entra.h"
#include "tests/simulators/okta.h"
#include "tests/simulators/side_by_side.h"

namespace scimledger::simulators {
namespace {

/// A directory of this size meets everything that the data has.
constexpr std::size_t kEnoughPeople = 500;
constexpr std::size_t kEnoughTeams = 40;

/// Notes which steps were played. Thread-safe.
class Coverage {
 public:
  Hooks MakeHooks() {
    Hooks hooks;
    hooks.after = [this](const std::string& step, std::chrono::steady_clock::time_point) {
      const std::lock_guard lock(mutex_);
      ++played_[step];
    };
    return hooks;
  }

  /// Throws std::runtime_error if the script has a step that was never played, in a run that is
  /// large enough for all of them.
  void RequireAll(const Script& script, const SourceDirectory::Size& size) {
    std::size_t requests = 0;
    for (const auto& [name, step] : script.steps()) {
      if (played_.contains(name)) continue;
      const bool is_large = size.people >= kEnoughPeople && size.teams >= kEnoughTeams;
      if (is_large) throw std::runtime_error("nothing played the step " + name);
      fmt::print("not played in so small a run: {}\n", name);
    }
    for (const auto& [name, count] : played_) requests += count;
    fmt::print("{} requests\n", requests);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> played_;
};

/// Tells what was done, and how long it took.
class Report {
 public:
  void Done(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    fmt::print("{:7.2f} s  {}\n", std::chrono::duration<double>(now - last_).count(), what);
    std::fflush(stdout);
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void RequireNoEvents(std::uint64_t before, std::uint64_t after, const char* what) {
  if (before == after) return;
  throw std::runtime_error(
      fmt::format("{} made {} events, it must make none", what, after - before));
}

/// Entra's job in one tenant, for CheckTwoTenants.
class TenantCycles {
 public:
  TenantCycles(const Script& script, const CycleOptions& options, const Access& access)
      : source_(options.folder / "names.txt", "entra", options.size, options.seed),
        job_(source_, MakePlayers(script, options, access)) {}
  TenantCycles(const TenantCycles&) = delete;
  TenantCycles& operator=(const TenantCycles&) = delete;

  /// `changes`: how much happens in the source between two cycles.
  void Run(std::size_t changes) {
    job_.InitialCycle();
    RequireSettled();
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < changes; ++i) source_.Change();
      job_.IncrementalCycle();
      RequireSettled();
    }
  }
  SourceDirectory& source() { return source_; }

 private:
  static std::vector<Player> MakePlayers(const Script& script, const CycleOptions& options,
                                         const Access& access) {
    std::vector<Player> players;
    for (std::size_t i = 0; i < options.connections; ++i) {
      players.emplace_back(script, access, Player::Then::kCheck);
    }
    return players;
  }

  /// The other tenant's job is still at work meanwhile.
  void RequireSettled() {
    job_.Verify();
    const std::uint64_t head = job_.Head();
    job_.Restart();
    RequireNoEvents(head, job_.Head(), "a second identical cycle");
  }

  SourceDirectory source_;
  EntraJob job_;
};

void RequireNotFound(const Access& access, const std::string& target) {
  auto client = api::HttpClient::ForUrl(access.url, std::chrono::seconds(60));
  if (!client) throw std::runtime_error(client.error().message);
  api::HttpRequest request;
  request.method = "GET";
  request.target = target;
  request.headers = {{"Authorization", "Bearer " + access.token}};
  const auto answer = (*client)->Send(request);
  if (!answer) throw std::runtime_error(answer.error().message);
  if (answer->status == 404) return;
  throw std::runtime_error(
      fmt::format("GET {}{} with another tenant's token: {}", access.url, target, answer->status));
}

/// Same user names, other resources, and neither tenant finds the other's.
void RequireApart(const Deployment& deployment, std::vector<Person>& north,
                  const std::vector<Person>& south) {
  std::size_t namesakes = 0;
  for (std::size_t i = 0; i < std::min(north.size(), south.size()); ++i) {
    if (north[i].id.empty() || south[i].id.empty()) continue;
    if (north[i].attributes["userPrincipalName"] == south[i].attributes.at("userPrincipalName")) {
      ++namesakes;
    }
    if (north[i].id == south[i].id) throw std::runtime_error("two tenants share a resource");
    if (i % 20 == 0) RequireNotFound(deployment.AccessTo(0), "/Users/" + south[i].id);
  }
  if (namesakes == 0) throw std::runtime_error("the two tenants have no user name in common");
  RequireNotFound(deployment.PathOf(1, 0), "/Users?count=0");
}

}  // namespace

void CheckEntra(const CycleOptions& options) {
  const Script script(options.folder / "entra");
  Deployment deployment({"default"}, options.kept);
  SourceDirectory source(options.folder / "names.txt", "entra", options.size, options.seed);
  Coverage coverage;
  std::vector<Player> players;
  for (std::size_t i = 0; i < options.connections; ++i) {
    players.emplace_back(script, deployment.AccessTo(0), Player::Then::kCheck,
                         coverage.MakeHooks());
  }
  EntraJob job(source, std::move(players));
  Report report;
  job.TestConnection();
  report.Done("test connection");
  job.InitialCycle();
  report.Done("initial cycle");
  job.Verify();
  report.Done("the server equals the source");
  // Twice, so that each object is compared in both dialects' turn.
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t head = job.Head();
    job.Restart();
    RequireNoEvents(head, job.Head(), "a second identical cycle");
    report.Done(fmt::format("the same cycle again: no event after {}", head));
  }
  for (int i = 0; i < 3; ++i) {
    source.Change();
    // Some of the changes arrive by hand, in the other dialect, before the cycle.
    for (std::size_t person = 0; person < source.people().size(); person += 37) {
      job.ProvisionOnDemand(person);
    }
    report.Done("provision on demand");
    job.IncrementalCycle();
    report.Done("incremental cycle");
    job.Verify();
    report.Done("the server equals the source");
  }
  const std::uint64_t head = job.Head();
  job.Restart();
  RequireNoEvents(head, job.Head(), "a last identical cycle");
  report.Done(fmt::format("the same cycle again: no event after {}", head));
  job.Verify();
  coverage.RequireAll(script, options.size);
  deployment.StopAndVerifyReplay();
  report.Done("replay");
}

void CheckOkta(const CycleOptions& options) {
  const Script script(options.folder / "okta");
  Deployment deployment({"default"}, options.kept);
  SourceDirectory source(options.folder / "names.txt", "okta", options.size, options.seed);
  Coverage coverage;
  OktaJob job(source,
              Player(script, deployment.AccessTo(0), Player::Then::kCheck, coverage.MakeHooks()));
  Report report;
  job.SpecTest();
  report.Done("connection test and spec suite");
  job.Push();
  job.Verify();
  report.Done("users assigned, groups pushed: the server equals the source");
  const std::uint64_t head = job.Head();
  job.Push();
  RequireNoEvents(head, job.Head(), "PUT of what was read, and the same groups");
  report.Done(fmt::format("all of it again: no event after {}", head));
  for (int i = 0; i < 3; ++i) {
    source.Change();
    job.Push();
    job.Verify();
    report.Done("changes pushed: the server equals the source");
  }
  job.EmptyAndDelete();
  job.Verify();
  report.Done("a group emptied and filled, one deleted");
  coverage.RequireAll(script, options.size);
  deployment.StopAndVerifyReplay();
  report.Done("replay");
}

void CheckTwoTenants(const CycleOptions& options) {
  const Script script(options.folder / "entra");
  Deployment deployment({"north", "south"}, options.kept);
  std::array<TenantCycles, 2> tenants{TenantCycles(script, options, deployment.AccessTo(0)),
                                      TenantCycles(script, options, deployment.AccessTo(1))};
  Report report;
  SideBySide(tenants.size(), [&tenants](std::size_t index) { tenants.at(index).Run(index + 1); });
  report.Done("two tenants at once: each equals its source, no cycle again makes an event");
  RequireApart(deployment, tenants[0].source().people(), tenants[1].source().people());
  report.Done("same user names, other resources, each invisible to the other");
  deployment.StopAndVerifyReplay();
  report.Done("replay");
}

}  // namespace scimledger::simulators
