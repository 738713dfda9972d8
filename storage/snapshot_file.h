#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// What a snapshot is of. A snapshot is a projection's fold result at one sequence; it may be deleted
/// at any time and is used only if everything here still fits.
struct SnapshotInfo {
  std::string projection;          ///< for example "directory"
  std::uint32_t version = 0;       ///< the projection's own format version
  Uuid log_id;
  Sequence sequence;
  Hash leaf_hash{};                ///< of that sequence in the log
};

/// Writes beside the target and renames over it on Commit, after syncing file and directory, so that a
/// kill at any moment leaves the old snapshot or the new one. Dropped without Commit: no trace.
class SnapshotWriter {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SnapshotWriter>> Create(
      const std::filesystem::path& target, const SnapshotInfo& info);
  virtual ~SnapshotWriter() = default;
  [[nodiscard]] virtual Result<void> Append(std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> Commit() = 0;
};

/// A snapshot whose checksum matched. `payload` is mapped from the file and lives with this object.
class SnapshotReader {
 public:
  /// kNotFound: no such file. kCorrupt: damaged (the caller deletes it and replays).
  [[nodiscard]] static Result<std::unique_ptr<SnapshotReader>> Open(
      const std::filesystem::path& file);
  virtual ~SnapshotReader() = default;
  virtual const SnapshotInfo& info() const = 0;
  virtual std::string_view payload() const = 0;
};

}  // namespace scimledger::storage
