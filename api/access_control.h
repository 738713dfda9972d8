#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "api/authenticator.h"
#include "api/credential_use.h"
#include "api/denied_log.h"
#include "api/exchange.h"
#include "api/http.h"
#include "api/rate_limiter.h"
#include "api/tenant.h"
#include "engine/event.h"
#include "engine/scim_error.h"

namespace scimledger::api {

struct AccessOptions {
  /// Where refused attempts and last uses are kept (DATA/access). Empty: nowhere.
  std::filesystem::path directory;
  std::uint64_t denied_bytes_max = 16U << 20U;  ///< of refused attempts on disk
  /// Requests a second, on average, of one credential and of one tenant; ten seconds' worth may
  /// come at once. 0: as many as they like.
  double credential_rate_max = 0;
  double tenant_rate_max = 0;
  /// Requests a minute from one address, of IPv6 one /64, whose token is refused; more are answered
  /// 429. Requests with a good token are not counted and not refused.
  double failures_per_minute_max = 60;
};

/// Why a request may not come in, with the headers that belong to it, and who sent it where that is
/// known.
struct Refusal {
  ScimError error;
  Headers headers;
  std::optional<Actor> actor;
};

/// Who may come in, how often, and the books about it: last uses of credentials and refused
/// attempts, written every few seconds by a thread of its own. Thread-safe.
class AccessControl {
 public:
  /// `authenticator` must outlive this.
  AccessControl(AccessOptions options, const Authenticator& authenticator);
  /// Writes what has gathered.
  ~AccessControl();
  AccessControl(const AccessControl&) = delete;
  AccessControl& operator=(const AccessControl&) = delete;

  /// The actor, its credential in force and within its limits. Refusals: 401 with WWW-Authenticate,
  /// 429 with Retry-After. `presented` as for Authenticator::Authenticate.
  [[nodiscard]] std::expected<Actor, Refusal> Admit(const HttpRequest& request,
                                                    const std::optional<PresentedToken>& presented,
                                                    const Tenant& tenant);

  /// Counts a failed proof of identity against its sender's address. A refusal (429): too many.
  [[nodiscard]] std::optional<Refusal> CountFailure(const HttpRequest& request);
  /// Counts a use of a credential that is in force. A refusal (429): beyond its limits or the
  /// tenant's.
  [[nodiscard]] std::optional<Refusal> CountUse(const Actor& actor, const Tenant& tenant);

  const Authenticator& authenticator() const { return authenticator_; }
  const CredentialUse& credential_use() const { return use_; }
  DeniedLog& denied() { return denied_; }

 private:
  void WriteBooks();
  std::optional<Refusal> CheckRates(const Actor& actor, const Tenant& tenant);

  const Authenticator& authenticator_;
  CredentialUse use_;
  DeniedLog denied_;
  RateLimiter credentials_;
  RateLimiter tenants_;
  RateLimiter failures_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread writer_;  ///< ended first
};

/// Told when a request is refused: notes it if refusals of its kind are kept (401, 403, 409, 412,
/// 429; of writes every 4xx).
void NoteRefusal(DeniedLog& denied, const Exchange& exchange, const ScimError& error);

}  // namespace scimledger::api
