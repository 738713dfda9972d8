// Plays Entra or Okta against the real server: README.md.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tests/simulators/cycles.h"
#include "tests/simulators/fairness_run.h"
#include "tests/simulators/load_run.h"

namespace scimledger::simulators {
namespace {

struct Arguments {
  CycleOptions cycles;
  LoadOptions load;
  std::size_t busy_connections = 16;
  bool is_fairness = false;
  bool is_two_tenants = false;
};

void AddOptions(CLI::App& app, Arguments& to) {
  app.add_flag("--entra", to.load.is_entra, "play Entra ID");
  app.add_flag("--okta", to.load.is_okta, "play Okta; in load mode with --entra: half and half");
  app.add_flag("--two-tenants", to.is_two_tenants, "Entra's cycles in two tenants at once");
  app.add_flag("--fairness", to.is_fairness,
               "load mode: quiet tenants alone, then beside a busy one of --users users");
  app.add_option("--users", to.cycles.size.people, "people of the source directory")->take_last();
  app.add_option("--groups", to.cycles.size.teams, "groups of the source directory")->take_last();
  app.add_option("--connections", to.cycles.connections, "of Entra")->check(CLI::PositiveNumber);
  app.add_option("--busy-connections", to.busy_connections, "of the busy tenant")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", to.cycles.seed, "same seed, same directory and changes");
  app.add_option("--keep", to.cycles.kept, "data directory of the cycles, to be looked at later");
  app.add_option("--tenants", to.load.tenants, "load mode: so many tenants at once");
  app.add_option("--rate", to.load.rate, "load mode: requests per second of each tenant")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", to.load.seconds, "load mode: how long")->check(CLI::PositiveNumber);
}

void Run(const Arguments& arguments) {
  if (arguments.is_fairness) {
    RunFairness({arguments.load, {arguments.cycles.size.people, arguments.busy_connections}});
  } else if (arguments.load.tenants > 0) {
    RunLoad(arguments.load);
  } else if (arguments.is_two_tenants) {
    CheckTwoTenants(arguments.cycles);
  } else {
    if (arguments.load.is_entra) CheckEntra(arguments.cycles);
    if (arguments.load.is_okta) CheckOkta(arguments.cycles);
  }
}

}  // namespace
}  // namespace scimledger::simulators

int main(int argc, char** argv) {
  using namespace scimledger::simulators;
  CLI::App app(
      "Plays a client against the real server, and checks every answer and the end state.");
  Arguments arguments;
  arguments.cycles.folder = SIMULATORS_FOLDER;
  arguments.load.is_entra = false;
  arguments.load.tenants = 0;
  AddOptions(app, arguments);
  CLI11_PARSE(app, argc, argv);
  if (!arguments.load.is_entra && !arguments.load.is_okta) {
    std::fprintf(stderr, "one of --entra and --okta is needed\n");
    return 2;
  }
  arguments.load.folder = arguments.cycles.folder;
  arguments.load.seed = arguments.cycles.seed;
  if (arguments.is_fairness && arguments.load.tenants == 0) arguments.load.tenants = 1;
  try {
    Run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
