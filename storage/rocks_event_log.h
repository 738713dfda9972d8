#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "storage/batch_chain.h"
#include "storage/event_log.h"
#include "storage/rocks_database.h"

namespace scimledger::storage {

/// One tenant's log in the shared database. Made by LogStore::OpenLog.
class RocksEventLog final : public EventLog {
 public:
  /// `log_id` is shared so that its owner can see whether the log is still open.
  [[nodiscard]] static Result<std::unique_ptr<EventLog>> Open(
      std::shared_ptr<RocksDatabase> database, std::shared_ptr<const Uuid> log_id);

  Uuid id() const override { return *log_id_; }
  LogHead head() const override;
  [[nodiscard]] Result<LogHead> Append(const Batch& batch) override;
  [[nodiscard]] Result<LogHead> Reopen() override;
  [[nodiscard]] Result<std::unique_ptr<EventReader>> Read(Sequence from,
                                                          ReadCheck check) const override;
  [[nodiscard]] Result<Sequence> SequenceAt(std::int64_t time_us) const override;

 private:
  RocksEventLog(std::shared_ptr<RocksDatabase> database, std::shared_ptr<const Uuid> log_id,
                std::uint64_t generation, LogEnd end);

  [[nodiscard]] Result<void> CheckWritable();
  [[nodiscard]] Result<void> Write(const Batch& batch, const ChainedBatch& chained);
  [[nodiscard]] Result<EventView> Event(Sequence sequence, std::string& record) const;

  const std::shared_ptr<RocksDatabase> database_;
  const std::shared_ptr<const Uuid> log_id_;

  /// Held through an append: a second appender waits, and then conflicts.
  std::mutex append_mutex_;
  std::uint64_t generation_;      ///< of the database when end_ was last known to be right
  std::optional<Error> failure_;  ///< why nothing may be appended before Reopen

  mutable std::mutex end_mutex_;  ///< taken after append_mutex_
  LogEnd end_;
};

}  // namespace scimledger::storage
