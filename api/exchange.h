#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "api/in_flight.h"
#include "api/request_log.h"
#include "api/request_metrics.h"
#include "api/scim_response.h"
#include "api/tenant.h"
#include "engine/event.h"
#include "engine/schema.h"
#include "engine/scim_error.h"

namespace scimledger::api {

/// One request on its way to its answer: what came in, what routing and authentication found out,
/// and the one chance to answer. Belongs to one thread at a time; handlers pass it on by moving.
/// One that dies unanswered (an exception) is answered with 500, so every request gets exactly one
/// answer.
class Exchange {
 public:
  /// `log` may be nullptr; it must outlive the exchange.
  Exchange(HttpRequest incoming, HttpHandler::Respond respond, InFlight::Token token,
           RequestLog* log);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  HttpRequest request;
  Uuid id;  ///< X-Request-Id of the answer; transaction id of what it changes
  Target target;

  // Filled by the router.
  std::string route = "unmatched";       ///< template, for the request log
  std::vector<std::string> path_values;  ///< what the `{…}` segments matched, in order
  RegistryPtr registry;                  ///< in force when the request was routed
  const ResourceType* type = nullptr;    ///< of `{endpoint}`, in `registry`

  // Filled by the edge, for everything but the operations endpoints.
  Tenant* tenant = nullptr;
  bool is_tenant_in_path = false;
  std::string chosen_tenant;  ///< by the request's body; empty: by its head
  std::optional<Actor> actor;
  std::string own_url;   ///< what clients call this server: `http://host`
  std::string base_url;  ///< ends before the endpoint: `http://host/scim/v2`

  /// What `asOf` asks for (api/as_of.h). nullptr: the present.
  std::shared_ptr<const projections::DirectoryReader> past;
  /// The sequence that `asOf` names, past or present. nullopt: it was not given, or means what
  /// comes.
  std::optional<Sequence> pinned;
  /// Where to read.
  const projections::DirectoryReader& directory() const {
    if (past) return *past;
    return tenant->directory();
  }

  /// Told of the answer. nullptr: nobody counts it.
  RequestMetrics* metrics = nullptr;

  /// Told of the error that the request is refused with.
  std::function<void(const Exchange&, const ScimError&)> on_refusal;

  /// What the answer is true for: becomes the header Ledger-Sequence (DESIGN §4).
  std::optional<Sequence> sequence;

  /// Adds the headers that every answer has, logs, and responds. Once. What is
  /// application/scim+json is called application/json to a client that accepts only that.
  void Answer(HttpResponse response);
  /// `more`: headers that belong to the error.
  void AnswerError(const ScimError& error, Headers more = {});

  RequestLog* log() const { return log_; }

 private:
  void Note(int status);

  HttpHandler::Respond respond_;
  InFlight::Token token_;
  RequestLog* log_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

using ExchangePtr = std::unique_ptr<Exchange>;

/// µs since 1970, by the system's clock: for logs, never for recorded times.
std::int64_t WallClockUs();

/// A method is free text from outside: those that are known, else `OTHER`.
std::string_view KnownMethod(std::string_view method);

/// An answer with a JSON body. `media_type` is kScimMediaType for everything under /scim.
HttpResponse JsonResponse(int status, std::string body, std::string_view media_type);

}  // namespace scimledger::api
