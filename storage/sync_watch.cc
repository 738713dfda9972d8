#include "storage/sync_watch.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace scimledger::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<SyncWatch> watch)
      : FSWritableFileOwnerWrapper(std::move(file)), watch_(std::move(watch)) {}

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Note(FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Note(FSWritableFileOwnerWrapper::Fsync(options, debug));
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return Note(FSWritableFileOwnerWrapper::Close(options, debug));
  }

 private:
  IOStatus Note(IOStatus status) {
    if (!status.ok()) watch_->sync_failed.store(true);
    return status;
  }

  std::shared_ptr<SyncWatch> watch_;
};

class WatchedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  WatchedDirectory(std::unique_ptr<rocksdb::FSDirectory> directory,
                   std::shared_ptr<SyncWatch> watch)
      : FSDirectoryWrapper(std::move(directory)), watch_(std::move(watch)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Note(FSDirectoryWrapper::Fsync(options, debug));
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& how) override {
    return Note(FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how));
  }

 private:
  IOStatus Note(IOStatus status) {
    if (!status.ok()) watch_->sync_failed.store(true);
    return status;
  }

  std::shared_ptr<SyncWatch> watch_;
};

class WatchedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  WatchedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& base,
                    std::shared_ptr<SyncWatch> watch)
      : FileSystemWrapper(base), watch_(std::move(watch)) {}

  const char* Name() const override { return "SyncWatch"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    return Watch(FileSystemWrapper::NewWritableFile(name, options, file, debug), file);
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* debug) override {
    return Watch(FileSystemWrapper::ReopenWritableFile(name, options, file, debug), file);
  }
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                             const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* debug) override {
    return Watch(FileSystemWrapper::ReuseWritableFile(name, old_name, options, file, debug), file);
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewDirectory(name, options, directory, debug);
    if (status.ok()) {
      *directory = std::make_unique<WatchedDirectory>(std::move(*directory), watch_);
    }
    return status;
  }
  IOStatus LockFile(const std::string& name, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::LockFile(name, options, lock, debug);
    watch_->lock_refused.store(!status.ok());
    return status;
  }

 private:
  IOStatus Watch(IOStatus status, std::unique_ptr<rocksdb::FSWritableFile>* file) const {
    if (status.ok()) *file = std::make_unique<WatchedFile>(std::move(*file), watch_);
    return status;
  }

  std::shared_ptr<SyncWatch> watch_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> MakeWatchedEnv(rocksdb::Env& base, std::shared_ptr<SyncWatch> watch) {
  return rocksdb::NewCompositeEnv(
      std::make_shared<WatchedFileSystem>(base.GetFileSystem(), std::move(watch)));
}

}  // namespace scimledger::storage
