#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace scimledger::api {

/// Tells the operator why TLS handshakes fail: a line now and then, however many there are.
/// Thread-safe.
class FailedHandshakes {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{10};

  /// The line to show; nullopt: there was one less than kInterval ago, and the next one says how
  /// many were not shown.
  std::optional<std::string> Note(std::string_view peer, std::string_view reason,
                                  Clock::time_point now);

 private:
  std::mutex mutex_;
  std::optional<Clock::time_point> shown_;
  std::uint64_t unshown_ = 0;
};

/// Why a server's handshake failed; `error` is what OpenSSL said, 0: nothing.
std::string ExplainFailedHandshake(const SSL& connection, unsigned long error);

}  // namespace scimledger::api
