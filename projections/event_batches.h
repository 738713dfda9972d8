#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/event.h"
#include "storage/event_log.h"

namespace scimledger::projections {

/// Hands on parts of a log, one after the other; an empty part is the end. One thread.
template <typename Part>
class Source {
 public:
  virtual ~Source() = default;
  /// kCorrupt and kIncompatible name the sequence; every later call fails alike.
  [[nodiscard]] virtual storage::Result<Part> Next() = 0;
};

/// A stretch of a log as typed events, in batches that end between two transactions.
using EventBatches = Source<std::vector<Event>>;

/// Reads the events after `after` up to `until` (or the log's end), checks every hash and decodes
/// them for `purpose`. `registry` is the one in force at `after`; schemas added on
/// the way are folded into it. A long stretch is checked and decoded on two threads, some batches
/// ahead of the caller (I-10). `log` must outlive the result.
[[nodiscard]] storage::Result<std::unique_ptr<EventBatches>> ReadEventBatches(
    const storage::EventLog& log, RegistryPtr registry, Sequence after, Sequence until,
    DecodeFor purpose = DecodeFor::kFolding);

}  // namespace scimledger::projections
