#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "api/exchange.h"

namespace scimledger::api {

/// Threads for the parts of requests that may not run on an I/O or writer thread. Bounded: what
/// does not fit is answered with 503 at once. Thread-safe.
class WorkerPool {
 public:
  using Work = std::move_only_function<void(ExchangePtr)>;

  /// `busy_detail` is what a caller reads who finds the queue full.
  WorkerPool(unsigned threads, std::size_t queue_max, std::string busy_detail);
  /// Finishes what is queued.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Run(ExchangePtr exchange, Work work);

 private:
  struct Task {
    ExchangePtr exchange;
    Work work;
  };
  void Loop();

  const std::size_t queue_max_;
  const std::string busy_detail_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// Runs `work`; an exception in it answers 500 and ends there (the edge of every thread).
void RunGuarded(ExchangePtr exchange, WorkerPool::Work& work);

/// Who does what besides the calling thread.
struct Workers {
  WorkerPool& queries;  ///< scans and reads of the log
  WorkerPool& answers;  ///< answers writes that came in on no connection (HttpRequest)
  WorkerPool& replays;  ///< minutes of work: one at a time
};

}  // namespace scimledger::api
