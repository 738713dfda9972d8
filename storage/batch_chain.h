#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/event_log.h"
#include "storage/merkle_tree.h"
#include "storage/stored_records.h"

namespace scimledger::storage {

/// What every EventLog does with a batch and with a record read back, wherever the bytes are kept.

/// Where a log ends and how its tree grows from there.
struct LogEnd {
  LogHead head;
  MerkleTree tree;
};

/// The end of a log without events.
LogEnd EmptyLogEnd();

/// A batch that may be appended, with everything derived from it.
struct ChainedBatch {
  std::vector<Hash> leaf_hashes;  ///< one per event
  BatchRecord record;
  LogEnd end;  ///< the log's end once the batch is stored
};

/// Checks the batch against the log's end and hashes it into the chain and the tree.
/// kConflict, kInvalid: as EventLog::Append says.
[[nodiscard]] Result<ChainedBatch> ChainBatch(const Uuid& log_id, const LogEnd& end,
                                              const Batch& batch);

/// kCorrupt about one event: names its sequence and log, and why.
[[nodiscard]] std::unexpected<Error> EventCorrupt(const Uuid& log_id, Sequence sequence,
                                                  std::string_view why);

/// Checks records in the order of the log, beginning after `previous`.
class ChainVerifier {
 public:
  /// What is known of the event before the first one to be checked.
  struct Start {
    Sequence sequence;         ///< 0: the log's beginning
    Hash leaf_hash{};          ///< used by kVerify only
    std::int64_t time_us = 0;  ///< 0 if it is not known
  };
  ChainVerifier(const Uuid& log_id, const Start& start, ReadCheck check);

  /// The sequence that must come next.
  Sequence expected() const { return expected_; }

  /// `record` must be that of expected(). kCorrupt names the sequence and what does not verify.
  [[nodiscard]] Result<EventView> Check(std::string_view record);

  /// kCorrupt that says why there is no such event as expected().
  [[nodiscard]] std::unexpected<Error> Corrupt(std::string_view why) const;

 private:
  Uuid log_id_;
  Hash tenant_tag_;
  Sequence expected_;
  Hash previous_leaf_hash_;
  std::int64_t previous_time_us_;
  ReadCheck check_;
};

/// The last sequence recorded at or before `time_us`, by binary search: recorded times never
/// decrease (I-2). `time_of(Sequence)` gives Result<std::int64_t> for any sequence from 1 to the
/// head.
template <typename TimeOf>
[[nodiscard]] Result<Sequence> FindSequenceAt(const LogHead& head, std::int64_t time_us,
                                              const TimeOf& time_of) {
  if (time_us >= head.time_us) return head.sequence;
  std::uint64_t at_or_before = 0;
  std::uint64_t after = head.sequence.value;
  while (after - at_or_before > 1) {
    const std::uint64_t middle = at_or_before + (after - at_or_before) / 2;
    SCIMLEDGER_TRY_ASSIGN(const std::int64_t middle_us, time_of(Sequence{middle}));
    (middle_us <= time_us ? at_or_before : after) = middle;
  }
  return Sequence{at_or_before};
}

}  // namespace scimledger::storage
