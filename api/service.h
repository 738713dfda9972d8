#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "api/access_control.h"
#include "api/authenticator.h"
#include "api/http.h"
#include "api/tenant_catalog.h"
#include "api/trusted_proxies.h"
#include "storage/secret_key.h"

namespace scimledger::api {

struct ServiceOptions {
  /// What clients call us, without a trailing slash and without `/scim/v2`: makes meta.location.
  /// Empty: from each request's Host.
  std::string public_url;
  bool speaks_tls = false;  ///< the server in front of this: our URLs begin with https
  TrustedProxies trusted_proxies;
  std::size_t page_default = 100;
  std::size_t page_max = 1000;
  std::size_t body_bytes_max = 8U << 20U;   ///< the listener's limit: maxPayloadSize of a Bulk
  unsigned password_threads = 1;            ///< each hashes one password at a time
  unsigned query_threads = 1;               ///< scans run there, not on the I/O threads
  std::chrono::seconds query_time_max{10};  ///< a query that takes longer is refused: `tooMany`
  /// Seals the cursors of lists. Cursors given out before are void when it changes.
  storage::SecretKey cursor_key = storage::SecretKey::Random();
  std::chrono::seconds cursor_timeout{3600};  ///< how long each cursor is good for
  AccessOptions access;
  std::filesystem::path keys;  ///< DATA/keys, for backups that hold them; empty: there are none
  AuthenticatorOptions authentication;
  bool log_requests = true;  ///< one JSON line each on stderr, never with values
};

/// Everything behind the listener: routes, authentication, roles, SCIM, audit, administration and
/// the operations endpoints. The same for network, control socket and subcommands that own the
/// data.
///
///   /scim/v2/…                     SCIM 2.0 (RFC 7644); /scim/v2/t/{tenant}/… names the tenant
///   /t/{tenant}/…                  everything below, of a tenant
///   /audit/v1/events               the log, as DESIGN §8 shows an event
///   /audit/v1/denied               GET ?since=&until=&actor=&status=&limit=&order= → {denied:
///                                  [attempts, newest first unless order=asc]}
///   /admin/v1/tokens[/{id}]        GET → {tokens: [{id, name, role, suffix, created[, expires]
///                                  [, lastUsed][, revoked]}]}; POST {name, role[, expires]} → one
///                                  of those with its secret; DELETE
///   /admin/v1/tenants              of the tenant `system`: GET → {tenants: [{name[, created],
///                                  path}]}; POST {name} → one of those
///   /admin/v1/schemas              GET → ListResponse; POST (RFC 7643 §6, §7 JSON: one object, a
///   list,
///                                  or a ListResponse) → {added: [{type, id}], unchanged: [{type,
///                                  id}]}
///   /admin/v1/settings             GET, PATCH {name: value} → {settings: [{name, value, default,
///                                  values, description}]}
///   /admin/v1/passwords/verify     POST {userName, password} → {valid}
///   /admin/v1/explain              GET ?endpoint=&filter=… → how that list is answered
///   /admin/v1/replay               POST ?until=&into= → {replay, sequence, time}; GET → {position,
///                                  head} of the replay or rebuild that runs
///   /admin/v1/replay/verify        POST → {live, replay, sequence, equal}
///   /admin/v1/backup               POST ?to=&keys= → {directory, keys, logs: [{tenant, log,
///                                  sequence, digest}]}; on the control socket only
///   /admin/v1/projections          GET → {projections: [{name, version, position, head, lag,
///                                  snapshot, resources}]}
///   /admin/v1/projections/{name}/rebuild   POST → {name, before, after, sequence, equal}
///   /oauth2/token                  POST a form → an access token (api/oauth_endpoint.h)
///   /.well-known/oauth-authorization-server   what it takes (RFC 8414)
///   /healthz /readyz
class Service : public HttpHandler {
 public:
  static std::unique_ptr<Service> Make(ServiceOptions options);

  /// Until the tenants are attached, /readyz and all reads and writes answer 503 with what
  /// `starting` said last (progress); /healthz answers 200. They must outlive the service.
  /// From then on reads of the audit trail are recorded.
  virtual void Attach(TenantCatalog& tenants) = 0;
  virtual void ReportStarting(std::string progress) = 0;
  /// Records the reads of the audit trail that are not a minute old yet, too: for a server that
  /// ends.
  virtual void RecordReads() = 0;
  /// Refuses new work with 503 and waits until every request in flight was answered.
  virtual void Drain() = 0;
};

}  // namespace scimledger::api
