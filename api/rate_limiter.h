#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace scimledger::api {

/// A token bucket for each name (a credential, a tenant, an address): `rate` a second on average,
/// up to `burst` at once. Bounded (I-10): beyond `names_max` it forgets the name that came first.
/// Thread-safe.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `rate` 0: nothing is limited.
  RateLimiter(double rate, double burst, std::size_t names_max);

  /// nullopt: go ahead. Else: how long until the next one may, in seconds, at least 1.
  std::optional<std::chrono::seconds> Take(std::string_view name, Clock::time_point now);

 private:
  struct Bucket {
    double left = 0;
    Clock::time_point at;
  };

  const double rate_;
  const double burst_;
  const std::size_t names_max_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  std::deque<std::string> order_;  ///< of coming, to forget the oldest
};

}  // namespace scimledger::api
