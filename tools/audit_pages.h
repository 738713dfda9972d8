#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "engine/json.h"
#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

/// One page of a list of the audit API.
struct AuditPage {
  JsonDocument document;
  simdjson::dom::array items;
  std::uint64_t as_of = 0;
};

/// Fetches a list page by page, so that memory stays small however long it is. All pages are true
/// for the sequence of the first one.
class AuditPages {
 public:
  /// `target` has its parameters and no `after`, `limit`; `key` names the list in the answer; at
  /// most `limit` items (0: all).
  AuditPages(Connection& connection, std::string target, std::string key, std::uint64_t limit);
  /// Of a list as of a moment (empty: now), which `target` does not name.
  static AuditPages AsOf(Connection& connection, std::string target, std::string key,
                         std::string moment);

  /// Visits every page until `visit` returns something else than kDone, which then is the result.
  /// A page may be empty and others follow.
  [[nodiscard]] ExitCode ForEach(const std::function<ExitCode(const AuditPage&)>& visit);

  /// The next page, for who walks two lists at once. nullopt: there are no more.
  [[nodiscard]] std::expected<std::optional<AuditPage>, ExitCode> Next();

 private:
  std::string NextTarget() const;

  Connection& connection_;
  std::string target_;
  std::string key_;
  std::optional<std::uint64_t> remaining_;
  std::string after_;
  std::uint64_t as_of_ = 0;
  std::optional<std::string> moment_;
  bool is_over_ = false;
};

/// Adds `name=value` to a target, percent-encoded; an empty value is left out.
void AddParameter(std::string& target, std::string_view name, std::string_view value);

}  // namespace scimledger::tools
