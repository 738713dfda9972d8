#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <string>

namespace scimledger::storage {

class DiskModel;

/// The real disk, with a model beside it of what would be left of the files under `root` if the
/// power went off now: only bytes that were synced, and only names (created, renamed, removed)
/// whose directory was synced. Nothing is really synced, so tests run fast.
class UnsyncedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  /// Which syncs claim success without making anything durable: what a test must notice.
  enum class Ignore { kNothing, kFileSyncs, kDirectorySyncs };

  /// What is under `root` now counts as durable.
  UnsyncedFileSystem(const std::filesystem::path& root, Ignore ignore);
  ~UnsyncedFileSystem() override;

  /// The `operation`-th change of a file or directory from now on, and all after it, fail and leave
  /// no trace.
  void PowerOffAt(std::uint64_t operation);
  /// How many changes there have been.
  std::uint64_t operations() const;

  /// How much of the bytes written after the last sync survives.
  enum class Unsynced { kLost, kRandomPrefixKept };
  /// Makes `root` what the power failure left of it. Every file must be closed.
  void RestoreSurvivors(Unsynced unsynced, std::mt19937_64& random);

  const char* Name() const override { return "UnsyncedFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  // Not modelled; RocksDB must not need them for what is tested here.
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& name, std::size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

 private:
  std::filesystem::path root_;
  std::shared_ptr<DiskModel> model_;
};

}  // namespace scimledger::storage
