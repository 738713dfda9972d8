#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "storage/log_store.h"
#include "storage/result.h"
#include "storage/sync_watch.h"

namespace rocksdb {
class DB;
class Env;
class Iterator;
class Snapshot;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace scimledger::storage {

class RocksCursor;

struct KeyValue {
  std::string key;
  std::string value;
};

/// One open RocksDB database that can be closed and opened again under its users: whoever calls
/// after a Close gets kUnavailable instead of a dangling pointer. Thread-safe.
class RocksDatabase : public std::enable_shared_from_this<RocksDatabase> {
 public:
  /// Errors as LogStore::Open. A database that was just created has no keys.
  [[nodiscard]] static Result<std::shared_ptr<RocksDatabase>> Open(
      const std::filesystem::path& directory, const LogStoreOptions& options);
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  /// Writes and syncs. kUnavailable, kNoSpace, kSyncFailed: as EventLog::Append.
  [[nodiscard]] Result<void> Write(rocksdb::WriteBatch& batch);

  [[nodiscard]] Result<std::optional<std::string>> Get(std::string_view key) const;

  /// The last entry whose key is `prefix` and eight bytes more.
  [[nodiscard]] Result<std::optional<KeyValue>> LastWithSequence(const std::string& prefix) const;

  /// Walks over the keys from `first` on that begin with `prefix`, as they are now.
  [[nodiscard]] Result<std::unique_ptr<RocksCursor>> Scan(std::string prefix,
                                                          std::string_view first);

  /// A copy of the database as it is at one moment (LogStore::CopyTo).
  [[nodiscard]] Result<void> CopyTo(const std::filesystem::path& target);

  /// How often it was reopened.
  std::uint64_t generation() const;

  /// Closes and opens again, unless somebody did since `generation`. Detaches all cursors.
  [[nodiscard]] Result<void> Reopen(std::uint64_t generation);

  /// Detaches all cursors and closes for good.
  void Close();

 private:
  friend class RocksCursor;
  RocksDatabase(std::filesystem::path directory, const LogStoreOptions& options);

  [[nodiscard]] Result<void> OpenWithLock(bool create);
  void CloseWithLock();
  [[nodiscard]] Result<void> CheckOpenWithLock() const;
  [[nodiscard]] Result<void> PrepareNewDirectory();
  Error OpenError(const rocksdb::Status& status) const;

  const std::filesystem::path directory_;
  LogStoreOptions options_;  ///< as given, but for what the file system refuses
  const std::shared_ptr<SyncWatch> watch_ = std::make_shared<SyncWatch>();
  std::unique_ptr<rocksdb::Env> env_;

  /// Shared: using database_. Exclusive: closing or replacing it.
  mutable std::shared_mutex mutex_;
  std::unique_ptr<rocksdb::DB> database_;
  std::uint64_t generation_ = 0;
  /// Taken after mutex_.
  std::mutex cursors_mutex_;
  std::set<RocksCursor*> cursors_;
};

/// A forward walk over one moment of the database. Not thread-safe, but may be detached by another
/// thread that reopens the database; then it answers kUnavailable.
class RocksCursor {
 public:
  ~RocksCursor();
  RocksCursor(const RocksCursor&) = delete;
  RocksCursor& operator=(const RocksCursor&) = delete;

  /// The next entry, or nullptr after the last. It lives until the next call.
  [[nodiscard]] Result<const KeyValue*> Next();

 private:
  friend class RocksDatabase;
  RocksCursor(std::shared_ptr<RocksDatabase> database, std::string prefix);
  void SeekWithLock(std::string_view first);
  void DetachWithLock();

  const std::shared_ptr<RocksDatabase> database_;
  const std::string prefix_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  KeyValue current_;
};

}  // namespace scimledger::storage
