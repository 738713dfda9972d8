#pragma once

#include <atomic>
#include <cstdint>
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
  /// From now on IsDraining is true; returns when every token is gone.
  void Drain();
  bool IsDraining() const { return draining_.load(); }

 private:
  void Leave();

  std::atomic<bool> draining_{false};
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace scimledger::api
