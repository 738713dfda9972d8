#include "storage/rocks_event_log.h"

#include <fmt/format.h>

#include <array>

#include "storage/log_keys.h"
#include "storage/log_recovery.h"
#include "storage/stored_records.h"

namespace scimledger::storage {
namespace {

class RocksEventReader final : public EventReader {
 public:
  RocksEventReader(const Uuid& log_id, std::unique_ptr<RocksCursor> cursor,
                   const ChainVerifier& verifier, const LogHead& end)
      : log_id_(log_id), cursor_(std::move(cursor)), verifier_(verifier), end_(end) {}

  Result<std::optional<EventView>> Next() override {
    const Sequence sequence = verifier_.expected();
    if (sequence > end_.sequence) return std::nullopt;
    SCIMLEDGER_TRY_ASSIGN(const std::string_view record, NextRecord());
    SCIMLEDGER_TRY_ASSIGN(EventView event, verifier_.Check(record));
    if (sequence == end_.sequence && event.leaf_hash != end_.leaf_hash) {
      return EventCorrupt(log_id_, sequence, "it is not the event that the log's head names");
    }
    return event;
  }

 private:
  [[nodiscard]] Result<std::string_view> NextRecord() {
    const auto entry = cursor_->Next();
    if (!entry && entry.error().code == ErrorCode::kCorrupt) {
      return verifier_.Corrupt(entry.error().message);
    }
    if (!entry) return std::unexpected(entry.error());
    if (*entry == nullptr || (*entry)->key != EventKey(log_id_, verifier_.expected())) {
      return verifier_.Corrupt(
          fmt::format("it is missing; the log ends at {}", end_.sequence.value));
    }
    return (*entry)->value;
  }

  const Uuid log_id_;
  std::unique_ptr<RocksCursor> cursor_;
  ChainVerifier verifier_;
  LogHead end_;
};

/// So that a large batch does not grow, and copy, its buffer again and again.
std::size_t BytesOf(const Batch& batch) {
  constexpr std::size_t kBytesPerEntry = kEventPrefixBytes + 48;
  constexpr std::size_t kBatchRecordAndFrontier = 4096;
  std::size_t bytes = kBatchRecordAndFrontier;
  for (const NewEvent& event : batch.events) {
    bytes += kBytesPerEntry + event.header.size() + event.context.size() + event.body.size();
  }
  return bytes;
}

void PutEvent(RocksWrites& writes, const Uuid& log_id, const NewEvent& event,
              const Hash& leaf_hash) {
  const std::string prefix = EncodeEventPrefix(event, leaf_hash);
  const std::array<std::string_view, 4> parts = {prefix, event.header, event.context, event.body};
  writes.Put(EventKey(log_id, event.sequence), parts);
}

}  // namespace

RocksEventLog::RocksEventLog(std::shared_ptr<RocksDatabase> database,
                             std::shared_ptr<const Uuid> log_id, std::uint64_t generation,
                             LogEnd end)
    : database_(std::move(database)),
      log_id_(std::move(log_id)),
      generation_(generation),
      end_(std::move(end)) {}

Result<std::unique_ptr<EventLog>> RocksEventLog::Open(std::shared_ptr<RocksDatabase> database,
                                                      std::shared_ptr<const Uuid> log_id) {
  const std::uint64_t generation = database->generation();
  SCIMLEDGER_TRY_ASSIGN(LogEnd end, RecoverLogEnd(*database, *log_id));
  return std::unique_ptr<EventLog>(
      new RocksEventLog(std::move(database), std::move(log_id), generation, std::move(end)));
}

LogHead RocksEventLog::head() const {
  const std::scoped_lock lock(end_mutex_);
  return end_.head;
}

Result<LogHead> RocksEventLog::Append(const Batch& batch) {
  const std::scoped_lock append_lock(append_mutex_);
  SCIMLEDGER_TRY(CheckWritable());
  // Only appends and Reopen change end_, and both hold append_mutex_.
  SCIMLEDGER_TRY_ASSIGN(ChainedBatch chained, ChainBatch(*log_id_, end_, batch));
  if (auto written = Write(batch, chained); !written) {
    failure_ = written.error();
    return std::unexpected(std::move(written).error());
  }
  const std::scoped_lock end_lock(end_mutex_);
  end_ = std::move(chained.end);
  return end_.head;
}

Result<void> RocksEventLog::CheckWritable() {
  if (failure_) {
    return Fail(failure_->code,
                fmt::format("an earlier append failed, reopen the log: {}", failure_->message));
  }
  const std::uint64_t now = database_->generation();
  if (now == generation_) return {};
  // Another log's failure reopened the database; what this log was told is durable must still be.
  SCIMLEDGER_TRY_ASSIGN(const LogEnd found, RecoverLogEnd(*database_, *log_id_));
  if (found.head.sequence != end_.head.sequence || found.head.root != end_.head.root) {
    failure_ = Error{
        ErrorCode::kCorrupt,
        fmt::format("log {} ended at {} before the database was reopened and at {} "
                    "after; acknowledged events are lost",
                    log_id_->ToString(), end_.head.sequence.value, found.head.sequence.value)};
    return std::unexpected(*failure_);
  }
  generation_ = now;
  return {};
}

Result<void> RocksEventLog::Write(const Batch& batch, const ChainedBatch& chained) {
  const auto fill = [&](RocksWrites& writes) {
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      PutEvent(writes, *log_id_, batch.events[i], chained.leaf_hashes[i]);
    }
    writes.Put(BatchKey(*log_id_, chained.record.last), EncodeBatch(chained.record));
    writes.Put(FrontierKey(*log_id_), chained.end.tree.Encode());
  };
  return database_->Write(fill, BytesOf(batch));
}

Result<LogHead> RocksEventLog::Reopen() {
  const std::scoped_lock append_lock(append_mutex_);
  SCIMLEDGER_TRY(database_->Reopen(generation_));
  const std::uint64_t generation = database_->generation();
  SCIMLEDGER_TRY_ASSIGN(LogEnd end, RecoverLogEnd(*database_, *log_id_));
  failure_.reset();
  generation_ = generation;
  const std::scoped_lock end_lock(end_mutex_);
  end_ = std::move(end);
  return end_.head;
}

Result<EventView> RocksEventLog::Event(Sequence sequence, std::string& record) const {
  SCIMLEDGER_TRY_ASSIGN(auto stored, database_->Get(EventKey(*log_id_, sequence)));
  if (!stored) return EventCorrupt(*log_id_, sequence, "it is missing");
  record = *std::move(stored);
  auto event = DecodeEvent(record);
  if (!event) return EventCorrupt(*log_id_, sequence, event.error().message);
  return event;
}

Result<std::unique_ptr<EventReader>> RocksEventLog::Read(Sequence from, ReadCheck check) const {
  if (from.value == 0) return Fail(ErrorCode::kInvalid, "a log is read from sequence 1 or later");
  const LogHead end = head();
  ChainVerifier::Start start{.sequence = {from.value - 1}};
  if (from.value > 1 && from <= end.sequence) {
    std::string record;
    SCIMLEDGER_TRY_ASSIGN(const EventView before, Event(start.sequence, record));
    start.leaf_hash = before.leaf_hash;
    start.time_us = before.time_us;
  }
  SCIMLEDGER_TRY_ASSIGN(auto cursor,
                        database_->Scan(EventKeyPrefix(*log_id_), EventKey(*log_id_, from)));
  return std::make_unique<RocksEventReader>(*log_id_, std::move(cursor),
                                            ChainVerifier(*log_id_, start, check), end);
}

Result<Sequence> RocksEventLog::SequenceAt(std::int64_t time_us) const {
  std::string record;
  return FindSequenceAt(head(), time_us, [&](Sequence sequence) -> Result<std::int64_t> {
    SCIMLEDGER_TRY_ASSIGN(const EventView event, Event(sequence, record));
    return event.time_us;
  });
}

}  // namespace scimledger::storage
