#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// An event as its three stored byte strings (LOG_FORMAT.md §2). `context` and `body` begin with an
/// envelope; the log never looks inside any of them.
struct NewEvent {
  Sequence sequence;           ///< must be the expected head's sequence + position in the batch
  std::int64_t time_us = 0;    ///< recorded time, µs since 1970 UTC; never below its predecessor's
  Uuid id;
  std::string header;
  std::string context;
  std::string body;
};

/// An event as it was read back. The views live until the reader's next call.
struct EventView {
  Sequence sequence;
  std::int64_t time_us = 0;
  Uuid id;
  std::string_view header;
  std::string_view context;
  std::string_view body;
  Hash leaf_hash{};
};

/// Where a log ends. A log without events has sequence 0, time 0, an all-zero leaf hash and the root
/// of the empty tree (RFC 9162 §2.1.1).
struct LogHead {
  Sequence sequence;
  std::int64_t time_us = 0;
  Hash leaf_hash{};  ///< of the last event; the `previous leaf hash` of the next one
  Hash root{};       ///< RFC 9162 Merkle tree root over all leaves
};

/// All-or-nothing unit of an append. `id` tells two batches apart after an ambiguous outcome.
struct Batch {
  Uuid id;
  Sequence expected_head;
  std::span<const NewEvent> events;
};

/// Reads forward. Not thread-safe; sees the log as it was when the reader was made.
class EventReader {
 public:
  virtual ~EventReader() = default;
  /// The next event, or nullopt after the last. kCorrupt names the sequence that does not verify
  /// (gap, damaged record, broken chain, leaf hash that does not match).
  [[nodiscard]] virtual Result<std::optional<EventView>> Next() = 0;
};

enum class ReadCheck : std::uint8_t {
  kTrust,   ///< structure and RocksDB's block checksums only
  kVerify,  ///< recompute every leaf hash and check the chain
};

/// All events of one tenant, in order (DESIGN §2). Thread-safe: one thread appends, any may read.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// The log's own random id; never changes.
  virtual Uuid id() const = 0;
  virtual LogHead head() const = 0;

  /// Appends the batch with one synced write of its events and its batch record, and returns the new
  /// head only after the sync (I-1). kConflict: `expected_head` is not the head, nothing was written.
  /// kUnavailable and kNoSpace: the outcome is unknown; every further Append fails the same way until
  /// Reopen. kSyncFailed: the caller must end the process. kInvalid: the batch is empty, its
  /// sequences are not consecutive or its times decrease.
  [[nodiscard]] virtual Result<LogHead> Append(const Batch& batch) = 0;

  /// After a failed Append: closes and opens the log again, so that head() tells whether the batch is
  /// there. Not concurrently with Append.
  [[nodiscard]] virtual Result<LogHead> Reopen() = 0;

  /// Reads from `from` (at least 1) to the head of this moment.
  [[nodiscard]] virtual Result<std::unique_ptr<EventReader>> Read(Sequence from,
                                                                  ReadCheck check) const = 0;

  /// The last sequence recorded at or before `time_us`; 0 if there is none.
  [[nodiscard]] virtual Result<Sequence> SequenceAt(std::int64_t time_us) const = 0;
};

}  // namespace scimledger::storage
