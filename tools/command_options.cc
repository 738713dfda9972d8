#include "tools/command_options.h"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace scimledger::tools {
namespace {

using Formats = std::vector<std::pair<std::string, Format>>;

const Formats kFormats{{"table", Format::kTable},
                       {"json", Format::kJson},
                       {"jsonl", Format::kJsonLines},
                       {"csv", Format::kCsv}};

void AddFormatOf(CLI::App& command, Format& format, const Formats& formats, const char* help) {
  command.add_option("--format", format, help)
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->option_text("FORMAT");
}

}  // namespace

CLI::App& AddCommand(CLI::App& parent, std::function<ExitCode()>& run, const std::string& name,
                     const std::string& description, std::function<ExitCode()> action) {
  CLI::App& command = *parent.add_subcommand(name, description);
  command.final_callback([&run, action = std::move(action)] { run = action; });
  return command;
}

void AddSourceOptions(CLI::App& command, ConnectionOptions& connection) {
  auto* data = command.add_option("--data", connection.data,
                                  "Data directory (asks the server that "
                                  "runs on it, else opens it)");
  auto* server = command.add_option("--server", connection.server,
                                    "URL of a server elsewhere, for example https://ledger:8443");
  command.add_option("--token", connection.token, "Bearer token for --server")->needs(server);
  command
      .add_option("--ca", connection.tls.ca,
                  "PEM file with the CA of an https --server (default: those of this system)")
      ->envname("SCIMLEDGER_CA");
  auto* certificate =
      command.add_option("--client-certificate", connection.tls.certificate,
                         "PEM file to show to an https --server that wants a certificate");
  auto* key = command.add_option("--client-key", connection.tls.key, "PEM file with its key");
  certificate->needs(key);
  key->needs(certificate);
  data->excludes(server);
  command.parse_complete_callback([&connection] {
    if (connection.data.empty() && connection.server.empty()) {
      throw CLI::RequiredError("--data DIR or --server URL");
    }
  });
}

void AddConnectionOptions(CLI::App& command, ConnectionOptions& connection) {
  AddSourceOptions(command, connection);
  command.add_option("--tenant", connection.tenant,
                     "Tenant, as `scimledger tenant list` shows it (default: default, or that of "
                     "--token)");
}

void AddFormatOption(CLI::App& command, Format& format) {
  AddFormatOf(command, format, kFormats,
              "table (default on a terminal), jsonl (default in a pipe), json or csv");
}

void AddEventFormatOption(CLI::App& command, Format& format) {
  auto formats = kFormats;
  formats.emplace_back("ocsf", Format::kOcsf);
  formats.emplace_back("ecs", Format::kEcs);
  AddFormatOf(command, format, formats,
              "table (default on a terminal), jsonl (default in a pipe), json, csv, or JSON Lines\n"
              "for a SIEM: ocsf or ecs (docs/audit-formats.md)");
}

}  // namespace scimledger::tools
