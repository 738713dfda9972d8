#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

namespace scimledger::api {

/// Counts the requests being worked on, so that a drain can wait for the last one. Thread-safe.
class InFlight {
 public:
  /// One request; gives its place back when it dies.
  class Token {
   public:
    Token() = default;
    explicit Token(InFlight& counter) : counter_(&counter) {}
    Token(Token&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
    Token& operator=(Token&& other) noexcept {
      std::swap(counter_, other.counter_);
      return *this;
    }
    ~Token() {
      if (counter_ != nullptr) counter_->Leave();
    }

   private:
    InFlight* counter_ = nullptr;
  };

  Token Enter();
  /// From now on IsDraining is true; returns when every token is gone. The counter may then be
  /// destroyed.
  void Drain();
  bool IsDraining() const;

 private:
  void Leave();

  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::uint64_t count_ = 0;
  bool is_draining_ = false;
};

}  // namespace scimledger::api
