#pragma once

#include <filesystem>
#include <memory>

#include "api/tenant.h"
#include "storage/manifest.h"

namespace scimledger::api {

/// A tenant over what `replay --into` wrote: the state of one sequence, without log and writer.
/// Reads are answered as ever; commands are refused with 403, and reading events fails with
/// kNotFound. kCorrupt: the snapshot is not the one that the manifest describes, digest included.
[[nodiscard]] storage::Result<std::unique_ptr<Tenant>> OpenReplayedTenant(
    const storage::Manifest& manifest, const std::filesystem::path& projections, Clock& clock);

}  // namespace scimledger::api
