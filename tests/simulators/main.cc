// Plays Entra or Okta against the real server: README.md.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulators/deployment.h"
#include "tests/simulators/entra.h"
#include "tests/simulators/load_run.h"
#include "tests/simulators/okta.h"

namespace scimledger::simulators {
namespace {

constexpr const char* kFolder = SIMULATORS_FOLDER;

/// A directory of this size meets everything that the data has.
constexpr std::size_t kEnoughPeople = 500;
constexpr std::size_t kEnoughTeams = 40;

struct CheckOptions {
  SourceDirectory::Size size;
  std::size_t connections = 4;
  std::uint64_t seed = 1;
};

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

void CheckEntra(const CheckOptions& options) {
  const Script script(std::filesystem::path(kFolder) / "entra");
  Deployment deployment(1);
  SourceDirectory source(std::filesystem::path(kFolder) / "names.txt", "entra", options.size,
                         options.seed);
  Coverage coverage;
  std::vector<Player> players;
  for (std::size_t i = 0; i < options.connections; ++i) {
    players.emplace_back(script, deployment.url(), deployment.token(0), Player::Then::kCheck,
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

void CheckOkta(const CheckOptions& options) {
  const Script script(std::filesystem::path(kFolder) / "okta");
  Deployment deployment(1);
  SourceDirectory source(std::filesystem::path(kFolder) / "names.txt", "okta", options.size,
                         options.seed);
  Coverage coverage;
  OktaJob job(source, Player(script, deployment.url(), deployment.token(0), Player::Then::kCheck,
                             coverage.MakeHooks()));
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

}  // namespace
}  // namespace scimledger::simulators

int main(int argc, char** argv) {
  using namespace scimledger::simulators;
  CLI::App app(
      "Plays a client against the real server, and checks every answer and the end state.");
  CheckOptions check;
  LoadOptions load;
  load.folder = kFolder;
  load.tenants = 0;
  bool is_entra = false;
  bool is_okta = false;
  app.add_flag("--entra", is_entra, "play Entra ID");
  app.add_flag("--okta", is_okta, "play Okta")->excludes("--entra");
  app.add_option("--users", check.size.people, "people of the source directory")->take_last();
  app.add_option("--groups", check.size.teams, "groups of the source directory")->take_last();
  app.add_option("--connections", check.connections, "of Entra")->check(CLI::PositiveNumber);
  app.add_option("--seed", check.seed, "same seed, same directory and changes");
  app.add_option("--tenants", load.tenants, "load mode: so many jobs at once");
  app.add_option("--rate", load.rate, "load mode: requests per second of each job")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", load.seconds, "load mode: how long")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  if (!is_entra && !is_okta) {
    std::fprintf(stderr, "one of --entra and --okta is needed\n");
    return 2;
  }
  try {
    load.vendor = is_okta ? Vendor::kOkta : Vendor::kEntra;
    load.seed = check.seed;
    if (load.tenants > 0) {
      RunLoad(load);
    } else if (is_okta) {
      CheckOkta(check);
    } else {
      CheckEntra(check);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
