#include <fmt/format.h>

#include <string>

#include "tools/audit_command.h"
#include "tools/audit_conditions.h"
#include "tools/audit_output.h"
#include "tools/audit_pages.h"

namespace scimledger::tools {

ExitCode AuditTransaction(const ConnectionOptions& connection_options,
                          const AuditTransactionOptions& options, Format format) {
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  Conditions conditions;
  conditions.Add(
      fmt::format("transaction eq {0} or client.requestId eq {0}", FilterText(options.id)));
  std::string target = "/audit/v1/events";
  AddParameter(target, "filter", conditions.text());
  AuditPages pages(**connection, std::move(target), "events", 0);
  EventOutput output(format);
  bool has_found = false;
  const ExitCode code = pages.ForEach([&](const AuditPage& page) {
    has_found = has_found || page.items.size() > 0;
    if (has_found) output.Print(page);
    return ExitCode::kDone;
  });
  if (code != ExitCode::kDone) return code;
  if (!has_found) {
    return Report(ExitCode::kFinding,
                  fmt::format("no event has the transaction or the caller's request id '{}'",
                              VisibleText(options.id)));
  }
  output.End();
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
