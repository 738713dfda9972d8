#pragma once

#include "storage/batch_chain.h"
#include "storage/rocks_database.h"

namespace scimledger::storage {

/// Finds where a log ends and checks everything that LOG_FORMAT.md §7 lists.
/// kCorrupt names both sides of what does not fit.
[[nodiscard]] Result<LogEnd> RecoverLogEnd(RocksDatabase& database, const Uuid& log_id);

}  // namespace scimledger::storage
