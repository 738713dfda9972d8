#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/event_log.h"

namespace rocksdb {
class Env;
}

namespace scimledger::storage {

struct LogStoreOptions {
  bool create_if_missing = false;
  /// Tests pass an Env of their own (in memory, or dropping unsynced bytes). nullptr: the disk.
  rocksdb::Env* env = nullptr;
  /// How much RocksDB keeps in memory before it writes a table; tests make it small.
  std::size_t write_buffer_bytes = std::size_t{64} << 20U;
  /// Tables are written past the page cache where the file system takes that.
  bool writes_past_cache = true;
};

/// The RocksDB database under DATA/log: the logs of all tenants, one key range each (LOG_FORMAT.md §1).
/// Thread-safe. RocksDB appears only in this folder's .cc files.
class LogStore {
 public:
  /// kIncompatible: written by another format version. kNotFound: nothing there and not to be created.
  /// kCorrupt: RocksDB refuses it, or the recovery mode read back is not the one asked for.
  /// kLocked: another process, or another store of this one, has it open.
  [[nodiscard]] static Result<std::unique_ptr<LogStore>> Open(const std::filesystem::path& directory,
                                                              const LogStoreOptions& options);
  virtual ~LogStore() = default;

  /// Opens the tenant's log, making it (with a new random log id) when the store may create. The log
  /// must not outlive the store; used after it, log and readers answer kUnavailable.
  /// kNotFound: no such tenant. kInvalid: no name for a tenant, or its log is open already: two open
  /// logs of one tenant would not see each other's appends. kCorrupt: LOG_FORMAT.md §7 names the checks.
  ///
  /// EventLog::Reopen of any log closes and reopens the database under all of them. Other logs go on:
  /// those that had failed too need their own Reopen. Readers made before answer kUnavailable.
  [[nodiscard]] virtual Result<std::unique_ptr<EventLog>> OpenLog(std::string_view tenant) = 0;

  /// Names of the tenants that have a log, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> TenantNames() const = 0;

  /// Copies the logs of all tenants, as they are at one moment, into `target`, which must not exist
  /// but whose parent must: a directory that Open opens. Appends go on meanwhile. On one file system
  /// tables are shared with this store by hard links (they never change). kIo, kNoSpace.
  [[nodiscard]] virtual Result<void> CopyTo(const std::filesystem::path& target) = 0;
};

}  // namespace scimledger::storage
