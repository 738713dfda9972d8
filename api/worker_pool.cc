#include "api/worker_pool.h"

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

#include "storage/thread_name.h"

namespace scimledger::api {

WorkerPool::WorkerPool(const char* name, unsigned threads, std::size_t queue_max,
                       std::string busy_detail)
    : queue_max_(queue_max), busy_detail_(std::move(busy_detail)) {
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) {
    threads_.emplace_back([this, name] {
      storage::NameThread(name);
      Loop();
    });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Run(ExchangePtr exchange, Work work) {
  {
    const std::lock_guard lock(mutex_);
    const Tenant* const tenant = exchange->tenant;
    std::deque<Task>& queue = queues_[tenant];
    if (queue.size() < queue_max_) {
      if (queue.empty()) turns_.push_back(tenant);
      queue.push_back({std::move(exchange), std::move(work)});
      // Under the lock: once the work is done, the pool may be gone.
      wake_.notify_one();
      return;
    }
  }
  exchange->AnswerError({503, ScimType::kNone, busy_detail_});
}

WorkerPool::Task WorkerPool::TakeNext() {
  const Tenant* const tenant = turns_.front();
  turns_.pop_front();
  const auto queue = queues_.find(tenant);
  Task task = std::move(queue->second.front());
  queue->second.pop_front();
  if (queue->second.empty()) {
    queues_.erase(queue);
  } else {
    turns_.push_back(tenant);
  }
  return task;
}

void WorkerPool::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !turns_.empty(); });
    if (turns_.empty()) return;
    Task task = TakeNext();
    lock.unlock();
    RunGuarded(std::move(task.exchange), task.work);
    task.work = nullptr;
    lock.lock();
  }
}

void RunGuarded(ExchangePtr exchange, WorkerPool::Work& work) {
  const Uuid id = exchange->id;
  RequestLog* const log = exchange->log();
  try {
    work(std::move(exchange));
  } catch (const std::exception& error) {
    // The exchange died on the way up and was answered then.
    if (log != nullptr) log->WriteFault(id, typeid(error).name());
  }
}

}  // namespace scimledger::api
