#include "tools/audit_conditions.h"

#include <fmt/format.h>

#include "engine/json.h"
#include "engine/text.h"
#include "tools/audit_moment.h"

namespace scimledger::tools {

std::string FilterText(std::string_view text) {
  std::string quoted;
  AppendJsonString(quoted, text);
  return quoted;
}

void Conditions::Add(const std::string& condition) {
  if (!text_.empty()) text_ += " and ";
  text_ += '(' + condition + ')';
}

void Conditions::AddPath(const std::string& path) {
  if (path.empty()) return;
  Add(fmt::format("path eq {} or path sw {} or path ew {} or path co {}", FilterText(path),
                  FilterText(path + "."), FilterText(":" + path), FilterText(":" + path + ".")));
}

void Conditions::AddKinds(const std::vector<std::string>& kinds) {
  std::string any;
  for (const std::string& kind : kinds) {
    any += fmt::format("{}kind eq {}", any.empty() ? "" : " or ", FilterText(kind));
  }
  if (!any.empty()) Add(any);
}

void Conditions::AddAddress(const std::string& address) {
  // The chain begins with the client, and then the peer is a proxy.
  Add(fmt::format(
      "client.forwarded eq {0} or client.forwarded sw {1} or (client.address eq {0} and not "
      "(client.forwarded pr))",
      FilterText(address), FilterText(address + ",")));
}

bool IsPathOf(std::string_view path, std::string_view wanted) {
  const std::string folded = FoldCase(path);
  const std::string name = FoldCase(wanted);
  return folded == name || folded.starts_with(name + ".") || folded.ends_with(":" + name) ||
         folded.contains(":" + name + ".");
}

ExitCode CheckWindow(const std::string& since, const std::string& until) {
  if (!since.empty()) {
    const auto time = CheckTime("--since", since, api::DayEdge::kFirstInstant);
    if (!time) return time.error();
  }
  if (!until.empty()) {
    const auto time = CheckTime("--until", until, api::DayEdge::kLastInstant);
    if (!time) return time.error();
  }
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
