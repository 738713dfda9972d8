#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/audit_command.h"
#include "tools/audit_moment.h"
#include "tools/audit_pages.h"
#include "tools/audit_resource.h"
#include "tools/audit_text.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

/// Prints the pages of one list.
class MembershipOutput {
 public:
  MembershipOutput(Connection& connection, const NamedResource& resource, std::string_view key,
                   Format format)
      : connection_(connection), resource_(resource), key_(key), format_(format) {}

  ExitCode Print(const AuditPage& page) {
    as_of_ = page.as_of;
    if (!has_begun_) {
      if (const ExitCode code = Begin(); code != ExitCode::kDone) return code;
    }
    for (const JsonElement item : page.items) PrintItem(item);
    has_begun_ = true;
    return ExitCode::kDone;
  }

  void End() {
    if (format_ == Format::kJson) fmt::print("],\"next\":null,\"asOf\":{}}}\n", as_of_);
    if (format_ == Format::kCsv) {
      fmt::print("{}", RenderCsv({"id", "type", "name", "since", "by", "event"}, rows_));
    }
    if (format_ != Format::kTable) return;
    if (rows_.empty()) {
      fmt::print("no {}\n", key_);
    } else {
      fmt::print("{}", RenderTable({"NAME", "TYPE", "SINCE", "BY", "EVENT"}, rows_));
    }
  }

 private:
  ExitCode Begin() {
    if (format_ == Format::kJson) fmt::print("{{\"{}\":[", key_);
    if (format_ != Format::kTable) return ExitCode::kDone;
    const auto time = TimeOf(connection_, as_of_);
    if (!time) return time.error();
    fmt::print("{}", Headline(resource_, *time, as_of_));
    return ExitCode::kDone;
  }

  void PrintItem(JsonElement item) {
    const std::string json(simdjson::minify(item));
    if (format_ == Format::kJsonLines) fmt::print("{}\n", json);
    if (format_ == Format::kJson) fmt::print("{}{}", is_first_ ? "" : ",", json);
    is_first_ = false;
    if (format_ == Format::kTable) {
      rows_.push_back({VisibleText(TextAt(item, "/name")), VisibleText(TextAt(item, "/type")),
                       ShowTime(TextAt(item, "/since")), VisibleText(TextAt(item, "/by")),
                       TextAt(item, "/event")});
    }
    if (format_ == Format::kCsv) {
      rows_.push_back({TextAt(item, "/id"), TextAt(item, "/type"), TextAt(item, "/name"),
                       TextAt(item, "/since"), TextAt(item, "/by"), TextAt(item, "/event")});
    }
  }

  Connection& connection_;
  const NamedResource& resource_;
  std::string key_;
  Format format_;
  std::uint64_t as_of_ = 0;
  bool has_begun_ = false;
  bool is_first_ = true;
  std::vector<std::vector<std::string>> rows_;
};

ExitCode PrintMemberships(const ConnectionOptions& connection_options,
                          const AuditShowOptions& options, std::string_view prefix,
                          std::string_view key, Format format) {
  const auto at = ReadMoment("--at", options.at, api::DayEdge::kLastInstant);
  if (!at) return at.error();
  auto connection = Connection::Open(connection_options);
  if (!connection) return Report(connection.error());
  const auto resource = ResolveResource(**connection, options.resource);
  if (!resource) return resource.error();
  AuditPages pages =
      AuditPages::AsOf(**connection, fmt::format("/audit/v1/{}/{}/{}", prefix, resource->id, key),
                       std::string(key), *at);
  MembershipOutput output(**connection, *resource, key, format);
  const ExitCode code =
      pages.ForEach([&output](const AuditPage& page) { return output.Print(page); });
  if (code == ExitCode::kDone) output.End();
  return code;
}

}  // namespace

ExitCode AuditMembers(const ConnectionOptions& connection, const AuditShowOptions& options,
                      Format format) {
  return PrintMemberships(connection, options, "groups", "members", format);
}

ExitCode AuditGroupsOf(const ConnectionOptions& connection, const AuditShowOptions& options,
                       Format format) {
  return PrintMemberships(connection, options, "resources", "groups", format);
}

}  // namespace scimledger::tools
