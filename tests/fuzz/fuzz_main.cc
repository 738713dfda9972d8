// Seeded fuzzing of everything that reads what clients send: README.md.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "tests/fuzz/fuzz_run.h"

int main(int argc, char** argv) {
  using namespace scimledger;
  CLI::App app("Runs the fuzz targets over their corpus and seeded changes of it.");
  fuzz::RunOptions options;
  options.corpus = SCIMLEDGER_FUZZ_CORPUS;
  std::string only;
  std::string replay;
  app.add_option("--target", only, "only this one: json, filter, patch, bulk, cursor or token");
  app.add_option("--seed", options.seed, "same seed, same inputs (for the same count of runs)");
  app.add_option("--runs", options.runs, "inputs for each target");
  app.add_option("--seconds", options.seconds, "time for all targets together");
  app.add_option("--failures", options.failures, "folder for failing inputs");
  app.add_option("--replay", replay, "run the input of this file");
  CLI11_PARSE(app, argc, argv);
  if (!replay.empty()) return fuzz::Replay(replay);

  options.limits_time = options.seconds > 0;
  if (only.empty()) options.seconds /= static_cast<double>(fuzz::kTargets.size());
  bool found = false;
  bool is_good = true;
  for (const fuzz::Target& target : fuzz::kTargets) {
    if (!only.empty() && only != target.name) continue;
    found = true;
    is_good = fuzz::Fuzz(target, options) && is_good;
  }
  if (!found) std::fprintf(stderr, "there is no target %s\n", only.c_str());
  return found && is_good ? 0 : 1;
}
