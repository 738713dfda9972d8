#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "storage/backup.h"
#include "storage/result.h"

namespace scimledger::api {

/// Opens the logs in a directory that nobody else has open, checks every hash of every event, and
/// folds each log into the state it gives: what a backup is proved by when it is made and when it
/// is restored. Sorted by tenant; one state in memory at a time. `progress` is told events of all
/// logs. Errors as LogStore::Open and Directory::Replay.
[[nodiscard]] storage::Result<std::vector<storage::BackupLog>> ProveLogs(
    const std::filesystem::path& log,
    const std::function<void(Sequence position, Sequence head)>& progress);

}  // namespace scimledger::api
