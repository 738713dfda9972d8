#pragma once

#include <atomic>
#include <memory>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace scimledger::storage {

/// What happened below RocksDB that its Status does not tell apart. Thread-safe.
struct SyncWatch {
  /// A sync, or the close of a file being written, failed once. Never cleared: what the file holds
  /// on disk is unknown from then on, and syncing again may falsely succeed.
  std::atomic<bool> sync_failed{false};
  /// The database's lock file is held by somebody else.
  std::atomic<bool> lock_refused{false};
};

/// An Env over `base`'s files that notes failures in `watch`. It shares Env::Default's threads and
/// clock, and keeps `base`'s file system alive.
std::unique_ptr<rocksdb::Env> MakeWatchedEnv(rocksdb::Env& base, std::shared_ptr<SyncWatch> watch);

}  // namespace scimledger::storage
