#include "api/request_metrics.h"

#include <algorithm>

namespace scimledger::api {

void RequestMetrics::Note(int status, std::chrono::microseconds duration) {
  if (status < kStatusFirst || status > kStatusLast) return;
  by_status_[Index(status)].fetch_add(1, kRelaxed);
  const auto bucket = std::lower_bound(kBucketsUs.begin(), kBucketsUs.end(), duration.count());
  buckets_[static_cast<std::size_t>(bucket - kBucketsUs.begin())].fetch_add(1, kRelaxed);
  total_us_.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)),
                      kRelaxed);
}

}  // namespace scimledger::api
