#include "storage/log_store.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>

#include "storage/hash.h"
#include "storage/log_keys.h"
#include "storage/rocks_database.h"
#include "storage/rocks_event_log.h"
#include "storage/stored_records.h"

namespace scimledger::storage {
namespace {

[[nodiscard]] Result<void> WriteOne(RocksDatabase& database, const std::string& key,
                                    std::string_view value) {
  return database.Write([&](RocksWrites& writes) { writes.Put(key, value); });
}

/// Creating was interrupted before the store record if there is no key at all.
[[nodiscard]] Result<void> CheckOrWriteStoreRecord(RocksDatabase& database, bool create) {
  SCIMLEDGER_TRY_ASSIGN(const auto record, database.Get(StoreKey()));
  if (record) return CheckStoreRecord(*record);
  SCIMLEDGER_TRY_ASSIGN(const auto cursor, database.Scan("", ""));
  SCIMLEDGER_TRY_ASSIGN(const KeyValue* const other, cursor->Next());
  if (other != nullptr && other->key == StoreKey()) {
    return Fail(ErrorCode::kIncompatible,
                "the log was written by an earlier development version, which kept events and "
                "batch records together; only that version can read it");
  }
  if (other != nullptr) {
    return Fail(ErrorCode::kCorrupt, "the database has no store record of scimledger's");
  }
  if (!create) return Fail(ErrorCode::kNotFound, "the database is empty: there is no log in it");
  return WriteOne(database, StoreKey(), EncodeStoreRecord());
}

class RocksLogStore final : public LogStore {
 public:
  RocksLogStore(std::shared_ptr<RocksDatabase> database, bool create)
      : database_(std::move(database)), create_(create) {}
  // Logs and readers may share the database for longer; the directory is free from here on.
  ~RocksLogStore() override { database_->Close(); }
  RocksLogStore(const RocksLogStore&) = delete;
  RocksLogStore& operator=(const RocksLogStore&) = delete;

  Result<std::unique_ptr<EventLog>> OpenLog(std::string_view tenant) override {
    if (tenant.empty() || tenant.size() > kTenantNameBytesMax) {
      return Fail(ErrorCode::kInvalid, fmt::format("a tenant's name has 1 to {} bytes, not {}",
                                                   kTenantNameBytesMax, tenant.size()));
    }
    const std::scoped_lock lock(mutex_);
    std::weak_ptr<const Uuid>& open_log = open_logs_[std::string(tenant)];
    if (!open_log.expired()) {
      return Fail(ErrorCode::kInvalid, fmt::format("the log of tenant {} is open already", tenant));
    }
    SCIMLEDGER_TRY_ASSIGN(const Uuid id, LogId(tenant));
    const auto shared_id = std::make_shared<const Uuid>(id);
    open_log = shared_id;
    return RocksEventLog::Open(database_, shared_id);
  }

  Result<std::vector<std::string>> TenantNames() const override {
    const std::string prefix = TenantKey("");
    SCIMLEDGER_TRY_ASSIGN(const auto cursor, database_->Scan(prefix, prefix));
    std::vector<std::string> names;
    for (;;) {
      SCIMLEDGER_TRY_ASSIGN(const KeyValue* const entry, cursor->Next());
      if (entry == nullptr) return names;
      names.push_back(entry->key.substr(prefix.size()));
    }
  }

  Result<void> CopyTo(const std::filesystem::path& target) override {
    return database_->CopyTo(target);
  }

 private:
  [[nodiscard]] Result<Uuid> LogId(std::string_view tenant) {
    SCIMLEDGER_TRY_ASSIGN(const auto stored, database_->Get(TenantKey(tenant)));
    if (stored) {
      const std::optional<Uuid> id = Uuid::FromBytes(*stored);
      if (id) return *id;
      return Fail(ErrorCode::kCorrupt, fmt::format("the log id of tenant {} has {} bytes, not 16",
                                                   tenant, stored->size()));
    }
    if (!create_) return Fail(ErrorCode::kNotFound, fmt::format("there is no tenant {}", tenant));
    const Uuid id = RandomUuid();
    SCIMLEDGER_TRY(WriteOne(*database_, TenantKey(tenant), id.AsBytes()));
    return id;
  }

  const std::shared_ptr<RocksDatabase> database_;
  const bool create_;
  std::mutex mutex_;
  /// By tenant; expires with the log.
  std::map<std::string, std::weak_ptr<const Uuid>> open_logs_;
};

}  // namespace

Result<std::unique_ptr<LogStore>> LogStore::Open(const std::filesystem::path& directory,
                                                 const LogStoreOptions& options) {
  SCIMLEDGER_TRY_ASSIGN(auto database,
                        RocksDatabase::Open(directory, options, {kEventsFamily, IsInEvents}));
  SCIMLEDGER_TRY(CheckOrWriteStoreRecord(*database, options.create_if_missing));
  return std::make_unique<RocksLogStore>(std::move(database), options.create_if_missing);
}

}  // namespace scimledger::storage
