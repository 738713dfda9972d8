#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace scimledger::api {

/// What became of the requests of one kind: how many by status, and how long they took until the
/// answer was ready (a streamed one: until it began). Thread-safe; noting costs three additions.
class RequestMetrics {
 public:
  static constexpr int kStatusFirst = 100;
  static constexpr int kStatusLast = 599;
  /// Upper bounds of the histogram's buckets in µs; what is above the last counts in one more.
  static constexpr std::array<std::int64_t, 14> kBucketsUs = {
      100,    250,    500,     1'000,   2'500,   5'000,     10'000,
      25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 10'000'000};

  void Note(int status, std::chrono::microseconds duration);

  std::uint64_t count(int status) const { return by_status_[Index(status)].load(kRelaxed); }
  /// Of one bucket alone; `bucket` up to kBucketsUs.size().
  std::uint64_t bucket_count(std::size_t bucket) const { return buckets_[bucket].load(kRelaxed); }
  std::uint64_t total_us() const { return total_us_.load(kRelaxed); }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static std::size_t Index(int status) { return static_cast<std::size_t>(status - kStatusFirst); }

  std::array<std::atomic<std::uint64_t>, kStatusLast - kStatusFirst + 1> by_status_{};
  std::array<std::atomic<std::uint64_t>, kBucketsUs.size() + 1> buckets_{};
  std::atomic<std::uint64_t> total_us_{0};
};

}  // namespace scimledger::api
