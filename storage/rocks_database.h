#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>

#include "storage/log_store.h"
#include "storage/result.h"
#include "storage/rocks_families.h"
#include "storage/sync_watch.h"

namespace rocksdb {
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

/// What one write puts and deletes, all of it or nothing.
class RocksWrites {
 public:
  void Put(std::string_view key, std::string_view value);
  /// The value is the parts one after the other.
  void Put(std::string_view key, std::span<const std::string_view> parts);
  void Delete(std::string_view key);
  /// Both begin with what the keys of one family begin with.
  void DeleteRange(std::string_view first, std::string_view end);

 private:
  friend class RocksDatabase;
  RocksWrites(const RocksFamilies& families, rocksdb::WriteBatch& batch)
      : families_(families), batch_(batch) {}

  const RocksFamilies& families_;
  rocksdb::WriteBatch& batch_;
};

/// One open RocksDB database that can be closed and opened again under its users: whoever calls
/// after a Close gets kUnavailable instead of a dangling pointer. Thread-safe.
class RocksDatabase : public std::enable_shared_from_this<RocksDatabase> {
 public:
  /// Errors as LogStore::Open. A database that was just created has no keys.
  [[nodiscard]] static Result<std::shared_ptr<RocksDatabase>> Open(
      const std::filesystem::path& directory, const LogStoreOptions& options,
      FamilyLayout layout = {});
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  /// Writes what `fill` puts, about so many `bytes`, and syncs. kUnavailable, kNoSpace,
  /// kSyncFailed: as EventLog::Append.
  using Fill = std::function<void(RocksWrites& writes)>;
  [[nodiscard]] Result<void> Write(const Fill& fill, std::size_t bytes = 0);

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
  RocksDatabase(std::filesystem::path directory, const LogStoreOptions& options,
                FamilyLayout layout);

  [[nodiscard]] Result<void> OpenWithLock(bool create);
  void CloseWithLock();
  std::unique_ptr<rocksdb::WriteBatch> TakeBatch(std::size_t bytes);
  void KeepBatch(std::unique_ptr<rocksdb::WriteBatch> batch);
  [[nodiscard]] Result<void> CheckOpenWithLock() const;
  [[nodiscard]] Result<void> PrepareNewDirectory();
  Error OpenError(const rocksdb::Status& status) const;

  const std::filesystem::path directory_;
  LogStoreOptions options_;  ///< as given, but for what the file system refuses
  const FamilyLayout layout_;
  const std::shared_ptr<SyncWatch> watch_ = std::make_shared<SyncWatch>();
  std::unique_ptr<rocksdb::Env> env_;

  /// Shared: using database_. Exclusive: closing or replacing it.
  mutable std::shared_mutex mutex_;
  std::unique_ptr<RocksFamilies> database_;
  std::uint64_t generation_ = 0;
  std::mutex spare_mutex_;
  std::unique_ptr<rocksdb::WriteBatch> spare_;  ///< what a write left, with its memory
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
