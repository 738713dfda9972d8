#include "tools/tenant_command.h"

#include <fmt/core.h>

#include <string_view>
#include <vector>

#include "api/tenant_name.h"
#include "engine/json.h"
#include "tools/audit_text.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr std::string_view kTenants = "/admin/v1/tenants";

/// Tenants are kept by one of their own. From afar the token says whose it is, and the server what
/// is wrong with that.
ConnectionOptions ToSystem(ConnectionOptions options) {
  if (options.server.empty()) options.tenant = api::kSystemTenant;
  return options;
}

/// Where its first token can be made: beside the data, since from afar that takes one.
std::string WhereWords(const ConnectionOptions& options) {
  return options.server.empty() ? fmt::format("--data {}", options.data.string())
                                : std::string("--data DIR");
}

}  // namespace

ExitCode CreateTenant(const ConnectionOptions& options, const std::string& name) {
  std::string body = "{\"name\":";
  AppendJsonString(body, name);
  body += '}';
  const auto response = Ask(ToSystem(options), "POST", std::string(kTenants), body);
  if (!response) return response.error();
  fmt::print("{}\n", name);
  fmt::print(stderr,
             "tenant {0} is made. Next, where its data is, a token for its identity provider:\n"
             "  scimledger token create {1} --tenant {0}\n",
             name, WhereWords(options));
  return ExitCode::kDone;
}

ExitCode ListTenants(const ConnectionOptions& options, Format format) {
  const auto response = Ask(ToSystem(options), "GET", std::string(kTenants));
  if (!response) return response.error();
  if (format == Format::kJson) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response->body);
  simdjson::dom::array tenants;
  if (!document || document->root()["tenants"].get(tenants) != simdjson::SUCCESS) {
    return Report(ExitCode::kIo, "the answer holds no list of tenants");
  }
  const std::vector<std::string> header{"NAME", "CREATED", "PATH"};
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element tenant : tenants) {
    if (format == Format::kJsonLines) fmt::print("{}\n", simdjson::minify(tenant));
    std::string created = TextAt(tenant, "/created");
    rows.push_back({TextAt(tenant, "/name"), created.empty() ? "-" : std::move(created),
                    TextAt(tenant, "/path")});
  }
  if (format == Format::kTable) fmt::print("{}", RenderTable(header, rows));
  if (format == Format::kCsv) fmt::print("{}", RenderCsv(header, rows));
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
