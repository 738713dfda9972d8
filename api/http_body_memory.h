#pragma once

#include <atomic>
#include <cstddef>

namespace scimledger::api {

/// What the request bodies of all connections may hold in memory together (I-10). Any thread.
class BodyMemory {
 public:
  explicit BodyMemory(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t bytes_used() const { return bytes_used_.load(std::memory_order_relaxed); }

  /// The share of one connection; given back when it goes.
  class Share {
   public:
    explicit Share(BodyMemory& memory) : memory_(memory) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { Release(); }

    /// Grows to `bytes`. False, and as before: there is no room.
    bool Grow(std::size_t bytes) {
      if (bytes <= bytes_) return true;
      const std::size_t more = bytes - bytes_;
      const std::size_t used = memory_.bytes_used_.fetch_add(more, std::memory_order_relaxed);
      if (used + more > memory_.bytes_max_) {
        memory_.bytes_used_.fetch_sub(more, std::memory_order_relaxed);
        return false;
      }
      bytes_ = bytes;
      return true;
    }
    void Release() {
      if (bytes_ == 0) return;
      memory_.bytes_used_.fetch_sub(bytes_, std::memory_order_relaxed);
      bytes_ = 0;
    }

   private:
    BodyMemory& memory_;
    std::size_t bytes_ = 0;
  };

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_used_{0};
};

}  // namespace scimledger::api
