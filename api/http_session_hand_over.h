#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace scimledger::api {

/// Hands values, one at a time, from any thread to a coroutine of an I/O thread. The coroutine is
/// woken on its own thread, never on the giver's; if it is gone by then, the value is dropped.
template <typename T>
class HandOver : public std::enable_shared_from_this<HandOver<T>> {
 public:
  /// `wake` runs on the executor's thread, never after Abandon.
  HandOver(boost::asio::io_context::executor_type executor, std::function<void()> wake)
      : executor_(executor), wake_(std::move(wake)) {}

  /// Any thread. False: nobody takes it any more, or the one before it is not taken yet; `value` is
  /// untouched.
  bool Put(T& value) {
    const std::lock_guard lock(mutex_);
    if (is_abandoned_ || value_) return false;
    value_.emplace(std::move(value));
    // Under the lock: as long as nobody abandoned this, the executor's io_context lives.
    if (is_awaited_) {
      boost::asio::post(executor_, [self = this->shared_from_this()] { self->Wake(); });
    }
    return true;
  }

  /// I/O thread. The value, or from now on `wake` is called once when there is one.
  std::optional<T> Take() {
    const std::lock_guard lock(mutex_);
    is_awaited_ = !value_;
    return std::exchange(value_, std::nullopt);
  }

  /// I/O thread. Nobody will take a value any more; one that waits is dropped.
  void Abandon() {
    // Dropped without the lock: it may hold this, or hand something over while it dies.
    std::optional<T> dropped;
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
    dropped.swap(value_);
  }

 private:
  void Wake() {
    {
      const std::lock_guard lock(mutex_);
      if (is_abandoned_) return;
    }
    wake_();
  }

  boost::asio::io_context::executor_type executor_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::optional<T> value_;
  bool is_awaited_ = false;
  bool is_abandoned_ = false;
};

}  // namespace scimledger::api
