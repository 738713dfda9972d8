#include "tools/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "tools/audit_options.h"
#include "tools/backup_command.h"
#include "tools/command_options.h"
#include "tools/projections_options.h"
#include "tools/query_command.h"
#include "tools/replay_options.h"
#include "tools/schema_command.h"
#include "tools/serve.h"
#include "tools/settings_command.h"
#include "tools/tenant_command.h"
#include "tools/token_command.h"

namespace scimledger::tools {
namespace {

constexpr const char* kExitStatuses =
    "Exit status: 0 done; 1 a finding, or not found; 2 misuse; 3 cannot open or reach; 4 I/O "
    "failure.";

/// Everything any subcommand may be told, and what to run after parsing.
struct Arguments {
  ServeOptions serve;
  ConnectionOptions connection;
  Format format = DefaultFormat();
  std::string role = "provisioner";
  std::string name;
  std::string expires;
  std::string new_token;  ///< format of what `token create` prints; empty: the secret alone
  std::string token;
  std::string file;
  std::string value;
  AuditArguments audit;
  ReplayArguments replay;
  ProjectionsArguments projections;
  QueryExplainOptions query;
  BackupArguments backup;
  std::function<ExitCode()> run;
};

/// For what an operator may do first: the data directory is made if it is missing.
const ConnectionOptions& Making(ConnectionOptions& options) {
  options.if_missing = storage::DataDirectory::IfMissing::kCreate;
  return options;
}

/// Every setting there is, in lines of good length.
std::string DescribeConfigurationFile() {
  constexpr std::size_t kLineLength = 80;
  std::string text = "TOML file with any of these settings (tls_key is what --tls-key gives):\n";
  std::size_t line = 0;
  for (const std::string_view name : SettingNames()) {
    const bool is_full = line + name.size() > kLineLength;
    if (is_full) line = 0;
    text += fmt::format("{}{},", is_full ? "\n" : line > 0 ? " " : "", name);
    line += name.size() + 2;
  }
  return text +
         "\nand tables [[trusted_issuer]]; flags win over SCIMLEDGER_… variables, and those over "
         "it";
}

void AddServe(CLI::App& app, Arguments& arguments) {
  CLI::App& serve = AddCommand(app, arguments.run, "serve", "Serve SCIM 2.0 from a data directory",
                               [&arguments] { return Serve(arguments.serve); });
  serve.add_option("--data", arguments.serve.data, "Data directory; made if it is missing")
      ->required();
  serve.add_flag("--read-only", arguments.serve.read_only,
                 "Serve what `replay --into` wrote; nothing can be changed there");
  ConfigurationFlags& flags = arguments.serve.configuration;
  const auto add_setting = [&](const std::string& flag, const std::string& setting,
                               const std::string& description) {
    serve.add_option_function<std::string>(
        flag,
        [&flags, setting](const std::string& value) {
          flags.settings.emplace_back(setting, value);
        },
        description);
  };
  add_setting("--listen", "listen", "Address and port (default 127.0.0.1:8080; port 0: any)");
  add_setting("--public-url", "public_url",
              "What clients call this server, for meta.location (default: the Host they send)");
  add_setting("--tls-certificate", "tls_certificate",
              "PEM file with the certificate and those between it and the root: serves HTTPS");
  add_setting("--tls-key", "tls_key", "PEM file with its key");
  add_setting("--tls-client-ca", "tls_client_ca",
              "PEM file with the CA of client certificates; without one of those nobody comes in");
  add_setting("--plain-http", "plain_http",
              "Where HTTP without TLS may be served: loopback (default) or anywhere");
  serve.add_option("--config", flags.file, DescribeConfigurationFile());
  serve.footer(
      "Prints `ready http://127.0.0.1:8080/scim/v2` on stdout when it answers; everything else "
      "goes\n"
      "to stderr. SIGTERM and SIGINT finish the requests in flight and close the log. The files "
      "of\n"
      "TLS are read again on SIGHUP, and when they have changed.\n\n"
      "  scimledger serve --data /var/lib/scimledger\n"
      "  scimledger serve --data data --listen 127.0.0.1:0\n"
      "  scimledger serve --data data --listen 0.0.0.0:8443 --tls-certificate chain.pem --tls-key "
      "key.pem");
}

void AddToken(CLI::App& app, Arguments& arguments) {
  CLI::App& token = *app.add_subcommand("token", "Create, list and revoke bearer tokens");
  token.require_subcommand(1);
  CLI::App& create = AddCommand(
      token, arguments.run, "create", "Create a token and print its secret", [&arguments] {
        return CreateToken(
            Making(arguments.connection),
            {arguments.role, arguments.name, arguments.expires, arguments.new_token == "json"});
      });
  AddConnectionOptions(create, arguments.connection);
  create
      .add_option(
          "--role", arguments.role,
          "provisioner (reads and writes SCIM), reader (reads SCIM), auditor (reads SCIM and\n"
          "audit) or admin (everything)")
      ->check(CLI::IsMember({"provisioner", "reader", "auditor", "admin"}).description(""))
      ->capture_default_str();
  create.add_option("--name", arguments.name,
                    "What the audit trail calls it, for example entra-prod");
  create.add_option("--expires", arguments.expires,
                    "When it ends: 90d, 12h, 2027-01-31 or a time (default: it does not expire)");
  create
      .add_option("--format", arguments.new_token,
                  "json: print an object with id and secret, instead of the secret alone")
      ->check(CLI::IsMember({"json"}).description(""))
      ->option_text("FORMAT");
  create.footer(
      "The secret is printed once and stored nowhere; only its hash is. To rotate, create a "
      "second\n"
      "token, give it to the client, then revoke the first: both work meanwhile. A data directory "
      "that\n"
      "is missing is made.\n\n"
      "OAuth 2.0 clients take the token's id as client_id, the secret as client_secret, and ask\n"
      "/oauth2/token for short-lived tokens (docs/connect-entra-id.md).\n\n"
      "  scimledger token create --data data --role provisioner --name entra-prod\n"
      "  scimledger token create --data data --role auditor --name audit-2026 --expires 90d\n"
      "  scimledger token create --data data --name entra-prod --format json");
  CLI::App& list =
      AddCommand(token, arguments.run, "list",
                 "List tokens with when they end and were last used, revoked ones too",
                 [&arguments] { return ListTokens(arguments.connection, arguments.format); });
  AddConnectionOptions(list, arguments.connection);
  AddFormatOption(list, arguments.format);
  CLI::App& revoke =
      AddCommand(token, arguments.run, "revoke", "Revoke a token at once",
                 [&arguments] { return RevokeToken(arguments.connection, arguments.name); });
  revoke.add_option("TOKEN", arguments.name, "Its id or its name (not the secret)")->required();
  AddConnectionOptions(revoke, arguments.connection);
}

void AddTenantCommands(CLI::App& app, Arguments& arguments) {
  CLI::App& tenant = *app.add_subcommand("tenant", "Create and list tenants");
  tenant.require_subcommand(1);
  CLI::App& create =
      AddCommand(tenant, arguments.run, "create", "Make a tenant with a log of its own", [&] {
        arguments.connection.if_missing = storage::DataDirectory::IfMissing::kCreate;
        return CreateTenant(arguments.connection, arguments.name);
      });
  create
      .add_option("NAME", arguments.name,
                  "1 to 63 lower-case letters, digits and hyphens: it stands in URLs and tokens")
      ->required();
  AddSourceOptions(create, arguments.connection);
  create.footer(
      "Each tenant has its own log, users, groups, schemas, settings, tokens and audit trail, and "
      "sees\n"
      "nothing of another. Its token chooses it; its path /scim/v2/t/NAME may name it too. Other\n"
      "commands take --tenant NAME. From afar this takes an admin token of the tenant `system`,\n"
      "whose log records who made which tenant (`audit events --tenant system`).\n\n"
      "  scimledger tenant create acme --data data\n"
      "  scimledger token create --data data --tenant acme --name entra-prod");
  CLI::App& list = AddCommand(tenant, arguments.run, "list", "List tenants",
                              [&] { return ListTenants(arguments.connection, arguments.format); });
  AddSourceOptions(list, arguments.connection);
  AddFormatOption(list, arguments.format);
}

void AddQueryCommands(CLI::App& app, Arguments& arguments) {
  CLI::App& query = *app.add_subcommand("query", "Explain how filters are answered");
  query.require_subcommand(1);
  CLI::App& explain = AddCommand(
      query, arguments.run, "explain", "Run a filter and tell how it was answered, step by step",
      [&] { return ExplainQuery(arguments.connection, arguments.query, arguments.format); });
  explain.add_option("FILTER", arguments.query.filter, "A SCIM filter (RFC 7644 3.4.2.2)");
  explain.add_option("--endpoint", arguments.query.endpoint, "Users, Groups, …")
      ->capture_default_str();
  explain.add_option("--sort-by", arguments.query.sort_by, "An attribute to sort by");
  AddConnectionOptions(explain, arguments.connection);
  AddFormatOption(explain, arguments.format);
  explain.footer(
      "An attribute that no query has named before has no index yet: run it twice.\n\n"
      "  scimledger query explain 'active eq true and title sw \"Dr\"' --data data\n"
      "  scimledger query explain 'displayName co \"ann\"' --endpoint Groups --data data");
}

void AddSchemaCommands(CLI::App& app, Arguments& arguments) {
  CLI::App& schema = *app.add_subcommand("schema", "Add and list SCIM schemas and resource types");
  schema.require_subcommand(1);
  CLI::App& add =
      AddCommand(schema, arguments.run, "add", "Register schemas from a JSON file",
                 [&arguments] { return AddSchema(Making(arguments.connection), arguments.file); });
  add.add_option("FILE", arguments.file, "RFC 7643 section 6 and 7 JSON; - reads standard input")
      ->required();
  AddConnectionOptions(add, arguments.connection);
  add.footer(
      "FILE holds one Schema or ResourceType, a list of them, or a ListResponse. A schema whose "
      "URN\n"
      "reads …:extension:…:User extends User at once. A schema in use accepts additions only. A "
      "data\n"
      "directory that is missing is made.\n\n"
      "  scimledger schema add --data data acme_user_extension.json");
  CLI::App& list = AddCommand(schema, arguments.run, "list", "List schemas", [&arguments] {
    return ListSchemas(arguments.connection, arguments.format);
  });
  AddConnectionOptions(list, arguments.connection);
  AddFormatOption(list, arguments.format);
}

void AddConfigCommands(CLI::App& app, Arguments& arguments) {
  CLI::App& config = *app.add_subcommand("config", "Show and change a tenant's settings");
  config.require_subcommand(1);
  CLI::App& list = AddCommand(config, arguments.run, "list", "List settings and what they mean",
                              [&] { return ListSettings(arguments.connection, arguments.format); });
  AddConnectionOptions(list, arguments.connection);
  AddFormatOption(list, arguments.format);
  CLI::App& get = AddCommand(config, arguments.run, "get", "Print the value of one setting",
                             [&] { return GetSetting(arguments.connection, arguments.name); });
  get.add_option("SETTING", arguments.name, "Its name, as `config list` shows it")->required();
  AddConnectionOptions(get, arguments.connection);
  CLI::App& set = AddCommand(config, arguments.run, "set", "Change one setting", [&] {
    return SetSetting(Making(arguments.connection), arguments.name, arguments.value);
  });
  set.add_option("SETTING", arguments.name, "Its name, as `config list` shows it")->required();
  set.add_option("VALUE", arguments.value, "One of its two values")->required();
  AddConnectionOptions(set, arguments.connection);
  set.footer(
      "Settings decide where RFCs, Entra ID and the interoperability profile differ. A change is "
      "an "
      "event\n"
      "of the tenant's log: `audit events --filter 'kind eq \"SettingsChanged\"'` shows who made "
      "it.\n"
      "A data directory that is missing is made.\n\n"
      "  scimledger config set unknownAttributes reject --data data");
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv) {
  Arguments arguments;
  CLI::App app("scimledger: SCIM 2.0 provisioning on a ledger that can prove its own history",
               "scimledger");
  app.set_version_flag("--version", SCIMLEDGER_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);
  app.footer(std::string(kExitStatuses) +
             "\n`scimledger COMMAND --help` explains each command with examples.");
  AddServe(app, arguments);
  AddToken(app, arguments);
  AddTenantCommands(app, arguments);
  AddQueryCommands(app, arguments);
  AddSchemaCommands(app, arguments);
  AddConfigCommands(app, arguments);
  AddReplayCommand(app, arguments.replay, arguments.run);
  AddProjectionsCommands(app, arguments.projections, arguments.run);
  AddAuditCommands(app, arguments.audit, arguments.run);
  AddBackupCommands(app, arguments.backup, arguments.run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_help = app.exit(error) == 0;
    return static_cast<int>(is_help ? ExitCode::kDone : ExitCode::kMisuse);
  }
  return static_cast<int>(arguments.run());
}

}  // namespace scimledger::tools
