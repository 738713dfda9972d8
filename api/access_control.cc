#include "api/access_control.h"

#include <fmt/format.h>

#include <stop_token>
#include <utility>

#include "api/trusted_proxies.h"
#include "storage/thread_name.h"

namespace scimledger::api {
namespace {

constexpr std::chrono::seconds kWriteInterval{5};
constexpr double kBurstSeconds = 10;
constexpr std::size_t kNamesMax = 10'000;
constexpr unsigned kBitsOfANetwork = 64;  ///< of IPv6

Refusal TooMany(std::string detail, std::chrono::seconds wait) {
  return {{429, ScimType::kNone, std::move(detail)},
          {{"Retry-After", fmt::format("{}", wait.count())}},
          std::nullopt};
}

/// Whom failures are counted against: who has one IPv6 address usually has its whole /64.
std::string SenderOf(const HttpRequest& request) {
  const std::string_view text = ClientAddress(request);
  const auto address = IpAddress::Parse(text);
  const bool is_v6 = address && !address->is_v4();
  return is_v6 ? address->Masked(kBitsOfANetwork).ToString() : std::string(text);
}

bool IsWrite(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

}  // namespace

AccessControl::AccessControl(AccessOptions options, const Authenticator& authenticator)
    : authenticator_(authenticator),
      use_(options.directory.empty() ? std::filesystem::path() : options.directory / "last_used"),
      denied_(options.directory, options.denied_bytes_max),
      credentials_(options.credential_rate_max, options.credential_rate_max * kBurstSeconds,
                   kNamesMax),
      tenants_(options.tenant_rate_max, options.tenant_rate_max * kBurstSeconds, kNamesMax),
      failures_(options.failures_per_minute_max / 60, options.failures_per_minute_max, kNamesMax) {
  if (options.directory.empty()) return;
  writer_ = std::jthread([this](const std::stop_token& stop) {
    storage::NameThread("access-notes");
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, kWriteInterval, [] { return false; }) &&
           !stop.stop_requested()) {
      WriteBooks();
    }
  });
}

AccessControl::~AccessControl() {
  writer_ = {};
  WriteBooks();
}

void AccessControl::WriteBooks() {
  for (const auto& written : {denied_.Flush(), use_.Save()}) {
    if (!written) fmt::print(stderr, "scimledger: {}\n", written.error().message);
  }
}

std::expected<Actor, Refusal> AccessControl::Admit(const HttpRequest& request,
                                                   const std::optional<PresentedToken>& presented,
                                                   const Tenant& tenant) {
  std::optional<Actor> known;
  auto actor = authenticator_.Authenticate(request, presented, tenant, &known);
  if (!actor) {
    if (auto refusal = CountFailure(request)) return std::unexpected(*std::move(refusal));
    return std::unexpected(
        Refusal{actor.error(), {{"WWW-Authenticate", Challenge(request)}}, std::move(known)});
  }
  if (actor->method == AuthMethod::kLocal) return *std::move(actor);
  if (auto refusal = CountUse(*actor, tenant)) return std::unexpected(*std::move(refusal));
  return *std::move(actor);
}

std::optional<Refusal> AccessControl::CountFailure(const HttpRequest& request) {
  const auto wait = failures_.Take(SenderOf(request), RateLimiter::Clock::now());
  if (!wait) return std::nullopt;
  return TooMany(
      "Too many requests from this address had no valid token: correct the token, then try "
      "again after the time that Retry-After tells. Requests with a valid token are not "
      "affected.",
      *wait);
}

std::optional<Refusal> AccessControl::CountUse(const Actor& actor, const Tenant& tenant) {
  if (auto refusal = CheckRates(actor, tenant)) {
    refusal->actor = actor;
    return refusal;
  }
  if (const auto id = Uuid::Parse(actor.id)) use_.Note(*id, WallClockUs());
  return std::nullopt;
}

std::optional<Refusal> AccessControl::CheckRates(const Actor& actor, const Tenant& tenant) {
  const auto now = RateLimiter::Clock::now();
  if (const auto wait = credentials_.Take(actor.id, now)) {
    return TooMany(
        "This token sends more requests a second than credential_requests_per_second_max allows: "
        "go on after the time that Retry-After tells.",
        *wait);
  }
  if (const auto wait = tenants_.Take(tenant.name(), now)) {
    return TooMany(
        "This tenant sends more requests a second than tenant_requests_per_second_max allows: go "
        "on after the time that Retry-After tells.",
        *wait);
  }
  return std::nullopt;
}

void NoteRefusal(DeniedLog& denied, const Exchange& exchange, const ScimError& error) {
  if (exchange.tenant == nullptr) return;
  switch (error.status) {
    case 401:
    case 403:
    case 409:
    case 412:
    case 429:
      break;
    default:
      if (error.status < 400 || error.status >= 500 || !IsWrite(exchange.request.method)) return;
  }
  DeniedAttempt attempt;
  attempt.time_us = WallClockUs();
  attempt.request = exchange.id;
  attempt.status = error.status;
  attempt.tenant = exchange.tenant->name();
  if (exchange.actor) attempt.credential = exchange.actor->id;
  attempt.address = ClientAddress(exchange.request);
  attempt.method = KnownMethod(exchange.request.method);
  attempt.route = exchange.route;
  attempt.detail = error.detail;
  denied.Record(std::move(attempt));
}

}  // namespace scimledger::api
