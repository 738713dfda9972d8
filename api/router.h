#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/exchange.h"
#include "api/request_metrics.h"
#include "engine/schema.h"

namespace scimledger::api {

/// What a caller must be allowed to do, and with it what the edge prepares before the handler runs.
enum class Access : std::uint8_t {
  kProcess,     ///< no token, and no tenant needed: health
  kOpen,        ///< no token, but a tenant
  kReadScim,    ///< every role
  kWriteScim,   ///< provisioner, admin
  kReadAudit,   ///< auditor, admin
  kAdminister,  ///< admin
};

/// Answers the exchange, now or later, on any thread.
using Handler = std::function<void(ExchangePtr)>;

/// What an operation takes as a body.
enum class BodyForm : std::uint8_t {
  kJson,  ///< the edge checks Content-Type and Accept
  kForm,  ///< at most kFormBytesMax; the handler checks both
};
inline constexpr std::size_t kFormBytesMax = 64U << 10U;

/// One method of a route. GET answers HEAD too.
struct Operation {
  std::string method;
  Access access{};
  Handler handler;
  BodyForm body = BodyForm::kJson;
};

struct Route {
  std::string pattern;
  std::vector<std::string> segments;  ///< of the pattern
  std::vector<Operation> operations;
  std::vector<std::unique_ptr<RequestMetrics>> metrics;  ///< by operation

  const Operation* Find(std::string_view method) const;
  /// Of one of its operations.
  RequestMetrics* MetricsOf(const Operation& operation) const {
    return metrics[static_cast<std::size_t>(&operation - operations.data())].get();
  }
  /// Value of the Allow header.
  std::string AllowedMethods() const;
  /// Whether some operation asks for no token: then the path is no secret either.
  bool IsOpen() const;
};

/// The table of everything that is served. Filled once, then read by any thread.
class Router {
 public:
  /// Segments in braces match anything; `{endpoint}` matches the endpoint of a resource type. The
  /// first route that matches wins.
  void Add(std::string pattern, std::vector<Operation> operations);

  struct Match {
    const Route* route = nullptr;
    std::vector<std::string> values;     ///< of the segments in braces, `{endpoint}` excepted
    const ResourceType* type = nullptr;  ///< of `{endpoint}`
  };
  /// `registry` may be nullptr: then no `{endpoint}` matches.
  std::optional<Match> Find(std::span<const std::string> segments,
                            const SchemaRegistry* registry) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace scimledger::api
