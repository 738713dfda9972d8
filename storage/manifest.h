#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// What a directory that `replay --into` wrote says of itself: of which log it is the state, and at
/// which event. Lines of text, each a word and a value.
struct Manifest {
  std::string tenant;
  Uuid log_id;
  Sequence sequence;
  std::int64_t time_us = 0;  ///< recorded time of that event; 0 before the first
  Hash leaf_hash{};          ///< of that event in the log
  Hash digest{};             ///< of the state
};

/// Whether the directory holds a manifest, readable or not: then it must never get a log.
bool HasManifest(const std::filesystem::path& directory);

/// Writes it whole or not at all, synced. The last file to be written: what stands beside it is
/// complete.
[[nodiscard]] Result<void> WriteManifest(const std::filesystem::path& directory,
                                         const Manifest& manifest);

/// kNotFound: there is none. kIncompatible: of another format. kCorrupt: damaged.
[[nodiscard]] Result<Manifest> ReadManifest(const std::filesystem::path& directory);

}  // namespace scimledger::storage
