#pragma once

#include <expected>
#include <map>
#include <string>

#include "tools/connection.h"
#include "tools/exit_code.h"

namespace scimledger::tools {

/// A resource that somebody named.
struct NamedResource {
  std::string type;
  std::string id;
  std::string name;
  std::string created;  ///< current ones only
  std::string deleted;  ///< time; empty: it is current
};

/// Finds the one resource, current or deleted, whose id, userName, externalId or displayName is
/// `text`; `user:` or `group:` before it keeps one type. Reports and returns kFinding if there is
/// none, kMisuse with the candidates on stderr if there are several.
[[nodiscard]] std::expected<NamedResource, ExitCode> ResolveResource(Connection& connection,
                                                                     const std::string& text);

/// The id of the one credential, revoked ones too, that has that id or name. Reports and returns
/// kFinding if there is none, kMisuse with the candidates on stderr if there are several.
[[nodiscard]] std::expected<std::string, ExitCode> ResolveToken(Connection& connection,
                                                                const std::string& text);

/// Names of resources by id, each asked for once.
class ResourceNames {
 public:
  explicit ResourceNames(Connection& connection) : connection_(connection) {}
  /// What a current resource is called; "" for others.
  std::string NameOf(const std::string& id);
  /// What the resource of an event is called.
  std::string NameAt(const std::string& sequence);

 private:
  Connection& connection_;
  std::map<std::string, std::string> by_id_;
  std::map<std::string, std::string> by_sequence_;
};

}  // namespace scimledger::tools
