#pragma once

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
};

/// The RocksDB database under DATA/log: the logs of all tenants, one key range each (LOG_FORMAT.md §1).
/// Thread-safe. RocksDB appears only in this folder's .cc files.
class LogStore {
 public:
  /// kIncompatible: written by another format version. kNotFound: nothing there and not to be created.
  /// kCorrupt: RocksDB refuses it, or the recovery mode read back is not the one asked for.
  [[nodiscard]] static Result<std::unique_ptr<LogStore>> Open(const std::filesystem::path& directory,
                                                              const LogStoreOptions& options);
  virtual ~LogStore() = default;

  /// Opens the tenant's log, making it (with a new random log id) when the store may create. The log
  /// must not outlive the store. kNotFound: no such tenant.
  [[nodiscard]] virtual Result<std::unique_ptr<EventLog>> OpenLog(std::string_view tenant) = 0;
};

}  // namespace scimledger::storage
