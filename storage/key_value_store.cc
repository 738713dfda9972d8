#include "storage/key_value_store.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cstdarg>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "storage/rocks_common.h"
#include "storage/rocks_families.h"

namespace scimledger::storage {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{8} << 10U;
/// Shared by the stores of all tenants.
constexpr std::size_t kBlockCacheBytes = std::size_t{128} << 20U;
/// In few parts: what is larger than a part is never kept, and filters of large files are some MiB.
constexpr int kCacheShardBits = 2;
/// The share of it that filters and indexes may keep against data: every read needs them.
constexpr double kFilterShare = 0.6;
/// What a crash loses at most has to be written again at the next start.
constexpr std::size_t kWriteBufferBytes = std::size_t{32} << 20U;
constexpr std::size_t kReadAheadBytes = std::size_t{256} << 10U;
constexpr double kFilterBitsPerKey = 10;
constexpr double kMemtableFilterShare = 0.03;

std::shared_ptr<rocksdb::Cache> SharedCache() {
  static const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(kBlockCacheBytes, kCacheShardBits, false, kFilterShare);
  return cache;
}

/// Joins what Append was given.
class Joining final : public rocksdb::MergeOperator {
 public:
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    std::size_t bytes = in.existing_value != nullptr ? in.existing_value->size() : 0;
    for (const rocksdb::Slice& operand : in.operand_list) bytes += operand.size();
    out->new_value.clear();  // RocksDB lends the string of the key before
    out->new_value.reserve(bytes);
    if (in.existing_value != nullptr) out->new_value.append(ToView(*in.existing_value));
    for (const rocksdb::Slice& operand : in.operand_list) out->new_value.append(ToView(operand));
    return true;
  }
  bool PartialMergeMulti(const rocksdb::Slice& /*key*/, const std::deque<rocksdb::Slice>& operands,
                         std::string* joined, rocksdb::Logger* /*logger*/) const override {
    joined->clear();
    for (const rocksdb::Slice& operand : operands) joined->append(ToView(operand));
    return true;
  }
  const char* Name() const override { return "scimledger.joining"; }
};

rocksdb::Options StoreOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  // Without a log of its own, all of a batch must reach the disk together.
  options.atomic_flush = true;
  options.merge_operator = std::make_shared<Joining>();
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = 3;
  options.max_background_jobs = 2;
  options.bytes_per_sync = kBytesPerSync;
  options.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(KeyValueStore::kPrefixBytes));
  // Most keys that are looked up while rows are made are new.
  options.memtable_prefix_bloom_size_ratio = kMemtableFilterShare;
  options.memtable_whole_key_filtering = true;
  // Keys of one kind, which their first byte tells, mostly come in order: each is put where the one
  // before went.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(1));
  KeepDiaryShort(options);
  // Closing flushes first (Flush); a table half written by a crash is not part of the store.
  options.avoid_flush_during_shutdown = true;

  rocksdb::BlockBasedTableOptions table;
  table.block_size = kBlockBytes;
  table.block_cache = SharedCache();
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

ErrorCode CodeOf(const rocksdb::Status& status) {
  if (status.IsCorruption()) return ErrorCode::kCorrupt;
  if (status.IsNotSupported() || status.IsInvalidArgument()) return ErrorCode::kIncompatible;
  if (status.IsNoSpace()) return ErrorCode::kNoSpace;
  return ErrorCode::kIo;
}

class RocksKeyValueCursor final : public KeyValueCursor {
 public:
  RocksKeyValueCursor(const RocksFamilies& families, const rocksdb::ReadOptions& options)
      : families_(families), options_(options) {}

  void Seek(std::string_view key) override {
    Choose(key);
    iterator_->Seek(ToSlice(key));
  }
  void SeekBack(std::string_view key) override {
    Choose(key);
    iterator_->SeekForPrev(ToSlice(key));
  }
  void Next() override { iterator_->Next(); }
  void Previous() override { iterator_->Prev(); }
  bool is_valid() const override { return iterator_ != nullptr && iterator_->Valid(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  Result<void> status() const override {
    if (iterator_ == nullptr || iterator_->status().ok()) return {};
    const rocksdb::Status status = iterator_->status();
    return Fail(CodeOf(status), fmt::format("cannot read a projection: {}", status.ToString()));
  }

 private:
  void Choose(std::string_view key) {
    std::unique_ptr<rocksdb::Iterator>& chosen = iterators_[families_.IndexOf(key)];
    if (chosen == nullptr) {
      chosen.reset(families_.database().NewIterator(options_, families_.Of(key)));
    }
    iterator_ = chosen.get();
  }

  const RocksFamilies& families_;
  const rocksdb::ReadOptions options_;
  std::array<std::unique_ptr<rocksdb::Iterator>, RocksFamilies::kCountMax> iterators_;
  rocksdb::Iterator* iterator_ = nullptr;  ///< the one sought in last
};

}  // namespace

struct KeyValueBatch::Changes {
  explicit Changes(const RocksFamilies& of) : families(of) {}
  const RocksFamilies& families;
  rocksdb::WriteBatch batch;
};

KeyValueBatch::KeyValueBatch(std::unique_ptr<Changes> changes) : changes_(std::move(changes)) {}
KeyValueBatch::~KeyValueBatch() = default;
KeyValueBatch::KeyValueBatch(KeyValueBatch&&) noexcept = default;
KeyValueBatch& KeyValueBatch::operator=(KeyValueBatch&&) noexcept = default;

void KeyValueBatch::Put(std::string_view key, std::string_view value) {
  changes_->batch.Put(changes_->families.Of(key), ToSlice(key), ToSlice(value));
}

void KeyValueBatch::Append(std::string_view key, std::string_view more) {
  changes_->batch.Merge(changes_->families.Of(key), ToSlice(key), ToSlice(more));
}

std::size_t KeyValueBatch::bytes() const { return changes_->batch.GetDataSize(); }

void KeyValueBatch::Clear() { changes_->batch.Clear(); }

class RocksKeyValueStore final : public KeyValueStore {
 public:
  RocksKeyValueStore(std::unique_ptr<RocksFamilies> families, std::filesystem::path directory)
      : families_(std::move(families)), directory_(std::move(directory)) {}

  Result<std::optional<std::string>> Get(std::string_view key) const override {
    std::string value;
    const rocksdb::Status status =
        families_->database().Get({}, families_->Of(key), ToSlice(key), &value);
    if (status.ok()) return value;
    if (status.IsNotFound()) return std::nullopt;
    return Failed("read", status);
  }

  std::unique_ptr<KeyValueCursor> Scan() const override {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    return std::make_unique<RocksKeyValueCursor>(*families_, options);
  }

  std::unique_ptr<KeyValueCursor> ScanOnce() const override {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    options.fill_cache = false;
    options.readahead_size = kReadAheadBytes;
    return std::make_unique<RocksKeyValueCursor>(*families_, options);
  }

  std::unique_ptr<KeyValueCursor> ScanPrefix() const override {
    rocksdb::ReadOptions options;
    options.prefix_same_as_start = true;
    return std::make_unique<RocksKeyValueCursor>(*families_, options);
  }

  KeyValueBatch MakeBatch() const override {
    return KeyValueBatch(
        std::unique_ptr<KeyValueBatch::Changes>(new KeyValueBatch::Changes(*families_)));
  }

  Result<void> Write(KeyValueBatch& batch) override {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    const rocksdb::Status status = families_->database().Write(options, &batch.changes_->batch);
    if (status.ok()) return {};
    return Failed("write", status);
  }

  Result<void> Flush() override {
    const rocksdb::Status status = families_->database().Flush({}, families_->all());
    if (status.ok()) return {};
    return Failed("write", status);
  }

  std::size_t memory_bytes() const override {
    return Property(rocksdb::DB::Properties::kCurSizeAllMemTables) +
           Property(rocksdb::DB::Properties::kEstimateTableReadersMem);
  }
  std::size_t disk_bytes() const override {
    return Property(rocksdb::DB::Properties::kTotalSstFilesSize);
  }

 private:
  std::unexpected<Error> Failed(std::string_view what, const rocksdb::Status& status) const {
    return Fail(CodeOf(status),
                fmt::format("cannot {} {}: {}", what, directory_.string(), status.ToString()));
  }
  std::size_t Property(const std::string& name) const {
    std::size_t sum = 0;
    for (rocksdb::ColumnFamilyHandle* family : families_->all()) {
      std::uint64_t value = 0;
      families_->database().GetIntProperty(family, name, &value);
      sum += static_cast<std::size_t>(value);
    }
    return sum;
  }

  const std::unique_ptr<RocksFamilies> families_;
  const std::filesystem::path directory_;
};

namespace {

/// RocksDB keeps a diary beside the data, even of who only reads.
class NoDiary final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

Result<std::unique_ptr<KeyValueStore>> OpenStore(const std::filesystem::path& directory,
                                                 std::string apart, RocksFamilies::Access access) {
  rocksdb::Options options = StoreOptions();
  if (access == RocksFamilies::Access::kReadOnly) options.info_log = std::make_shared<NoDiary>();
  FamilyLayout layout;
  layout.apart = "apart";
  layout.is_apart = [kinds = std::move(apart)](std::string_view key) {
    return !key.empty() && kinds.find(key.front()) != std::string::npos;
  };
  std::unique_ptr<RocksFamilies> families;
  const rocksdb::Status status =
      RocksFamilies::Open(options, directory, std::move(layout), access, families);
  if (!status.ok()) {
    return Fail(CodeOf(status),
                fmt::format("cannot open {}: {}", directory.string(), status.ToString()));
  }
  return std::make_unique<RocksKeyValueStore>(std::move(families), directory);
}

}  // namespace

Result<std::unique_ptr<KeyValueStore>> KeyValueStore::Open(const std::filesystem::path& directory,
                                                           std::string apart) {
  return OpenStore(directory, std::move(apart), RocksFamilies::Access::kReadWrite);
}

Result<std::unique_ptr<KeyValueStore>> KeyValueStore::OpenReadOnly(
    const std::filesystem::path& directory, std::string apart) {
  return OpenStore(directory, std::move(apart), RocksFamilies::Access::kReadOnly);
}

}  // namespace scimledger::storage
