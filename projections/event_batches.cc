#include "projections/event_batches.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "storage/thread_name.h"

namespace scimledger::projections {
namespace {

constexpr std::size_t kBatchEvents = 256;
constexpr std::size_t kBatchBytesUsual = kBatchEvents * 1024;
/// Events may be large: what is read ahead is bounded in bytes too (I-10).
constexpr std::size_t kBatchBytesMax = std::size_t{1} << 20U;
constexpr std::size_t kPartsAhead = 16;
/// Fewer events than these are not worth threads.
constexpr std::uint64_t kAheadMin = 2'048;

/// Events as they are stored, verified, in memory of their own.
struct Records {
  std::string bytes;
  std::vector<storage::EventView> events;  ///< views into `bytes`

  bool empty() const { return events.empty(); }
};

class VerifiedRecords final : public Source<Records> {
 public:
  VerifiedRecords(std::unique_ptr<storage::EventReader> reader, Sequence after, Sequence until)
      : reader_(std::move(reader)), next_(after.Next()), until_(until) {}

  storage::Result<Records> Next() override {
    Records records;
    records.bytes.reserve(kBatchBytesUsual);
    std::vector<Ends> ends;
    while (next_ <= until_ && records.events.size() < kBatchEvents &&
           records.bytes.size() < kBatchBytesMax) {
      SCIMLEDGER_TRY_ASSIGN(const std::optional<storage::EventView> stored, reader_->Next());
      if (!stored) break;
      next_ = next_.Next();
      records.events.push_back(*stored);
      ends.push_back(Append(*stored, records.bytes));
    }
    std::size_t begin = 0;
    for (std::size_t at = 0; at < ends.size(); ++at) {
      const std::string_view bytes = records.bytes;
      records.events[at].header = bytes.substr(begin, ends[at].header - begin);
      records.events[at].context =
          bytes.substr(ends[at].header, ends[at].context - ends[at].header);
      records.events[at].body = bytes.substr(ends[at].context, ends[at].body - ends[at].context);
      begin = ends[at].body;
    }
    return records;
  }

 private:
  /// Where the copies of an event's sections end.
  struct Ends {
    std::size_t header = 0;
    std::size_t context = 0;
    std::size_t body = 0;
  };
  static Ends Append(const storage::EventView& event, std::string& bytes) {
    Ends ends;
    bytes += event.header;
    ends.header = bytes.size();
    bytes += event.context;
    ends.context = bytes.size();
    bytes += event.body;
    ends.body = bytes.size();
    return ends;
  }

  std::unique_ptr<storage::EventReader> reader_;
  Sequence next_;
  const Sequence until_;
};

class DecodedBatches final : public EventBatches {
 public:
  DecodedBatches(std::unique_ptr<Source<Records>> source, RegistryPtr registry, DecodeFor purpose)
      : source_(std::move(source)), registry_(std::move(registry)), purpose_(purpose) {}

  storage::Result<std::vector<Event>> Next() override {
    std::vector<Event> batch;
    batch.reserve(kBatchEvents + 1);
    if (held_back_) batch.push_back(*std::exchange(held_back_, std::nullopt));
    while (true) {
      SCIMLEDGER_TRY_ASSIGN(const storage::EventView* const stored, NextRecord());
      if (stored == nullptr) return batch;
      SCIMLEDGER_TRY_ASSIGN(Event event, DecodeEvent(*registry_, *stored, purpose_));
      if (event.kind == EventKind::kSchemaAdded) AddSchema(event.schema);
      // A delete and its cascade stay together.
      if (batch.size() >= kBatchEvents && !event.cause) {
        held_back_ = std::move(event);
        return batch;
      }
      batch.push_back(std::move(event));
    }
  }

 private:
  /// nullptr: there is no more.
  storage::Result<const storage::EventView*> NextRecord() {
    if (next_ == records_.events.size()) {
      SCIMLEDGER_TRY_ASSIGN(records_, source_->Next());
      next_ = 0;
      if (records_.empty()) return nullptr;
    }
    return &records_.events[next_++];
  }

  /// One that cannot be added is reported by whoever folds the event, before anything after it.
  void AddSchema(const SchemaDefinition& definition) {
    if (auto extended = registry_->WithRecorded(definition)) registry_ = *std::move(extended);
  }

  std::unique_ptr<Source<Records>> source_;
  RegistryPtr registry_;
  const DecodeFor purpose_;
  Records records_;
  std::size_t next_ = 0;            ///< in `records_`
  std::optional<Event> held_back_;  ///< begins the next batch
};

/// Takes parts from `source` on a thread of its own, a few ahead of the caller (I-10).
template <typename Part>
class Ahead final : public Source<Part> {
 public:
  explicit Ahead(std::unique_ptr<Source<Part>> source)
      : source_(std::move(source)), thread_([this] { Loop(); }) {}

  ~Ahead() override {
    {
      const std::lock_guard lock(mutex_);
      is_abandoned_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  storage::Result<Part> Next() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty(); });
    // The end, or an error, is what every later call finds as well.
    if (IsLast(ready_.front())) return End(ready_.front());
    storage::Result<Part> part = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return part;
  }

 private:
  static bool IsLast(const storage::Result<Part>& part) { return !part || part->empty(); }
  static storage::Result<Part> End(const storage::Result<Part>& last) {
    if (!last) return std::unexpected(last.error());
    return Part();
  }

  void Loop() {
    storage::NameThread("log-reader");
    bool is_over = false;
    while (!is_over) {
      auto part = source_->Next();
      is_over = IsLast(part);
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_abandoned_ || ready_.size() < kPartsAhead; });
      if (is_abandoned_) return;
      ready_.push_back(std::move(part));
      lock.unlock();
      changed_.notify_all();
    }
  }

  const std::unique_ptr<Source<Part>> source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<storage::Result<Part>> ready_;
  bool is_abandoned_ = false;
  std::thread thread_;
};

}  // namespace

storage::Result<std::unique_ptr<EventBatches>> ReadEventBatches(const storage::EventLog& log,
                                                                RegistryPtr registry,
                                                                Sequence after, Sequence until,
                                                                DecodeFor purpose) {
  SCIMLEDGER_TRY_ASSIGN(auto reader, log.Read(after.Next(), storage::ReadCheck::kVerify));
  const bool is_long = until.value > after.value + kAheadMin;
  std::unique_ptr<Source<Records>> records =
      std::make_unique<VerifiedRecords>(std::move(reader), after, until);
  if (is_long) records = std::make_unique<Ahead<Records>>(std::move(records));
  std::unique_ptr<EventBatches> events =
      std::make_unique<DecodedBatches>(std::move(records), std::move(registry), purpose);
  if (is_long) events = std::make_unique<Ahead<std::vector<Event>>>(std::move(events));
  return events;
}

}  // namespace scimledger::projections
