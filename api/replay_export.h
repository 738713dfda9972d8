#pragma once

#include <filesystem>

#include "projections/directory.h"
#include "storage/manifest.h"

namespace scimledger::api {

/// Where a tenant keeps its directory's snapshot, in `projections` of a data directory.
std::filesystem::path DirectorySnapshotFile(const std::filesystem::path& projections,
                                            std::string_view tenant);

/// kInvalid unless `target` is missing or an empty directory. For telling so before the work.
[[nodiscard]] storage::Result<void> CheckMayHoldReplay(const std::filesystem::path& target);

/// Writes what `replay --into` leaves in `target`: the view as projections, then the manifest. No
/// log and no keys. An error leaves nothing that opens. kInvalid as CheckMayHoldReplay.
[[nodiscard]] storage::Result<void> WriteReplay(const projections::DirectoryView& view,
                                                const storage::Manifest& manifest,
                                                const std::filesystem::path& target);

}  // namespace scimledger::api
