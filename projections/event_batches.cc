#include "projections/event_batches.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace scimledger::projections {
namespace {

constexpr std::size_t kBatchEvents = 256;
constexpr std::size_t kBatchesAhead = 16;

class DecodedBatches final : public EventBatches {
 public:
  DecodedBatches(std::unique_ptr<storage::EventReader> reader, RegistryPtr registry, Sequence after,
                 Sequence until)
      : reader_(std::move(reader)),
        registry_(std::move(registry)),
        next_(after.Next()),
        until_(until) {}

  storage::Result<std::vector<Event>> Next() override {
    std::vector<Event> batch;
    batch.reserve(kBatchEvents + 1);
    if (held_back_) batch.push_back(*std::exchange(held_back_, std::nullopt));
    while (next_ <= until_) {
      SCIMLEDGER_TRY_ASSIGN(const std::optional<storage::EventView> stored, reader_->Next());
      if (!stored) break;
      SCIMLEDGER_TRY_ASSIGN(Event event, DecodeEvent(*registry_, *stored));
      next_ = next_.Next();
      if (event.kind == EventKind::kSchemaAdded) AddSchema(event.schema);
      if (batch.size() >= kBatchEvents && event.transaction != batch.back().transaction) {
        held_back_ = std::move(event);
        return batch;
      }
      batch.push_back(std::move(event));
    }
    return batch;
  }

 private:
  /// One that cannot be added is reported by whoever folds the event, before anything after it.
  void AddSchema(const SchemaDefinition& definition) {
    if (auto extended = registry_->WithRecorded(definition)) registry_ = *std::move(extended);
  }

  std::unique_ptr<storage::EventReader> reader_;
  RegistryPtr registry_;
  Sequence next_;
  const Sequence until_;
  std::optional<Event> held_back_;  ///< begins the next batch
};

class BatchesAhead final : public EventBatches {
 public:
  explicit BatchesAhead(std::unique_ptr<EventBatches> source)
      : source_(std::move(source)), thread_([this] { Loop(); }) {}

  ~BatchesAhead() override {
    {
      const std::lock_guard lock(mutex_);
      is_abandoned_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  BatchesAhead(const BatchesAhead&) = delete;
  BatchesAhead& operator=(const BatchesAhead&) = delete;

  storage::Result<std::vector<Event>> Next() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty(); });
    // The end, or an error, is what every later call finds as well.
    if (IsLast(ready_.front())) return ready_.front();
    storage::Result<std::vector<Event>> batch = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return batch;
  }

 private:
  static bool IsLast(const storage::Result<std::vector<Event>>& batch) {
    return !batch || batch->empty();
  }

  void Loop() {
    bool is_over = false;
    while (!is_over) {
      auto batch = source_->Next();
      is_over = IsLast(batch);
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_abandoned_ || ready_.size() < kBatchesAhead; });
      if (is_abandoned_) return;
      ready_.push_back(std::move(batch));
      lock.unlock();
      changed_.notify_all();
    }
  }

  const std::unique_ptr<EventBatches> source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<storage::Result<std::vector<Event>>> ready_;
  bool is_abandoned_ = false;
  std::thread thread_;
};

}  // namespace

storage::Result<std::unique_ptr<EventBatches>> ReadEventBatches(const storage::EventLog& log,
                                                                RegistryPtr registry,
                                                                Sequence after, Sequence until) {
  SCIMLEDGER_TRY_ASSIGN(auto reader, log.Read(after.Next(), storage::ReadCheck::kVerify));
  return std::make_unique<DecodedBatches>(std::move(reader), std::move(registry), after, until);
}

std::unique_ptr<EventBatches> ReadAhead(std::unique_ptr<EventBatches> source) {
  return std::make_unique<BatchesAhead>(std::move(source));
}

}  // namespace scimledger::projections
