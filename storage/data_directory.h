#pragma once

#include <filesystem>
#include <memory>

#include "storage/result.h"

namespace scimledger::storage {

/// The layout of DATA (DESIGN §6) and the lock that makes one process its owner.
class DataDirectory {
 public:
  enum class IfMissing { kRefuse, kCreate };

  /// Takes the lock (an OS file lock on DATA/LOCK, released even by SIGKILL). kNotFound: no
  /// directory, or one that is not ours (it has other files but no log). kLocked: names the
  /// holder's process id. kIncompatible: `replay --into` wrote it, and it must never get
  /// a log; or it is a backup.
  [[nodiscard]] static Result<std::unique_ptr<DataDirectory>> Open(
      const std::filesystem::path& path, IfMissing if_missing);
  /// The same for a directory that `replay --into` wrote, and only for such a one (kNotFound).
  [[nodiscard]] static Result<std::unique_ptr<DataDirectory>> OpenReplay(
      const std::filesystem::path& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path log() const { return path_ / "log"; }
  std::filesystem::path keys() const { return path_ / "keys"; }
  std::filesystem::path projections() const { return path_ / "projections"; }
  /// Hashes of passwords, in tenants that keep them.
  std::filesystem::path passwords() const { return path_ / "passwords"; }
  /// Refused requests and last uses of credentials: may be lost without harm to the log.
  std::filesystem::path access() const { return path_ / "access"; }
  /// Also without owning the directory: where a running server listens.
  static std::filesystem::path ControlSocket(const std::filesystem::path& data) {
    return data / "control.sock";
  }

 private:
  DataDirectory(std::filesystem::path path, int lock_descriptor);
  [[nodiscard]] static Result<std::unique_ptr<DataDirectory>> Lock(
      const std::filesystem::path& path);

  std::filesystem::path path_;
  int lock_descriptor_;
};

}  // namespace scimledger::storage
