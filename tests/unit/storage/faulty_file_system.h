#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace scimledger::storage {

/// Which call fails, when, and how.
struct Fault {
  enum class Call { kWrite, kSync, kClose };
  enum class Files { kWriteAheadLogs, kAll };
  enum class Lasting { kOnce, kUntilCleared };

  Call call = Call::kWrite;
  Files files = Files::kWriteAheadLogs;
  std::uint64_t nth = 1;  ///< counted from when the fault is set
  rocksdb::IOStatus status = rocksdb::IOStatus::IOError("Input/output error");
  Lasting lasting = Lasting::kOnce;
};

/// A lazy file system with one fault. A write that fails has written half of its bytes.
/// Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();

  void Set(Fault fault);
  void Clear();
  /// Whether the fault that was set last has struck.
  bool struck() const;

  /// Counts the call and gives the error it must fail with, or OK.
  rocksdb::IOStatus Next(Fault::Call call, const std::string& file);

  const char* Name() const override { return "FaultyFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;

 private:
  mutable std::mutex mutex_;
  Fault fault_;
  bool is_set_ = false;
  bool struck_ = false;
  std::uint64_t calls_ = 0;
};

}  // namespace scimledger::storage
