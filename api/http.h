#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/scim_error.h"

namespace scimledger::api {

/// Where a request came in.
enum class Transport : std::uint8_t {
  kNetwork,        ///< TCP: needs a credential
  kControlSocket,  ///< DATA/control.sock: the peer's uid is the actor
  kInProcess,      ///< a subcommand that owns the data directory itself; as kControlSocket
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Work for the thread that serves a connection.
using ConnectionTask = std::move_only_function<void()>;

/// One HTTP request, read completely and within the limits. Plain values: Beast stays in the
/// server.
struct HttpRequest {
  std::string method;  ///< as sent; methods are case-sensitive
  std::string target;  ///< origin form: path and query, still percent-encoded
  Headers headers;     ///< names as sent; look up with FindHeader
  std::string body;
  Transport transport = Transport::kNetwork;
  std::string peer_address;    ///< without port; empty unless kNetwork
  std::uint32_t peer_uid = 0;  ///< kControlSocket and kInProcess
  /// Any thread: runs a task on the thread that serves the connection, so that an answer is made
  /// where it is sent; one at a time, and before `respond` is called. False: the connection is
  /// gone, and the task untouched. Empty: there is no such thread.
  std::function<bool(ConnectionTask&)> run_on_connection;
};

/// First header with that name, in any letter case.
std::optional<std::string_view> FindHeader(const Headers& headers, std::string_view name);

/// Produces the next part of a body by appending to its argument; false after the last part. Called
/// on a worker thread, never concurrently, until it returns false or the connection is gone.
using BodySource = std::move_only_function<bool(std::string&)>;

/// `stream` is used for answers that may be large: the body is then sent in chunks as they are made
/// and `body` is empty. The server adds Date, Content-Length or Transfer-Encoding, and Connection.
struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
  BodySource stream;
};

/// Request → response. Thread-safe.
class HttpHandler {
 public:
  using Respond = std::move_only_function<void(HttpResponse)>;

  virtual ~HttpHandler() = default;
  /// Calls `respond` exactly once, on any thread, maybe before returning. Never throws.
  virtual void Handle(HttpRequest request, Respond respond) = 0;
  /// Asked before a large body is read, with all but the body: whether Handle would refuse the
  /// request whatever the body says. If so it gets it without one. Never throws.
  virtual bool RefusesUnread(const HttpRequest& /*head*/) const { return false; }
  /// The answer to what could not be read as a request, or not in time. Never throws.
  virtual HttpResponse AnswerUnreadable(const ScimError& error);
};

/// One decoded `name=value` of a query string or a form.
struct Parameter {
  std::string name;
  std::string value;
};

/// Splits a target at `?` and percent-decodes: the path's segments once each (RFC 3986; a `+`
/// stays), the parameters as form data (`+` is a space). nullopt: a bad escape, or a NUL.
struct Target {
  std::vector<std::string> segments;  ///< without empty ones: a trailing slash does no harm
  std::vector<Parameter> parameters;  ///< in order; names as sent
  /// First parameter with that name in any letter case (Entra sends `startindex`).
  const std::string* Find(std::string_view name) const;
};
std::optional<Target> ParseTarget(std::string_view target);

}  // namespace scimledger::api
