#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::bench {

/// One run of closed-loop load: every connection sends its next request when the answer to the last
/// one is complete.
struct Load {
  std::uint16_t port = 0;  ///< on 127.0.0.1
  std::size_t connections = 1;
  std::chrono::milliseconds duration{1000};  ///< no request begins after it
  /// Appends the text of the connection's next request. False: it has none, and stays idle.
  std::function<bool(std::size_t connection, std::string& text)> request;
  /// Sees every answer, also those after the end. Empty: answers are only counted.
  std::function<void(std::size_t connection, int status, std::string_view body)> answer{};
};

struct LoadResult {
  std::uint64_t requests = 0;  ///< answered within the duration
  std::uint64_t errors = 0;    ///< statuses from 400 on
  double seconds = 0;        ///< from the first request to the end, or to the last answer before it
  double client_cpu_us = 0;  ///< CPU time of the client itself, all requests together
  std::vector<std::uint32_t> latencies_us;
  std::string first_error;  ///< what the first error said

  double PerSecond() const;
  /// `share` from 0 to 1. Reorders the latencies.
  double LatencyMs(double share);
};

/// Runs the load on the calling thread: one epoll loop, one read and one write per request, and of
/// the answer only its status, its length and its end are looked at, because client and server
/// share the processors. Throws std::runtime_error when it cannot connect, when an answer has no
/// Content-Length, or when nothing arrives for 30 seconds.
LoadResult RunLoad(const Load& load);

}  // namespace scimledger::bench
