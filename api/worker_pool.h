#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "api/exchange.h"

namespace scimledger::api {

class PastDirectories;

/// Threads for the parts of requests that may not run on an I/O or writer thread. Tenants take
/// turns, so that the work of one waits for at most one piece of each other's. Bounded: what does
/// not fit is answered with 503 at once. Thread-safe.
class WorkerPool {
 public:
  using Work = std::move_only_function<void(ExchangePtr)>;

  /// `name`: of its threads (storage/thread_name.h). `queue_max`: how much may wait of one tenant.
  /// `busy_detail` is what a caller reads who finds its tenant's queue full.
  WorkerPool(const char* name, unsigned threads, std::size_t queue_max, std::string busy_detail);
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
  Task TakeNext();

  const std::size_t queue_max_;
  const std::string busy_detail_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<const Tenant*, std::deque<Task>> queues_;  ///< none of them empty
  std::deque<const Tenant*> turns_;                   ///< whose queue is next, and after it
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// Runs `work`; an exception in it answers 500 and ends there (the edge of every thread).
void RunGuarded(ExchangePtr exchange, WorkerPool::Work& work);

/// Who does what besides the calling thread, and what replays left.
struct Workers {
  WorkerPool& queries;    ///< scans and reads of the log
  WorkerPool& answers;    ///< answers writes that came in on no connection (HttpRequest)
  WorkerPool& replays;    ///< minutes of work: one at a time
  WorkerPool& moments;    ///< directories of the past: one at a time
  WorkerPool& loads;      ///< opens tenants: one at a time
  WorkerPool& passwords;  ///< hashes passwords: some megabytes for each thread
  PastDirectories& past;
};

}  // namespace scimledger::api
