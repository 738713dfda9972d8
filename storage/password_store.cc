#include "storage/password_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "storage/rocks_database.h"

namespace scimledger::storage {
namespace {

constexpr char kHashKind = '\x01';
/// Of the store's own record, under the all-zero id, which no log has.
constexpr char kRecordKind = '\x00';
constexpr std::string_view kRecord{"LDGPASSW\0\0\0\0", 12};
constexpr std::size_t kUuidBytes = 16;
/// Hashes are few and short beside events.
constexpr std::size_t kWriteBufferBytes = std::size_t{4} << 20U;

std::string PrefixOf(const Uuid& log) {
  std::string prefix(log.AsBytes());
  prefix += kHashKind;
  return prefix;
}

std::string PrefixOf(const Uuid& log, const Uuid& resource) {
  return PrefixOf(log).append(resource.AsBytes());
}

std::string KeyOf(const Uuid& log, const PasswordKey& key) {
  return PrefixOf(log, key.resource).append(key.reference.AsBytes());
}

std::string RecordKey() { return std::string(kUuidBytes, '\0') + kRecordKind; }

Result<PasswordKey> ParseKey(std::string_view bytes) {
  constexpr std::size_t kPrefix = kUuidBytes + 1;
  if (bytes.size() != kPrefix + 2 * kUuidBytes) {
    return Fail(ErrorCode::kCorrupt, "the password store has a key of unknown form");
  }
  return PasswordKey{*Uuid::FromBytes(bytes.substr(kPrefix, kUuidBytes)),
                     *Uuid::FromBytes(bytes.substr(kPrefix + kUuidBytes))};
}

/// A database that was just made has none.
Result<void> CheckOrWriteRecord(RocksDatabase& database) {
  SCIMLEDGER_TRY_ASSIGN(const auto record, database.Get(RecordKey()));
  if (record && *record == kRecord) return {};
  if (record) {
    return Fail(ErrorCode::kIncompatible, "the password store has another format");
  }
  return database.Write([](RocksWrites& writes) { writes.Put(RecordKey(), kRecord); });
}

}  // namespace

PasswordStore::PasswordStore(std::filesystem::path directory, LogStoreOptions options)
    : directory_(std::move(directory)), options_(options) {}

PasswordStore::~PasswordStore() {
  if (database_ != nullptr) database_->Close();
}

bool PasswordStore::exists() const {
  std::error_code unreadable;
  return std::filesystem::exists(directory_, unreadable);
}

Result<std::shared_ptr<RocksDatabase>> PasswordStore::Database(bool create) {
  const std::scoped_lock lock(mutex_);
  if (database_ != nullptr) return database_;
  if (!create && !exists()) return nullptr;
  return OpenWithLock(create);
}

Result<std::shared_ptr<RocksDatabase>> PasswordStore::OpenWithLock(bool create) {
  LogStoreOptions options = options_;
  // An empty directory is what making one left that was interrupted.
  std::error_code unreadable;
  options.create_if_missing = create || std::filesystem::is_empty(directory_, unreadable);
  options.write_buffer_bytes = std::min(options.write_buffer_bytes, kWriteBufferBytes);
  SCIMLEDGER_TRY_ASSIGN(auto database, RocksDatabase::Open(directory_, options));
  std::error_code refused;
  std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, refused);
  if (refused) {
    return Fail(ErrorCode::kIo, fmt::format("cannot make {} readable by its owner alone: {}",
                                            directory_.string(), refused.message()));
  }
  SCIMLEDGER_TRY(CheckOrWriteRecord(*database));
  database_ = std::move(database);
  return database_;
}

/// After a failed write RocksDB may take no other until it was opened again.
Result<void> PasswordStore::Write(RocksDatabase& database, const RocksDatabase::Fill& fill) {
  if (failed_.load()) {
    SCIMLEDGER_TRY(database.Reopen(database.generation()));
    failed_ = false;
  }
  auto written = database.Write(fill);
  if (!written) failed_ = true;
  return written;
}

Result<void> PasswordStore::Put(const Uuid& log, const PasswordKey& key, std::string_view hash) {
  SCIMLEDGER_TRY_ASSIGN(const auto database, Database(true));
  return Write(*database, [&](RocksWrites& writes) { writes.Put(KeyOf(log, key), hash); });
}

Result<std::optional<std::string>> PasswordStore::Get(const Uuid& log, const PasswordKey& key) {
  SCIMLEDGER_TRY_ASSIGN(const auto database, Database(false));
  if (database == nullptr) return std::nullopt;
  return database->Get(KeyOf(log, key));
}

Result<void> PasswordStore::Remove(const Uuid& log, std::span<const PasswordKey> keys) {
  if (keys.empty()) return {};
  SCIMLEDGER_TRY_ASSIGN(const auto database, Database(false));
  if (database == nullptr) return {};
  return Write(*database, [&](RocksWrites& writes) {
    for (const PasswordKey& key : keys) writes.Delete(KeyOf(log, key));
  });
}

Result<void> PasswordStore::Clear(const Uuid& log) {
  SCIMLEDGER_TRY_ASSIGN(const auto database, Database(false));
  if (database == nullptr) return {};
  const std::string first = PrefixOf(log);
  std::string end = first;
  ++end.back();
  return Write(*database, [&](RocksWrites& writes) { writes.DeleteRange(first, end); });
}

Result<void> PasswordStore::ForEach(const Uuid& log, const std::optional<Uuid>& resource,
                                    const std::function<bool(const PasswordKey&)>& visit) {
  SCIMLEDGER_TRY_ASSIGN(const auto database, Database(false));
  if (database == nullptr) return {};
  const std::string prefix = resource ? PrefixOf(log, *resource) : PrefixOf(log);
  SCIMLEDGER_TRY_ASSIGN(const auto cursor, database->Scan(prefix, prefix));
  while (true) {
    SCIMLEDGER_TRY_ASSIGN(const KeyValue* const entry, cursor->Next());
    if (entry == nullptr) return {};
    SCIMLEDGER_TRY_ASSIGN(const PasswordKey key, ParseKey(entry->key));
    if (!visit(key)) return {};
  }
}

}  // namespace scimledger::storage
