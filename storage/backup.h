#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// One tenant's log in a backup.
struct BackupLog {
  std::string tenant;
  Uuid log_id;
  Sequence sequence;  ///< of its last event; 0: it has none
  Hash leaf_hash{};   ///< of that event
  Hash digest{};      ///< of the state that a replay up to it gives
};

/// One file of a backup, by its path in it.
struct BackupFile {
  std::string path;
  std::uint64_t size = 0;
  Hash sha256{};
};

/// What a backup says of itself: lines of text, the last one a hash over the others.
struct BackupManifest {
  std::int64_t time_us = 0;  ///< when it was made, by the clock
  bool has_keys = false;
  std::vector<BackupLog> logs;
  std::vector<BackupFile> files;
};

/// Told how many bytes of how many are done.
using BytesProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// A directory with copies of `log` and perhaps `keys` of a data directory, and a manifest. Whole
/// once the manifest is there, which is written last; until then a file `INCOMPLETE` marks it, so
/// that a kill at any moment leaves nothing that passes for a backup.
class BackupDirectory {
 public:
  /// Makes it, or takes what an unfinished backup left. kInvalid: it has anything else in it.
  [[nodiscard]] static Result<BackupDirectory> Begin(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  /// Where the log is to be copied to; it is not there yet.
  std::filesystem::path log() const { return path_ / "log"; }
  /// Copies a directory of files to `keys`, for the owner only.
  [[nodiscard]] Result<void> CopyKeys(const std::filesystem::path& keys) const;
  /// Makes copies of files that are shared by hard links, so that damage to the one leaves the
  /// other; hashes everything, syncs, writes the manifest. Fills in `manifest.files`.
  [[nodiscard]] Result<void> Finish(BackupManifest manifest, const BytesProgress& progress) const;

 private:
  explicit BackupDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// Whether the directory is a backup, whole or not: then it is no data directory.
bool IsBackup(const std::filesystem::path& directory);

/// kNotFound: there is no whole backup. kIncompatible: of another version. kCorrupt: damaged.
[[nodiscard]] Result<BackupManifest> ReadBackupManifest(const std::filesystem::path& directory);

/// Copies the files that the manifest lists to `target` (which is made), synced, log files to its
/// `log_name`, and checks each against its hash. kCorrupt: the backup is damaged; names the file.
[[nodiscard]] Result<void> CopyFromBackup(const std::filesystem::path& directory,
                                          const BackupManifest& manifest,
                                          const std::filesystem::path& target,
                                          const std::string& log_name,
                                          const BytesProgress& progress);

/// Gives the copied log its name, so that `target` is a data directory from then on.
[[nodiscard]] Result<void> FinishCopy(const std::filesystem::path& target,
                                      const std::string& log_name);

}  // namespace scimledger::storage
