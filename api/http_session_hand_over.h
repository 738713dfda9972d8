#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace scimledger::api {

/// Hands one value from any thread to a coroutine of an I/O thread. The coroutine is woken on its
/// own thread, never on the giver's; if it is gone by then, the value is dropped.
template <typename T>
class HandOver : public std::enable_shared_from_this<HandOver<T>> {
 public:
  /// `wake` runs on the executor's thread, never after Abandon.
  HandOver(boost::asio::io_context::executor_type executor, std::function<void()> wake)
      : executor_(executor), wake_(std::move(wake)) {}

  /// Any thread; the first value counts.
  void Put(T value) {
    const std::lock_guard lock(mutex_);
    if (is_abandoned_ || value_) return;
    value_.emplace(std::move(value));
    // Under the lock: as long as nobody abandoned this, the executor's io_context lives.
    if (is_awaited_) {
      boost::asio::post(executor_, [self = this->shared_from_this()] { self->Wake(); });
    }
  }

  /// I/O thread. The value, or from now on `wake` is called once when there is one.
  std::optional<T> Take() {
    const std::lock_guard lock(mutex_);
    is_awaited_ = !value_;
    return std::exchange(value_, std::nullopt);
  }

  /// I/O thread. Nobody will take the value.
  void Abandon() {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
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
