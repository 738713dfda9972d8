#include "api/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace scimledger::api {

RateLimiter::RateLimiter(double rate, double burst, std::size_t names_max)
    : rate_(rate), burst_(burst), names_max_(names_max) {}

std::optional<std::chrono::seconds> RateLimiter::Take(std::string_view name,
                                                      Clock::time_point now) {
  if (rate_ <= 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = buckets_.try_emplace(std::string(name), Bucket{burst_, now});
  if (is_new) {
    order_.emplace_back(name);
    if (order_.size() > names_max_) {
      buckets_.erase(order_.front());
      order_.pop_front();
    }
  }
  Bucket& bucket = found->second;
  const std::chrono::duration<double> passed = now - bucket.at;
  bucket.left = std::min(burst_, bucket.left + std::max(0.0, passed.count()) * rate_);
  bucket.at = now;
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return std::nullopt;
  }
  const double wait = std::ceil((1 - bucket.left) / rate_);
  return std::chrono::seconds(
      std::max<std::chrono::seconds::rep>(1, static_cast<std::chrono::seconds::rep>(wait)));
}

}  // namespace scimledger::api
