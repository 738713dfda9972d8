#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/identifiers.h"
#include "storage/log_store.h"
#include "storage/result.h"

namespace scimledger::storage {

class RocksDatabase;
class RocksWrites;

/// Whose password, and by which reference the log knows it.
struct PasswordKey {
  Uuid resource;
  Uuid reference;
};

/// Hashes of passwords, of all tenants: a database of its own in DATA/passwords, because they must
/// be forgettable and the log forgets nothing (LOG_FORMAT.md §9). Made when the first hash is kept.
/// Errors, beside those of Open of a LogStore: kNoSpace and kUnavailable (try again later),
/// kSyncFailed (not in this process). Thread-safe.
class PasswordStore {
 public:
  explicit PasswordStore(std::filesystem::path directory, LogStoreOptions options = {});
  ~PasswordStore();
  PasswordStore(const PasswordStore&) = delete;
  PasswordStore& operator=(const PasswordStore&) = delete;

  /// Whether there is a database at all.
  bool exists() const;

  /// Durable when it returns.
  [[nodiscard]] Result<void> Put(const Uuid& log, const PasswordKey& key, std::string_view hash);
  [[nodiscard]] Result<std::optional<std::string>> Get(const Uuid& log, const PasswordKey& key);
  [[nodiscard]] Result<void> Remove(const Uuid& log, std::span<const PasswordKey> keys);
  /// All of the log.
  [[nodiscard]] Result<void> Clear(const Uuid& log);
  /// Visits what is kept of one resource, or of the whole log, as it was when the walk began, until
  /// `visit` returns false.
  [[nodiscard]] Result<void> ForEach(const Uuid& log, const std::optional<Uuid>& resource,
                                     const std::function<bool(const PasswordKey&)>& visit);

 private:
  /// nullptr: there is none, and it was not to be made.
  [[nodiscard]] Result<std::shared_ptr<RocksDatabase>> Database(bool create);
  [[nodiscard]] Result<std::shared_ptr<RocksDatabase>> OpenWithLock(bool create);
  [[nodiscard]] Result<void> Write(RocksDatabase& database,
                                   const std::function<void(RocksWrites&)>& fill);

  const std::filesystem::path directory_;
  const LogStoreOptions options_;
  std::mutex mutex_;
  std::shared_ptr<RocksDatabase> database_;  ///< guarded by mutex_
  std::atomic<bool> failed_{false};          ///< the last write did
};

}  // namespace scimledger::storage
