#include "api/service.h"

#include <fmt/format.h>

#include <atomic>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "api/access_control.h"
#include "api/audit_endpoint.h"
#include "api/audit_reads.h"
#include "api/authenticator.h"
#include "api/backup_endpoint.h"
#include "api/bulk_endpoint.h"
#include "api/denied_endpoint.h"
#include "api/discovery_endpoint.h"
#include "api/exchange.h"
#include "api/explain_endpoint.h"
#include "api/in_flight.h"
#include "api/metrics_endpoint.h"
#include "api/oauth_endpoint.h"
#include "api/oauth_request.h"
#include "api/operations_endpoint.h"
#include "api/password_endpoint.h"
#include "api/past_directories.h"
#include "api/projections_endpoint.h"
#include "api/replay_endpoint.h"
#include "api/request_headers.h"
#include "api/request_log.h"
#include "api/resource_endpoint.h"
#include "api/router.h"
#include "api/schema_endpoint.h"
#include "api/settings_endpoint.h"
#include "api/tenant_endpoint.h"
#include "api/tenant_name.h"
#include "api/token_endpoint.h"
#include "api/worker_pool.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kQueriesWaitingMax = 256;
constexpr std::size_t kReplaysWaitingMax = 1;
constexpr std::size_t kLoadsWaitingMax = 1024;
constexpr std::size_t kPasswordsWaitingMax = 64;
constexpr std::string_view kScimRoot = "/scim/v2";

/// `/scim/v2/t/{tenant}/…` means `/scim/v2/…` of that tenant, and `/t/{tenant}/…` any other path of
/// it: takes the two segments out and returns the name. nullopt: the path names no tenant.
std::optional<std::string> TakeTenant(std::vector<std::string>& segments) {
  const bool is_scim = segments.size() >= 2 && segments[0] == "scim" && segments[1] == "v2";
  const std::size_t at = is_scim ? 2 : 0;
  if (segments.size() < at + 2 || segments[at] != "t") return std::nullopt;
  std::string name = std::move(segments[at + 1]);
  const auto first = segments.begin() + static_cast<std::ptrdiff_t>(at);
  segments.erase(first, first + 2);
  return name;
}

/// Where a request belongs.
struct Destination {
  Tenant* tenant = nullptr;                      ///< nullptr: it is not loaded yet
  std::string name;                              ///< of the tenant
  std::optional<PresentedToken> presented = {};  ///< what the request's token says
};

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

/// Whether it hands out what happened: the trail itself, or a copy of it.
bool ReadsTrail(const Exchange& exchange, const Operation& operation) {
  const bool is_copy =
      exchange.route == "/admin/v1/replay" && exchange.target.Find("into") != nullptr;
  return operation.access == Access::kReadAudit || is_copy || exchange.route == "/admin/v1/backup";
}

void TellOperator(const std::string& line) { fmt::print(stderr, "scimledger: {}\n", line); }

class RoutingService final : public Service {
 public:
  explicit RoutingService(ServiceOptions options)
      : options_(std::move(options)),
        authenticator_(options_.authentication, TellOperator),
        access_(options_.access, authenticator_),
        reads_(options_.access.directory.empty() ? std::filesystem::path()
                                                 : options_.access.directory / "audit_reads.jsonl"),
        queries_("queries", options_.query_threads, kQueriesWaitingMax,
                 "Too many searches and bulk requests are waiting already: try again shortly."),
        answers_("answers", 1, std::numeric_limits<std::size_t>::max(), {}),
        replays_("replays", 1, kReplaysWaitingMax,
                 "Replays are running already: try again when they ended."),
        moments_("past", 1, kQueriesWaitingMax,
                 "Too many reads of the past are waiting already: try again shortly."),
        loads_("tenant-loads", 1, kLoadsWaitingMax,
               "The tenant is being loaded: try again shortly."),
        passwords_("passwords", options_.password_threads, kPasswordsWaitingMax,
                   "Too many passwords are waiting to be hashed already: try again shortly."),
        workers_{queries_, answers_, replays_, moments_, loads_, passwords_, past_} {
    while (options_.public_url.ends_with('/')) options_.public_url.pop_back();
    if (options_.log_requests) log_ = std::make_unique<RequestLog>();
    AddOperationsEndpoints(router_, [this] { return WhyUnready(); });
    AddMetricsEndpoint(router_, unmatched_, [this] { return catalog_.load(); });
    AddDiscoveryEndpoints(router_, options_, workers_);
    AddBulkEndpoint(router_, options_, workers_);
    AddResourceEndpoints(router_, options_, workers_);
    AddExplainEndpoint(router_, options_, workers_);
    AddAuditEndpoints(router_, workers_);
    AddDeniedEndpoint(router_, workers_, access_.denied());
    AddOauthEndpoints(router_, access_,
                      [this](ExchangePtr exchange) { Serve(std::move(exchange)); });
    AddTokenEndpoints(router_, workers_, access_);
    AddTenantEndpoints(router_, workers_, [this] { return catalog_.load(); });
    AddSchemaEndpoints(router_, workers_);
    AddSettingsEndpoints(router_, workers_);
    AddPasswordEndpoint(router_, workers_);
    const auto work = std::make_shared<LongWork>();
    AddReplayEndpoints(router_, workers_, work);
    AddProjectionsEndpoints(router_, workers_, work);
    AddBackupEndpoint(router_, workers_, {work, options_.keys, [this] { return catalog_.load(); }});
  }

  ~RoutingService() override { RoutingService::Drain(); }

  void Handle(HttpRequest request, Respond respond) override;
  bool RefusesUnread(const HttpRequest& head) const override;
  HttpResponse AnswerUnreadable(const ScimError& error) override;

  void Attach(TenantCatalog& tenants) override {
    catalog_.store(&tenants);
    reads_.Begin(tenants);
  }

  void RecordReads() override { reads_.RecordAll(); }

  void ReportStarting(std::string progress) override {
    const std::lock_guard lock(progress_mutex_);
    progress_ = std::move(progress);
  }

  void Drain() override { in_flight_.Drain(); }

 private:
  void Serve(ExchangePtr exchange);
  void ServeTenant(ExchangePtr exchange, const std::optional<Router::Match>& match,
                   const std::optional<PresentedToken>& presented,
                   const std::optional<std::string>& path_name);
  Destination FindDestination(const TenantCatalog& catalog, const HttpRequest& request,
                              const std::string& chosen_tenant,
                              const std::optional<std::string>& path_name) const;
  void LoadFirst(ExchangePtr exchange, std::string name);
  bool Admit(Exchange& exchange, const Operation& operation);
  static bool NegotiateJson(Exchange& exchange);
  std::optional<std::string> WhyUnready() const;

  ServiceOptions options_;
  std::unique_ptr<RequestLog> log_;
  Router router_;
  RequestMetrics unmatched_;
  std::atomic<TenantCatalog*> catalog_{nullptr};
  mutable std::mutex progress_mutex_;
  std::string progress_;
  const Authenticator authenticator_;
  AccessControl access_;
  AuditReads reads_;
  InFlight in_flight_;
  PastDirectories past_;
  // Ended first: their last work still uses everything above.
  WorkerPool queries_;
  WorkerPool answers_;
  WorkerPool replays_;
  WorkerPool moments_;
  WorkerPool loads_;
  WorkerPool passwords_;
  Workers workers_;
};

void RoutingService::Handle(HttpRequest request, Respond respond) {
  // The answer may be out before this returns: the service must outlive both.
  const InFlight::Token here = in_flight_.Enter();
  options_.trusted_proxies.Settle(request);
  auto exchange = std::make_unique<Exchange>(std::move(request), std::move(respond),
                                             in_flight_.Enter(), log_.get());
  exchange->metrics = &unmatched_;
  exchange->on_refusal = [this](const Exchange& refused, const ScimError& error) {
    NoteRefusal(access_.denied(), refused, error);
  };
  WorkerPool::Work serve = [this](ExchangePtr taken) { Serve(std::move(taken)); };
  RunGuarded(std::move(exchange), serve);
}

/// What ServeTenant and Admit refuse without a look at the body.
bool RoutingService::RefusesUnread(const HttpRequest& head) const {
  auto target = ParseTarget(head.target);
  const TenantCatalog* const catalog = catalog_.load();
  if (!target || catalog == nullptr) return true;
  const auto path_name = TakeTenant(target->segments);
  const Destination destination = FindDestination(*catalog, head, {}, path_name);
  const Tenant* const tenant = destination.tenant;
  if (tenant == nullptr) return false;
  const RegistryPtr registry = tenant->directory().current_registry();
  const auto match = router_.Find(target->segments, registry.get());
  const Operation* const operation = match ? match->route->Find(head.method) : nullptr;
  if (operation == nullptr) return true;
  if (operation->body == BodyForm::kForm) return !IsFormOfGoodSize(head);
  if (match->route->IsOpen() && !path_name) return false;
  const auto actor = authenticator_.Authenticate(head, destination.presented, *tenant);
  return !actor || !Authorize(actor->role, operation->access);
}

/// It has an id and a line in the log as every request has.
HttpResponse RoutingService::AnswerUnreadable(const ScimError& error) {
  HttpResponse answer;
  Exchange exchange(
      HttpRequest(), [&answer](HttpResponse response) { answer = std::move(response); },
      in_flight_.Enter(), log_.get());
  exchange.route = "unreadable";
  exchange.metrics = &unmatched_;
  exchange.AnswerError(error);
  return answer;
}

std::optional<std::string> RoutingService::WhyUnready() const {
  if (in_flight_.IsDraining()) return "The server is stopping: try again when it is back.";
  if (catalog_.load() != nullptr) return std::nullopt;
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
  const auto path_name = TakeTenant(exchange->target.segments);
  const TenantCatalog* const catalog = catalog_.load();
  Destination destination;
  if (catalog != nullptr) {
    destination = FindDestination(*catalog, exchange->request, exchange->chosen_tenant, path_name);
  }
  exchange->tenant = destination.tenant;
  if (exchange->tenant != nullptr) {
    exchange->registry = exchange->tenant->directory().current_registry();
  }
  auto match = router_.Find(exchange->target.segments, exchange->registry.get());
  if (match) {
    exchange->route = match->route->pattern;
    exchange->path_values = std::move(match->values);
    exchange->type = match->type;
    const Operation* const operation = match->route->Find(exchange->request.method);
    if (operation != nullptr) exchange->metrics = match->route->MetricsOf(*operation);
    if (operation != nullptr && operation->access == Access::kProcess) {
      return operation->handler(std::move(exchange));
    }
  }
  // The catalog may be attached between the two looks: only what this request holds counts.
  if (auto reason = WhyUnready(); reason || catalog == nullptr) {
    return exchange->AnswerError({503, ScimType::kNone, reason ? *reason : "Starting; try again."});
  }
  if (exchange->tenant == nullptr) {
    return LoadFirst(std::move(exchange), std::move(destination.name));
  }
  ServeTenant(std::move(exchange), match, destination.presented, path_name);
}

/// From the network the tenant of the credential, whatever the path says: who has none of a tenant
/// is answered by the default one, so no answer tells which tenants there are (I-8). Else that of
/// the path.
Destination RoutingService::FindDestination(const TenantCatalog& catalog,
                                            const HttpRequest& request,
                                            const std::string& chosen_tenant,
                                            const std::optional<std::string>& path_name) const {
  Destination destination{nullptr, std::string(catalog.default_name())};
  std::string& name = destination.name;
  if (!chosen_tenant.empty()) {
    name = chosen_tenant;
  } else if ((destination.presented = authenticator_.Read(request, catalog.NowUs()))) {
    name = destination.presented->tenant;
  } else if (path_name) {
    name = *path_name;
  }
  destination.tenant = catalog.FindLoaded(name);
  if (destination.tenant != nullptr) return destination;
  if (!catalog.Has(name)) name = catalog.default_name();
  destination.tenant = catalog.FindLoaded(name);
  return destination;
}

/// Once it is loaded, the request goes its way as if it always had been.
void RoutingService::LoadFirst(ExchangePtr exchange, std::string name) {
  loads_.Run(std::move(exchange), [this, name = std::move(name)](ExchangePtr waiting) {
    if (const auto loaded = catalog_.load()->Load(name); !loaded) {
      fmt::print(stderr, "scimledger: tenant {} cannot be loaded: {}\n", name,
                 loaded.error().message);
      return waiting->AnswerError(
          {503, ScimType::kNone, "The tenant cannot be loaded; the server's own log says why."});
    }
    Serve(std::move(waiting));
  });
}

void RoutingService::ServeTenant(ExchangePtr exchange, const std::optional<Router::Match>& match,
                                 const std::optional<PresentedToken>& presented,
                                 const std::optional<std::string>& path_name) {
  // Who names a tenant must belong to it, even to see what anybody may see of his own.
  if (!match || !match->route->IsOpen() || path_name) {
    auto actor = access_.Admit(exchange->request, presented, *exchange->tenant);
    if (!actor) {
      exchange->actor = std::move(actor.error().actor);
      return exchange->AnswerError(actor.error().error, std::move(actor.error().headers));
    }
    exchange->actor = *std::move(actor);
  }
  if (path_name && *path_name != exchange->tenant->name()) {
    return exchange->AnswerError({404, ScimType::kNone, "There is no such tenant."});
  }
  exchange->is_tenant_in_path = path_name.has_value();
  if (!match) return exchange->AnswerError(UnknownPath(exchange->target.segments));
  const Operation* const operation = match->route->Find(exchange->request.method);
  if (operation == nullptr) {
    std::string allowed = match->route->AllowedMethods();
    const ScimError error = WrongMethod(*match->route, allowed);
    return exchange->AnswerError(error, {{"Allow", std::move(allowed)}});
  }
  if (!Admit(*exchange, *operation)) return;
  if (ReadsTrail(*exchange, *operation)) reads_.Note(*exchange);
  operation->handler(std::move(exchange));
}

/// Everything between authentication and the handler. False: refused, and answered.
bool RoutingService::Admit(Exchange& exchange, const Operation& operation) {
  if (exchange.actor) {
    exchange.sequence = exchange.tenant->directory().position();
    if (const auto allowed = Authorize(exchange.actor->role, operation.access); !allowed) {
      exchange.AnswerError(
          allowed.error(),
          {{"WWW-Authenticate", R"(Bearer realm="scimledger", error="insufficient_scope")"}});
      return false;
    }
  }
  if (operation.access == Access::kWriteScim && exchange.target.Find("asOf") != nullptr) {
    exchange.AnswerError(
        {400, ScimType::kInvalidValue,
         "asOf asks for the past, and what is written is written now: leave it out."});
    return false;
  }
  if (operation.access == Access::kWriteScim && exchange.tenant->name() == kSystemTenant) {
    exchange.AnswerError({403, ScimType::kNone,
                          "The tenant `system` records which tenants there are and holds nothing "
                          "else: make tenants with `scimledger tenant create`."});
    return false;
  }
  if (operation.access == Access::kReadAudit && exchange.tenant->is_replay()) {
    exchange.AnswerError(NoEvents(*exchange.tenant));
    return false;
  }
  if (operation.body == BodyForm::kJson && !NegotiateJson(exchange)) return false;
  auto own_url =
      OwnUrl(exchange.request, options_.public_url, options_.speaks_tls ? "https" : "http");
  if (!own_url) {
    exchange.AnswerError(own_url.error());
    return false;
  }
  exchange.own_url = *std::move(own_url);
  exchange.base_url = exchange.own_url;
  exchange.base_url += kScimRoot;
  if (exchange.is_tenant_in_path) exchange.base_url += "/t/" + exchange.tenant->name();
  return true;
}

/// Whether Accept and Content-Type name JSON. False: refused, and answered.
bool RoutingService::NegotiateJson(Exchange& exchange) {
  for (const auto& checked :
       {CheckAccept(exchange.request.headers), CheckContentType(exchange.request)}) {
    if (checked) continue;
    exchange.AnswerError(checked.error());
    return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<Service> Service::Make(ServiceOptions options) {
  return std::make_unique<RoutingService>(std::move(options));
}

}  // namespace scimledger::api
