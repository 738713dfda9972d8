#include "api/service.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "api/access_control.h"
#include "api/audit_endpoint.h"
#include "api/authenticator.h"
#include "api/bulk_endpoint.h"
#include "api/denied_endpoint.h"
#include "api/discovery_endpoint.h"
#include "api/exchange.h"
#include "api/in_flight.h"
#include "api/metrics_endpoint.h"
#include "api/operations_endpoint.h"
#include "api/projections_endpoint.h"
#include "api/replay_endpoint.h"
#include "api/request_headers.h"
#include "api/request_log.h"
#include "api/resource_endpoint.h"
#include "api/router.h"
#include "api/schema_endpoint.h"
#include "api/settings_endpoint.h"
#include "api/token_endpoint.h"
#include "api/worker_pool.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kQueriesWaitingMax = 256;
constexpr std::size_t kReplaysWaitingMax = 1;
constexpr std::string_view kScimRoot = "/scim/v2";

/// `/scim/v2/t/{tenant}/…` means `/scim/v2/…` of that tenant: takes the two segments out and
/// returns the name. nullopt: the path names no tenant.
std::optional<std::string> TakeTenant(std::vector<std::string>& segments) {
  const bool is_explicit =
      segments.size() >= 4 && segments[0] == "scim" && segments[1] == "v2" && segments[2] == "t";
  if (!is_explicit) return std::nullopt;
  std::string name = std::move(segments[3]);
  segments.erase(segments.begin() + 2, segments.begin() + 4);
  return name;
}

/// What stands for a path that nothing serves.
ScimError UnknownPath(const std::vector<std::string>& segments) {
  const bool is_scim = segments.size() >= 2 && segments[0] == "scim";
  if (is_scim && segments[1] != "v2" && segments[1].size() > 1 && segments[1][0] == 'v' &&
      segments[1].find_first_not_of("0123456789", 1) == std::string::npos) {
    return {400, ScimType::kInvalidVers,
            fmt::format("SCIM version {} is not served here: use /scim/v2.", segments[1])};
  }
  return {404, ScimType::kNone,
          is_scim ? "Nothing is served at this path: /scim/v2/ResourceTypes lists the endpoints."
                  : "Nothing is served at this path: SCIM is under /scim/v2."};
}

ScimError WrongMethod(const Route& route, std::string_view allowed) {
  return {
      405, ScimType::kNone,
      fmt::format("This method is not offered at {}; the methods are {}.", route.pattern, allowed)};
}

/// What stands for the events of a tenant without a log.
ScimError NoEvents(const Tenant& tenant) {
  return {
      403, ScimType::kNone,
      fmt::format("This is a read-only replay as of sequence {}: it has no log, so there are no "
                  "events to read.",
                  tenant.directory().position().value)};
}

class RoutingService final : public Service {
 public:
  explicit RoutingService(ServiceOptions options)
      : options_(std::move(options)),
        access_(options_.access),
        queries_(options_.query_threads, kQueriesWaitingMax,
                 "Too many searches and bulk requests are waiting already: try again shortly."),
        answers_(1, std::numeric_limits<std::size_t>::max(), {}),
        replays_(1, kReplaysWaitingMax, "Replays are running already: try again when they ended."),
        workers_{queries_, answers_, replays_} {
    while (options_.public_url.ends_with('/')) options_.public_url.pop_back();
    if (options_.log_requests) log_ = std::make_unique<RequestLog>();
    AddOperationsEndpoints(router_, [this] { return WhyUnready(); });
    AddMetricsEndpoint(router_);
    AddDiscoveryEndpoints(router_, options_);
    AddBulkEndpoint(router_, options_, workers_);
    AddResourceEndpoints(router_, options_, workers_);
    AddAuditEndpoints(router_, workers_);
    AddDeniedEndpoint(router_, workers_, access_.denied());
    AddTokenEndpoints(router_, workers_, access_.credential_use());
    AddSchemaEndpoints(router_, workers_);
    AddSettingsEndpoints(router_, workers_);
    const auto work = std::make_shared<LongWork>();
    AddReplayEndpoints(router_, workers_, work);
    AddProjectionsEndpoints(router_, workers_, work);
  }

  ~RoutingService() override { RoutingService::Drain(); }

  void Handle(HttpRequest request, Respond respond) override;
  bool RefusesUnread(const HttpRequest& head) const override;
  HttpResponse AnswerUnreadable(const ScimError& error) override;

  void Attach(Tenant& tenant) override { tenant_.store(&tenant); }

  void ReportStarting(std::string progress) override {
    const std::lock_guard lock(progress_mutex_);
    progress_ = std::move(progress);
  }

  void Drain() override { in_flight_.Drain(); }

 private:
  void Serve(ExchangePtr exchange);
  void ServeTenant(ExchangePtr exchange, const std::optional<Router::Match>& match,
                   const std::optional<std::string>& tenant_name);
  bool Admit(Exchange& exchange, const Operation& operation);
  std::optional<std::string> WhyUnready() const;

  ServiceOptions options_;
  std::unique_ptr<RequestLog> log_;
  Router router_;
  std::atomic<Tenant*> tenant_{nullptr};
  mutable std::mutex progress_mutex_;
  std::string progress_;
  AccessControl access_;
  InFlight in_flight_;
  // Ended first: their last work still uses everything above.
  WorkerPool queries_;
  WorkerPool answers_;
  WorkerPool replays_;
  Workers workers_;
};

void RoutingService::Handle(HttpRequest request, Respond respond) {
  // The answer may be out before this returns: the service must outlive both.
  const InFlight::Token here = in_flight_.Enter();
  auto exchange = std::make_unique<Exchange>(std::move(request), std::move(respond),
                                             in_flight_.Enter(), log_.get());
  exchange->on_refusal = [this](const Exchange& refused, const ScimError& error) {
    NoteRefusal(access_.denied(), refused, error);
  };
  WorkerPool::Work serve = [this](ExchangePtr taken) { Serve(std::move(taken)); };
  RunGuarded(std::move(exchange), serve);
}

/// What ServeTenant and Admit refuse without a look at the body.
bool RoutingService::RefusesUnread(const HttpRequest& head) const {
  auto target = ParseTarget(head.target);
  const Tenant* const tenant = tenant_.load();
  if (!target || tenant == nullptr) return true;
  TakeTenant(target->segments);
  const projections::Directory& directory = tenant->directory();
  const RegistryPtr registry = directory.current_registry();
  const auto match = router_.Find(target->segments, registry.get());
  const Operation* const operation = match ? match->route->Find(head.method) : nullptr;
  if (operation == nullptr) return true;
  if (match->route->IsOpen()) return false;
  const auto actor = Authenticate(head, *tenant);
  return !actor || !Authorize(actor->role, operation->access);
}

/// It has an id and a line in the log as every request has.
HttpResponse RoutingService::AnswerUnreadable(const ScimError& error) {
  HttpResponse answer;
  Exchange exchange(
      HttpRequest(), [&answer](HttpResponse response) { answer = std::move(response); },
      in_flight_.Enter(), log_.get());
  exchange.route = "unreadable";
  exchange.AnswerError(error);
  return answer;
}

std::optional<std::string> RoutingService::WhyUnready() const {
  if (in_flight_.IsDraining()) return "The server is stopping: try again when it is back.";
  if (tenant_.load() != nullptr) return std::nullopt;
  const std::lock_guard lock(progress_mutex_);
  return fmt::format("The server is starting{}{}.", progress_.empty() ? "" : ": ", progress_);
}

void RoutingService::Serve(ExchangePtr exchange) {
  auto target = ParseTarget(exchange->request.target);
  if (!target) {
    return exchange->AnswerError(
        {400, ScimType::kInvalidValue,
         "The URL holds a bad percent escape: `%` must be followed by two hexadecimal digits, and "
         "not by 00."});
  }
  exchange->target = *std::move(target);
  const auto tenant_name = TakeTenant(exchange->target.segments);
  exchange->tenant = tenant_.load();
  if (exchange->tenant != nullptr) {
    exchange->registry = exchange->tenant->directory().current_registry();
  }
  auto match = router_.Find(exchange->target.segments, exchange->registry.get());
  if (match) {
    exchange->route = match->route->pattern;
    exchange->path_values = std::move(match->values);
    exchange->type = match->type;
    const Operation* const operation = match->route->Find(exchange->request.method);
    if (operation != nullptr && operation->access == Access::kProcess) {
      return operation->handler(std::move(exchange));
    }
  }
  // The tenant may be attached between the two looks: only what this request holds counts.
  if (auto reason = WhyUnready(); reason || exchange->tenant == nullptr) {
    return exchange->AnswerError({503, ScimType::kNone, reason ? *reason : "Starting; try again."});
  }
  ServeTenant(std::move(exchange), match, tenant_name);
}

void RoutingService::ServeTenant(ExchangePtr exchange, const std::optional<Router::Match>& match,
                                 const std::optional<std::string>& tenant_name) {
  if (!match || !match->route->IsOpen()) {
    auto actor = access_.Admit(exchange->request, *exchange->tenant);
    if (!actor) {
      exchange->actor = std::move(actor.error().actor);
      return exchange->AnswerError(actor.error().error, std::move(actor.error().headers));
    }
    exchange->actor = *std::move(actor);
  }
  if (tenant_name && *tenant_name != exchange->tenant->name()) {
    return exchange->AnswerError({404, ScimType::kNone, "There is no such tenant."});
  }
  if (!match) return exchange->AnswerError(UnknownPath(exchange->target.segments));
  const Operation* const operation = match->route->Find(exchange->request.method);
  if (operation == nullptr) {
    std::string allowed = match->route->AllowedMethods();
    const ScimError error = WrongMethod(*match->route, allowed);
    return exchange->AnswerError(error, {{"Allow", std::move(allowed)}});
  }
  if (Admit(*exchange, *operation)) operation->handler(std::move(exchange));
}

/// Everything between authentication and the handler. False: refused, and answered.
bool RoutingService::Admit(Exchange& exchange, const Operation& operation) {
  exchange.sequence = exchange.tenant->directory().position();
  if (exchange.actor) {
    if (const auto allowed = Authorize(exchange.actor->role, operation.access); !allowed) {
      exchange.AnswerError(
          allowed.error(),
          {{"WWW-Authenticate", R"(Bearer realm="scimledger", error="insufficient_scope")"}});
      return false;
    }
  }
  if (operation.access == Access::kReadAudit && exchange.tenant->is_replay()) {
    exchange.AnswerError(NoEvents(*exchange.tenant));
    return false;
  }
  for (const auto& checked :
       {CheckAccept(exchange.request.headers), CheckContentType(exchange.request)}) {
    if (checked) continue;
    exchange.AnswerError(checked.error());
    return false;
  }
  const auto own_url =
      OwnUrl(exchange.request, options_.public_url, options_.speaks_tls ? "https" : "http");
  if (!own_url) {
    exchange.AnswerError(own_url.error());
    return false;
  }
  exchange.base_url = *own_url;
  exchange.base_url += kScimRoot;
  return true;
}

}  // namespace

std::unique_ptr<Service> Service::Make(ServiceOptions options) {
  return std::make_unique<RoutingService>(std::move(options));
}

}  // namespace scimledger::api
