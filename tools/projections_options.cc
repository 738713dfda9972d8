#include "tools/projections_options.h"

#include <CLI/CLI.hpp>

#include "tools/command_options.h"

namespace scimledger::tools {

void AddProjectionsCommands(CLI::App& app, ProjectionsArguments& arguments,
                            std::function<ExitCode()>& run) {
  CLI::App& projections =
      *app.add_subcommand("projections", "List and rebuild what is derived from the log");
  projections.require_subcommand(1);
  CLI::App& list = AddCommand(projections, run, "list", "Names, positions and lag", [&arguments] {
    return ListProjections(arguments.connection, arguments.format);
  });
  AddConnectionOptions(list, arguments.connection);
  AddFormatOption(list, arguments.format);
  CLI::App& rebuild =
      AddCommand(projections, run, "rebuild", "Replay beside the live one, then swap",
                 [&arguments] { return RebuildProjection(arguments.connection, arguments.name); });
  rebuild.add_option("PROJECTION", arguments.name, "Its name")->capture_default_str();
  AddConnectionOptions(rebuild, arguments.connection);
  rebuild.footer(
      "Reads and writes go on meanwhile: they see the old state or the new one, never a mixture.\n"
      "Prints both digests at the sequence of the swap, and `equal`, or `differs` with exit status "
      "1:\n"
      "the old state was wrong, and the new one is in use. Killed at any moment, the old one "
      "stays.\n"
      "For the history it prints `rebuilt history` and the sequence of the swap.\n\n"
      "  scimledger projections rebuild directory --data data\n"
      "  scimledger projections rebuild history --data data");
}

}  // namespace scimledger::tools
