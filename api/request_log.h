#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/identifiers.h"

namespace scimledger::api {

/// What the request log says about one request. Never values, resource ids or query strings.
struct RequestRecord {
  std::int64_t time_us = 0;  ///< when it was answered
  Uuid request;              ///< also its transaction id and X-Request-Id
  std::string_view method;   ///< one of the known ones, else OTHER
  std::string_view route;    ///< template, for example `/scim/v2/Users/{id}`
  int status = 0;
  std::int64_t duration_us = 0;
  std::string_view tenant;      ///< empty: none yet
  std::string_view credential;  ///< id, or local:<uid>; empty: not authenticated
  std::optional<Sequence> sequence;
};

/// The record as one line of JSON without the line end.
std::string FormatRequestLine(const RequestRecord& record);

/// Writes request lines to stderr on a thread of its own, many at once, 50 ms late at most. When
/// stderr is slower than the requests, lines beyond 8 MiB are dropped and counted in a line
/// `{"dropped":n}`: a log line never holds an answer up. Thread-safe.
class RequestLog {
 public:
  RequestLog();
  ~RequestLog();
  void Write(const RequestRecord& record);
  /// A request that an exception ended: its type only, because a message may hold values.
  void WriteFault(const Uuid& request, std::string_view exception_type);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace scimledger::api
