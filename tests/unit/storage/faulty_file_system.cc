#include "tests/unit/storage/faulty_file_system.h"

#include "tests/unit/storage/lazy_file_system.h"

namespace scimledger::storage {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyFileSystem& faults,
             std::string name)
      : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = faults_.Next(Fault::Call::kWrite, name_);
    if (fault.ok()) return FSWritableFileOwnerWrapper::Append(data, options, debug);
    const Slice half(data.data(), data.size() / 2);
    FSWritableFileOwnerWrapper::Append(half, options, debug).PermitUncheckedError();
    return fault;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*checksum*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  /// As Append, for files that are written past the page cache: in whole sectors.
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    const IOStatus fault = faults_.Next(Fault::Call::kWrite, name_);
    if (fault.ok()) {
      return FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, debug);
    }
    const std::size_t sector = GetRequiredBufferAlignment();
    const Slice half(data.data(), data.size() / 2 / sector * sector);
    FSWritableFileOwnerWrapper::PositionedAppend(half, offset, options, debug)
        .PermitUncheckedError();
    return fault;
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo& /*checksum*/,
                            IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = faults_.Next(Fault::Call::kWrite, name_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Truncate(size, options, debug) : fault;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = faults_.Next(Fault::Call::kSync, name_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : fault;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = faults_.Next(Fault::Call::kSync, name_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : fault;
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus closed = FSWritableFileOwnerWrapper::Close(options, debug);
    const IOStatus fault = faults_.Next(Fault::Call::kClose, name_);
    return fault.ok() ? closed : fault;
  }

 private:
  FaultyFileSystem& faults_;
  std::string name_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem() : FileSystemWrapper(MakeLazyFileSystem()) {}

void FaultyFileSystem::Set(Fault fault) {
  const std::scoped_lock lock(mutex_);
  fault_ = std::move(fault);
  is_set_ = true;
  struck_ = false;
  calls_ = 0;
}

void FaultyFileSystem::Clear() {
  const std::scoped_lock lock(mutex_);
  is_set_ = false;
}

bool FaultyFileSystem::struck() const {
  const std::scoped_lock lock(mutex_);
  return struck_;
}

IOStatus FaultyFileSystem::Next(Fault::Call call, const std::string& file) {
  const std::scoped_lock lock(mutex_);
  if (!is_set_ || call != fault_.call) return IOStatus::OK();
  if (fault_.files == Fault::Files::kWriteAheadLogs && !file.ends_with(".log")) {
    return IOStatus::OK();
  }
  ++calls_;
  const bool strikes =
      fault_.lasting == Fault::Lasting::kOnce ? calls_ == fault_.nth : calls_ >= fault_.nth;
  if (!strikes) return IOStatus::OK();
  struck_ = true;
  return fault_.status;
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& name,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                                           IODebugContext* debug) {
  const IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (status.ok()) *file = std::make_unique<FaultyFile>(std::move(*file), *this, name);
  return status;
}

}  // namespace scimledger::storage
