#include "storage/rocks_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "storage/rocks_common.h"

namespace scimledger::storage {
namespace {

constexpr auto kRecoveryMode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
constexpr std::size_t kBlockBytes = std::size_t{16} << 10U;
constexpr std::size_t kBlockCacheBytes = std::size_t{64} << 20U;
constexpr std::size_t kReadaheadBytes = std::size_t{2} << 20U;

/// Whether files of the directory can be written past the page cache, by trying it: some file
/// systems open them so and then refuse the writes. What cannot be tried counts as no.
bool TakesDirectWrites(const std::filesystem::path& directory) {
  constexpr std::size_t kSectorBytes = 4096;
  alignas(kSectorBytes) static constexpr std::array<char, kSectorBytes> kSector{};
  const int file = ::open(directory.c_str(), O_TMPFILE | O_DIRECT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_written = ::pwrite(file, kSector.data(), kSectorBytes, 0) == kSectorBytes;
  const bool is_cut = ::ftruncate(file, 1) == 0;
  ::close(file);
  return is_written && is_cut;
}

rocksdb::Options DatabaseOptions(rocksdb::Env* env, const LogStoreOptions& log, bool create) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = create;
  options.wal_recovery_mode = kRecoveryMode;
  options.paranoid_checks = true;
  // RocksDB must not resume by itself after a failed write: the log decides, by reopening.
  options.max_bgerror_resume_count = 0;
  // At all levels alike: a table that may be moved to the next one is not written again.
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = log.write_buffer_bytes;
  options.max_write_buffer_number = 4;
  // What a family that fills slowly has in memory keeps the write-ahead log of both from being
  // deleted: it is written to a table when that log has so many bytes. (Not atomic_flush: RocksDB
  // 7.8 cannot be closed after such a flush failed, and a log is reopened then.)
  options.max_total_wal_size = 2 * log.write_buffer_bytes;
  options.max_background_jobs = 2;
  options.bytes_per_sync = kBytesPerSync;
  // Written past the page cache, tables cost no copy into pages that must be found first, and no
  // heap of dirty pages gets in the way of the syncs of the write-ahead log. Compactions read
  // through the cache.
  options.use_direct_io_for_flush_and_compaction = log.writes_past_cache;
  KeepDiaryShort(options);

  rocksdb::BlockBasedTableOptions table;
  table.block_size = kBlockBytes;
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  table.cache_index_and_filter_blocks = true;
  // Grows while a reader goes on: a single event costs one block, a replay reads far ahead.
  table.max_auto_readahead_size = kReadaheadBytes;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::unexpected<Error> ReadError(const rocksdb::Status& status) {
  return Fail(status.IsCorruption() ? ErrorCode::kCorrupt : ErrorCode::kIo,
              fmt::format("cannot read the log: {}", status.ToString()));
}

/// Absolute and without a slash at its end, so that parent_path() is the directory it is in.
std::filesystem::path FullName(const std::filesystem::path& directory) {
  std::filesystem::path name = std::filesystem::absolute(directory).lexically_normal();
  return name.has_filename() ? name : name.parent_path();
}

constexpr std::size_t kPartsMax = 4;
/// Memory of a write that is kept for the next one.
constexpr std::size_t kKeptBatchBytes = std::size_t{1} << 20U;

void RequireAdded(const rocksdb::Status& added) {
  SCIMLEDGER_INVARIANT(added.ok(), "what is checked before fits a WriteBatch");
}

bool HoldsData(std::string_view file_name) {
  return file_name.ends_with(".sst") || file_name.ends_with(".log");
}

}  // namespace

void RocksWrites::Put(std::string_view key, std::string_view value) {
  Put(key, std::span(&value, 1));
}

void RocksWrites::Put(std::string_view key, std::span<const std::string_view> parts) {
  const rocksdb::Slice key_part = ToSlice(key);
  std::array<rocksdb::Slice, kPartsMax> slices;
  SCIMLEDGER_INVARIANT(parts.size() <= slices.size(), "a value has few parts");
  std::transform(parts.begin(), parts.end(), slices.begin(), ToSlice);
  RequireAdded(batch_.Put(families_.Of(key), rocksdb::SliceParts(&key_part, 1),
                          rocksdb::SliceParts(slices.data(), static_cast<int>(parts.size()))));
}

void RocksWrites::Delete(std::string_view key) {
  RequireAdded(batch_.Delete(families_.Of(key), ToSlice(key)));
}

void RocksWrites::DeleteRange(std::string_view first, std::string_view end) {
  RequireAdded(batch_.DeleteRange(families_.Of(first), ToSlice(first), ToSlice(end)));
}

RocksDatabase::RocksDatabase(std::filesystem::path directory, const LogStoreOptions& options,
                             FamilyLayout layout)
    : directory_(std::move(directory)),
      options_(options),
      layout_(std::move(layout)),
      env_(MakeWatchedEnv(options.env != nullptr ? *options.env : *rocksdb::Env::Default(),
                          watch_)) {}

RocksDatabase::~RocksDatabase() { Close(); }

Result<std::shared_ptr<RocksDatabase>> RocksDatabase::Open(const std::filesystem::path& directory,
                                                           const LogStoreOptions& options,
                                                           FamilyLayout layout) {
  const std::shared_ptr<RocksDatabase> opened(
      new RocksDatabase(FullName(directory), options, std::move(layout)));
  const bool is_new = !opened->env_->FileExists((opened->directory_ / "CURRENT").string()).ok();
  if (is_new) SCIMLEDGER_TRY(opened->PrepareNewDirectory());
  opened->options_.writes_past_cache &= TakesDirectWrites(opened->directory_);
  const std::unique_lock lock(opened->mutex_);
  SCIMLEDGER_TRY(opened->OpenWithLock(is_new));
  return opened;
}

Result<void> RocksDatabase::PrepareNewDirectory() {
  const std::string name = directory_.string();
  std::vector<std::string> files;
  const bool exists = env_->GetChildren(name, &files).ok();
  for (const std::string& file : files) {
    if (!HoldsData(file)) continue;
    return Fail(
        ErrorCode::kCorrupt,
        fmt::format("{} has the data file {} but no CURRENT file: it was damaged; restore it "
                    "from a backup",
                    name, file));
  }
  if (!options_.create_if_missing) {
    return Fail(ErrorCode::kNotFound, fmt::format("there is no log in {}", name));
  }
  if (exists) return {};

  const rocksdb::Status made = env_->CreateDirIfMissing(name);
  if (!made.ok()) {
    return Fail(ErrorCode::kIo, fmt::format("cannot make {}: {}", name, made.ToString()));
  }
  // RocksDB syncs the files inside; that the directory itself survives is ours to see to.
  std::unique_ptr<rocksdb::Directory> parent;
  rocksdb::Status synced = env_->NewDirectory(directory_.parent_path().string(), &parent);
  if (synced.ok()) synced = parent->Fsync();
  if (synced.ok()) return {};
  return Fail(ErrorCode::kIo,
              fmt::format("cannot sync the directory of {}: {}", name, synced.ToString()));
}

Result<void> RocksDatabase::OpenWithLock(bool create) {
  const rocksdb::Status status =
      RocksFamilies::Open(DatabaseOptions(env_.get(), options_, create), directory_, layout_,
                          RocksFamilies::Access::kReadWrite, database_);
  if (!status.ok()) return std::unexpected(OpenError(status));

  // RocksDB changes options that it does not like without an error.
  if (database_->database().GetDBOptions().wal_recovery_mode == kRecoveryMode) return {};
  CloseWithLock();
  return Fail(ErrorCode::kCorrupt,
              fmt::format("{} was not opened in the recovery mode asked for", directory_.string()));
}

Error RocksDatabase::OpenError(const rocksdb::Status& status) const {
  const std::string name = directory_.string();
  const std::string why = status.ToString();
  if (watch_->lock_refused.load()) {
    return {ErrorCode::kLocked, fmt::format("the log in {} is open elsewhere: {}", name, why)};
  }
  if (watch_->sync_failed.load()) {
    return {ErrorCode::kSyncFailed, fmt::format("a sync failed while opening {}: {}", name, why)};
  }
  if (status.IsNoSpace()) {
    return {ErrorCode::kNoSpace, fmt::format("no space to open the log in {}: {}", name, why)};
  }
  if (status.IsCorruption()) {
    return {ErrorCode::kCorrupt,
            fmt::format("the log in {} is damaged: {}; restore it from a backup", name, why)};
  }
  if (status.IsNotSupported()) {
    return {ErrorCode::kIncompatible, fmt::format("cannot read the log in {}: {}", name, why)};
  }
  return {ErrorCode::kIo, fmt::format("cannot open the log in {}: {}", name, why)};
}

Result<void> RocksDatabase::CheckOpenWithLock() const {
  if (database_ != nullptr) return {};
  return Fail(ErrorCode::kUnavailable,
              fmt::format("the log in {} is closed; reopen it", directory_.string()));
}

Result<void> RocksDatabase::Write(const Fill& fill, std::size_t bytes) {
  const std::shared_lock lock(mutex_);
  SCIMLEDGER_TRY(CheckOpenWithLock());
  std::unique_ptr<rocksdb::WriteBatch> batch = TakeBatch(bytes);
  RocksWrites writes(*database_, *batch);
  fill(writes);
  rocksdb::Status status;
  // Nothing is written after a failed sync, whichever file it was: the process must end.
  if (!watch_->sync_failed.load()) {
    rocksdb::WriteOptions options;
    options.sync = true;
    status = database_->database().Write(options, batch.get());
  }
  KeepBatch(std::move(batch));
  if (watch_->sync_failed.load()) {
    return Fail(
        ErrorCode::kSyncFailed,
        fmt::format("a sync to disk failed in {} ({}); what was written last is unknown until "
                    "a new process opens it",
                    directory_.string(), status.ToString()));
  }
  if (status.ok()) return {};
  return Fail(
      status.IsNoSpace() ? ErrorCode::kNoSpace : ErrorCode::kUnavailable,
      fmt::format("cannot write to the log in {}: {}", directory_.string(), status.ToString()));
}

std::unique_ptr<rocksdb::WriteBatch> RocksDatabase::TakeBatch(std::size_t bytes) {
  {
    const std::lock_guard lock(spare_mutex_);
    if (spare_ != nullptr) return std::move(spare_);
  }
  return std::make_unique<rocksdb::WriteBatch>(bytes);
}

void RocksDatabase::KeepBatch(std::unique_ptr<rocksdb::WriteBatch> batch) {
  if (batch->GetDataSize() > kKeptBatchBytes) return;
  batch->Clear();
  const std::lock_guard lock(spare_mutex_);
  spare_ = std::move(batch);
}

Result<std::optional<std::string>> RocksDatabase::Get(std::string_view key) const {
  const std::shared_lock lock(mutex_);
  SCIMLEDGER_TRY(CheckOpenWithLock());
  std::string value;
  const rocksdb::Status status =
      database_->database().Get({}, database_->Of(key), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status);
  return value;
}

Result<std::optional<KeyValue>> RocksDatabase::LastWithSequence(const std::string& prefix) const {
  const std::shared_lock lock(mutex_);
  SCIMLEDGER_TRY(CheckOpenWithLock());
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database_->database().NewIterator({}, database_->Of(prefix)));
  iterator->SeekForPrev(prefix + std::string(sizeof(std::uint64_t), '\xff'));
  if (!iterator->status().ok()) return ReadError(iterator->status());
  if (!iterator->Valid() || !ToView(iterator->key()).starts_with(prefix)) return std::nullopt;
  if (iterator->key().size() != prefix.size() + sizeof(std::uint64_t)) {
    return Fail(ErrorCode::kCorrupt, "the log has a key of unknown form");
  }
  return KeyValue{iterator->key().ToString(), iterator->value().ToString()};
}

Result<std::unique_ptr<RocksCursor>> RocksDatabase::Scan(std::string prefix,
                                                         std::string_view first) {
  const std::shared_lock lock(mutex_);
  SCIMLEDGER_TRY(CheckOpenWithLock());
  // Without make_unique: only this class may construct one.
  std::unique_ptr<RocksCursor> cursor(new RocksCursor(shared_from_this(), std::move(prefix)));
  cursor->SeekWithLock(first);
  const std::scoped_lock cursors_lock(cursors_mutex_);
  cursors_.insert(cursor.get());
  return cursor;
}

Result<void> RocksDatabase::CopyTo(const std::filesystem::path& target) {
  const std::shared_lock lock(mutex_);
  SCIMLEDGER_TRY(CheckOpenWithLock());
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&database_->database(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(FullName(target).string());
  if (status.ok()) return {};
  return Fail(status.IsNoSpace() ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot copy the log to {}: {}", target.string(), status.ToString()));
}

std::uint64_t RocksDatabase::generation() const {
  const std::shared_lock lock(mutex_);
  return generation_;
}

Result<void> RocksDatabase::Reopen(std::uint64_t generation) {
  const std::unique_lock lock(mutex_);
  if (watch_->sync_failed.load()) {
    return Fail(ErrorCode::kSyncFailed,
                "a sync to disk failed in this process; only a new process may open the log");
  }
  if (database_ != nullptr && generation_ != generation) return {};
  CloseWithLock();
  SCIMLEDGER_TRY(OpenWithLock(false));
  ++generation_;
  return {};
}

void RocksDatabase::Close() {
  const std::unique_lock lock(mutex_);
  CloseWithLock();
}

void RocksDatabase::CloseWithLock() {
  const std::scoped_lock cursors_lock(cursors_mutex_);
  for (RocksCursor* cursor : cursors_) cursor->DetachWithLock();
  cursors_.clear();
  database_.reset();
}

RocksCursor::RocksCursor(std::shared_ptr<RocksDatabase> database, std::string prefix)
    : database_(std::move(database)), prefix_(std::move(prefix)) {}

RocksCursor::~RocksCursor() {
  const std::shared_lock lock(database_->mutex_);
  const std::scoped_lock cursors_lock(database_->cursors_mutex_);
  if (database_->cursors_.erase(this) > 0) DetachWithLock();
}

void RocksCursor::SeekWithLock(std::string_view first) {
  const RocksFamilies& families = *database_->database_;
  snapshot_ = families.database().GetSnapshot();
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  options.fill_cache = false;
  iterator_.reset(families.database().NewIterator(options, families.Of(prefix_)));
  iterator_->Seek(ToSlice(first));
}

void RocksCursor::DetachWithLock() {
  iterator_.reset();
  database_->database_->database().ReleaseSnapshot(snapshot_);
  snapshot_ = nullptr;
}

Result<const KeyValue*> RocksCursor::Next() {
  const std::shared_lock lock(database_->mutex_);
  if (iterator_ == nullptr) {
    return Fail(ErrorCode::kUnavailable, "the log was reopened or closed; make a new reader");
  }
  if (!iterator_->Valid() || !ToView(iterator_->key()).starts_with(prefix_)) {
    if (!iterator_->status().ok()) return ReadError(iterator_->status());
    return nullptr;
  }
  // Copied, because a Reopen by another thread frees what the iterator points to.
  current_.key.assign(iterator_->key().data(), iterator_->key().size());
  current_.value.assign(iterator_->value().data(), iterator_->value().size());
  iterator_->Next();
  return &current_;
}

}  // namespace scimledger::storage
