#include "storage/memory_event_log.h"

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <shared_mutex>

#include "storage/batch_chain.h"

namespace scimledger::storage {
namespace {

/// Event records as LOG_FORMAT.md §3 has them, so that readers check the same bytes as on disk.
class MemoryRecords {
 public:
  void Append(std::string record) {
    const std::unique_lock lock(mutex_);
    records_.push_back(std::move(record));
  }

  /// Stays valid: records are never changed, and a deque does not move its elements when it grows.
  std::string_view At(Sequence sequence) const {
    const std::shared_lock lock(mutex_);
    return records_.at(sequence.value - 1);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::deque<std::string> records_;
};

class MemoryEventReader final : public EventReader {
 public:
  MemoryEventReader(std::shared_ptr<const MemoryRecords> records, const ChainVerifier& verifier,
                    Sequence last)
      : records_(std::move(records)), verifier_(verifier), last_(last) {}

  Result<std::optional<EventView>> Next() override {
    if (verifier_.expected() > last_) return std::nullopt;
    SCIMLEDGER_TRY_ASSIGN(EventView event, verifier_.Check(records_->At(verifier_.expected())));
    return event;
  }

 private:
  std::shared_ptr<const MemoryRecords> records_;
  ChainVerifier verifier_;
  Sequence last_;
};

class MemoryEventLog final : public EventLog {
 public:
  explicit MemoryEventLog(const Uuid& log_id)
      : log_id_(log_id), records_(std::make_shared<MemoryRecords>()), end_(EmptyLogEnd()) {}

  Uuid id() const override { return log_id_; }

  LogHead head() const override {
    const std::shared_lock lock(end_mutex_);
    return end_.head;
  }

  Result<LogHead> Append(const Batch& batch) override {
    // Only the appending thread changes end_, so it may read it without the lock.
    SCIMLEDGER_TRY_ASSIGN(ChainedBatch chained, ChainBatch(log_id_, end_, batch));
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      const NewEvent& event = batch.events[i];
      std::string record = EncodeEventPrefix(event, chained.leaf_hashes[i]);
      record.reserve(record.size() + event.header.size() + event.context.size() +
                     event.body.size());
      record.append(event.header).append(event.context).append(event.body);
      records_->Append(std::move(record));
    }
    const std::unique_lock lock(end_mutex_);
    end_ = std::move(chained.end);
    return end_.head;
  }

  Result<LogHead> Reopen() override { return head(); }

  Result<std::unique_ptr<EventReader>> Read(Sequence from, ReadCheck check) const override {
    if (from.value == 0) return Fail(ErrorCode::kInvalid, "a log is read from sequence 1 or later");
    const LogHead end = head();
    ChainVerifier::Start start{.sequence = {from.value - 1}};
    if (from.value > 1 && from <= end.sequence) {
      SCIMLEDGER_TRY_ASSIGN(const EventView before, DecodeEvent(records_->At(start.sequence)));
      start.leaf_hash = before.leaf_hash;
    }
    return std::make_unique<MemoryEventReader>(records_, ChainVerifier(log_id_, start, check),
                                               end.sequence);
  }

  Result<Sequence> SequenceAt(std::int64_t time_us) const override {
    return FindSequenceAt(head(), time_us, [this](Sequence sequence) -> Result<std::int64_t> {
      SCIMLEDGER_TRY_ASSIGN(const EventView event, DecodeEvent(records_->At(sequence)));
      return event.time_us;
    });
  }

 private:
  const Uuid log_id_;
  const std::shared_ptr<MemoryRecords> records_;
  mutable std::shared_mutex end_mutex_;
  LogEnd end_;
};

}  // namespace

std::unique_ptr<EventLog> MakeMemoryEventLog(Uuid log_id) {
  return std::make_unique<MemoryEventLog>(log_id);
}

}  // namespace scimledger::storage
