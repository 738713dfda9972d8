#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/event.h"
#include "storage/event_log.h"

namespace scimledger::projections {

/// A stretch of a log as typed events, in batches that end between two transactions. One thread.
class EventBatches {
 public:
  virtual ~EventBatches() = default;
  /// The next batch; empty after the last. kCorrupt and kIncompatible name the sequence.
  [[nodiscard]] virtual storage::Result<std::vector<Event>> Next() = 0;
};

/// Reads the events after `after` up to `until` (or the log's end), checks every hash and decodes
/// them. `registry` is the one in force at `after`; schemas added on the way are folded into it.
/// `log` must outlive the result.
[[nodiscard]] storage::Result<std::unique_ptr<EventBatches>> ReadEventBatches(
    const storage::EventLog& log, RegistryPtr registry, Sequence after, Sequence until);

/// Takes batches from `source` on a thread of its own, a few ahead of the caller (I-10), so that
/// checking and decoding keep one core busy and folding another.
std::unique_ptr<EventBatches> ReadAhead(std::unique_ptr<EventBatches> source);

}  // namespace scimledger::projections
