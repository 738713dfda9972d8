#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

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
};

}  // namespace scimledger::storage
