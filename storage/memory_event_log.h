#pragma once

#include <memory>

#include "storage/event_log.h"

namespace scimledger::storage {

/// The in-memory fake: the same contract, checks and hashes as the RocksDB log, for tests and for
/// `replay`. Nothing survives the object.
[[nodiscard]] std::unique_ptr<EventLog> MakeMemoryEventLog(Uuid log_id);

}  // namespace scimledger::storage
