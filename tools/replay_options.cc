#include "tools/replay_options.h"

#include <CLI/CLI.hpp>
#include <string>

#include "tools/command_options.h"

namespace scimledger::tools {

void AddReplayCommand(CLI::App& app, ReplayArguments& arguments, std::function<ExitCode()>& run) {
  CLI::App& replay =
      AddCommand(app, run, "replay", "Fold the log from its first event again",
                 [&arguments] { return Replay(arguments.connection, arguments.replay); });
  AddConnectionOptions(replay, arguments.connection);
  ReplayOptions& options = arguments.replay;
  auto* const verify =
      replay.add_flag("--verify", options.verify, "Compare with the live state, at the head");
  auto* const until = replay.add_option("--until", options.until,
                                        "Stop at this time or sequence and print the digest");
  auto* const into = replay.add_option(
      "--into", options.into, "Write the state into this new or empty directory, to be read there");
  // Live state is known at the head only.
  verify->excludes(until)->excludes(into);
  into->excludes("--server");
  replay.require_option(2, 0);
  replay.footer(
      "Every hash of the log is checked on the way. --verify prints the digest of the live state "
      "and\n"
      "of the replayed one, at the same sequence, and `equal`, or `differs` with exit status 1.\n"
      "--into writes projections and a manifest, no log and no keys. `serve --read-only` answers\n"
      "from it, as of that moment and, with asOf, of every one before; `audit show` knows that\n"
      "moment. Nothing can ever be appended to it. Killed, the same command goes on from the last\n"
      "million of events.\n\n" +
      std::string(kTimesHelp) +
      "\n\n"
      "  scimledger replay --verify --data data\n"
      "  scimledger replay --until 2026-03-03 --data data\n"
      "  scimledger replay --until 41000 --into /tmp/before-the-import --data data");
}

}  // namespace scimledger::tools
