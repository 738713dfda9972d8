#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "api/http_server.h"

namespace scimledger::api {

class Session;

using Executor = boost::asio::io_context::executor_type;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// How many connections there are. Thread-safe.
class ConnectionCount {
 public:
  std::size_t current() const { return current_.load(std::memory_order_relaxed); }
  void Add();
  void Remove();
  /// False: some were left when the time was over.
  bool WaitForNone(std::chrono::milliseconds timeout);
  void WaitForNone();

 private:
  std::atomic<std::size_t> current_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// One I/O thread: an io_context that it alone runs, and the sessions that live and die on it. A
/// session never moves, so that nothing of it needs a lock.
class IoThread {
 public:
  explicit IoThread(const HttpLimits& limits);
  ~IoThread();

  Executor executor() { return context_.get_executor(); }

  /// Any thread. Idle sessions end; the others end after their answer.
  void BeginStop();
  /// Any thread. All sessions end at once, whatever they wait for.
  void AbortSessions();
  /// Any other thread, when no session is left: ends the thread.
  void Join();

  /// From here on: only on this thread.
  void Add(Session& session) { sessions_.insert(&session); }
  void Remove(Session& session) { sessions_.erase(&session); }
  bool is_stopping() const { return is_stopping_; }
  /// The value of a Date header, less than a second old.
  std::string_view date() const { return date_; }

 private:
  void Run();
  void ScheduleSweep();
  void Sweep();

  boost::asio::io_context context_{1};
  Timer sweep_timer_;
  std::chrono::milliseconds sweep_interval_;
  std::unordered_set<Session*> sessions_;
  bool is_stopping_ = false;
  bool is_ending_ = false;
  std::string date_;
  std::thread thread_;
};

}  // namespace scimledger::api
