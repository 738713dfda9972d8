#include "tests/unit/storage/unsynced_file_system.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace scimledger::storage {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Ignore = UnsyncedFileSystem::Ignore;
namespace fs = std::filesystem;

namespace {

fs::path Normal(const std::string& name) {
  const fs::path path = fs::path(name).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

/// Files as they are now and as a power failure would leave them. Thread-safe.
class DiskModel {
 public:
  struct File {
    std::string written;
    std::size_t synced_bytes = 0;  ///< of `written`; these never change
  };

  explicit DiskModel(Ignore ignore) : ignore_(ignore) {}

  /// Does `real`, and `model` if that worked, unless the power is off.
  template <typename Real, typename Model>
  IOStatus Change(const Real& real, const Model& model) {
    const std::scoped_lock lock(mutex_);
    if (++operations_ >= power_off_at_) return IOStatus::IOError("the power is off");
    const IOStatus status = real();
    if (status.ok()) model();
    return status;
  }

  // Called from the model part of Change.
  std::shared_ptr<File> Create(const fs::path& name) {
    return now_[name] = std::make_shared<File>();
  }
  std::shared_ptr<File> Find(const fs::path& name) {
    auto& file = now_[name];
    if (file == nullptr) file = std::make_shared<File>();
    return file;
  }
  void Remove(const fs::path& name) { now_.erase(name); }
  void Rename(const fs::path& from, const fs::path& to) {
    now_[to] = now_.at(from);
    now_.erase(from);
  }
  void MakeDirectory(const fs::path& name) { directories_now_.insert(name); }
  void SyncFile(File& file) const {
    if (ignore_ != Ignore::kFileSyncs) file.synced_bytes = file.written.size();
  }
  void SyncDirectory(const fs::path& directory) {
    if (ignore_ == Ignore::kDirectorySyncs) return;
    std::erase_if(durable_,
                  [&](const auto& entry) { return entry.first.parent_path() == directory; });
    for (const auto& [name, file] : now_) {
      if (name.parent_path() == directory) durable_[name] = file;
    }
    for (const fs::path& made : directories_now_) {
      if (made.parent_path() == directory) durable_directories_.insert(made);
    }
  }

  void Load(const fs::path& root) {
    durable_directories_.insert(Normal(root.string()));
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_directory()) durable_directories_.insert(entry.path());
      if (!entry.is_regular_file()) continue;
      std::ostringstream bytes;
      bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      const auto file = std::make_shared<File>(File{bytes.str(), bytes.str().size()});
      now_[entry.path()] = durable_[entry.path()] = file;
    }
    directories_now_ = durable_directories_;
  }

  void Restore(const fs::path& root, bool keep_prefix, std::mt19937_64& random) const {
    for (const auto& entry : fs::directory_iterator(root)) fs::remove_all(entry.path());
    for (const fs::path& directory : durable_directories_) fs::create_directories(directory);
    for (const auto& [name, file] : durable_) {
      if (!durable_directories_.contains(name.parent_path())) continue;
      std::size_t bytes = file->synced_bytes;
      if (keep_prefix) bytes += random() % (file->written.size() - bytes + 1);
      std::ofstream(name, std::ios::binary) << std::string_view(file->written).substr(0, bytes);
    }
  }

  void PowerOffAt(std::uint64_t operation) {
    const std::scoped_lock lock(mutex_);
    power_off_at_ = operations_ + operation;
  }
  std::uint64_t operations() const {
    const std::scoped_lock lock(mutex_);
    return operations_;
  }

 private:
  const Ignore ignore_;
  mutable std::mutex mutex_;
  std::uint64_t operations_ = 0;
  std::uint64_t power_off_at_ = ~std::uint64_t{0};
  std::map<fs::path, std::shared_ptr<File>> now_;
  std::map<fs::path, std::shared_ptr<File>> durable_;
  std::set<fs::path> directories_now_;
  std::set<fs::path> durable_directories_;
};

namespace {

class UnsyncedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  UnsyncedFile(std::unique_ptr<rocksdb::FSWritableFile> real, std::shared_ptr<DiskModel> model,
               std::shared_ptr<DiskModel::File> file)
      : FSWritableFileOwnerWrapper(std::move(real)),
        model_(std::move(model)),
        file_(std::move(file)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return model_->Change([&] { return FSWritableFileOwnerWrapper::Append(data, options, debug); },
                          [&] { file_->written.append(data.data(), data.size()); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*checksum*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  /// Of files written past the page cache: whole sectors, the last one padded and written again.
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    std::string& written = file_->written;
    if (offset < file_->synced_bytes || offset > written.size()) {
      return IOStatus::NotSupported("writing over synced bytes is not modelled");
    }
    return model_->Change(
        [&] { return FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, debug); },
        [&] { written.replace(offset, data.size(), data.data(), data.size()); });
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo& /*checksum*/,
                            IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }
  /// Cuts off preallocated blocks, and the padding of the last sector.
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    if (size == file_->written.size() && !use_direct_io()) return IOStatus::OK();
    if (size < file_->synced_bytes || size > file_->written.size()) {
      return IOStatus::NotSupported("truncating synced bytes is not modelled");
    }
    return model_->Change(
        [&] { return FSWritableFileOwnerWrapper::Truncate(size, options, debug); },
        [&] { file_->written.resize(size); });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return Synced(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return Synced(); }

 private:
  IOStatus Synced() {
    return model_->Change([] { return IOStatus::OK(); }, [&] { model_->SyncFile(*file_); });
  }

  std::shared_ptr<DiskModel> model_;
  std::shared_ptr<DiskModel::File> file_;
};

class UnsyncedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  UnsyncedDirectory(std::unique_ptr<rocksdb::FSDirectory> real, std::shared_ptr<DiskModel> model,
                    fs::path name)
      : FSDirectoryWrapper(std::move(real)), model_(std::move(model)), name_(std::move(name)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return Synced(); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return Synced();
  }

 private:
  IOStatus Synced() {
    return model_->Change([] { return IOStatus::OK(); }, [&] { model_->SyncDirectory(name_); });
  }

  std::shared_ptr<DiskModel> model_;
  fs::path name_;
};

}  // namespace

UnsyncedFileSystem::UnsyncedFileSystem(const fs::path& root, Ignore ignore)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      root_(root),
      model_(std::make_shared<DiskModel>(ignore)) {
  model_->Load(root_);
}

UnsyncedFileSystem::~UnsyncedFileSystem() = default;

void UnsyncedFileSystem::PowerOffAt(std::uint64_t operation) { model_->PowerOffAt(operation); }

std::uint64_t UnsyncedFileSystem::operations() const { return model_->operations(); }

void UnsyncedFileSystem::RestoreSurvivors(Unsynced unsynced, std::mt19937_64& random) {
  model_->Restore(root_, unsynced == Unsynced::kRandomPrefixKept, random);
}

IOStatus UnsyncedFileSystem::NewWritableFile(const std::string& name, const FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                             IODebugContext* debug) {
  return model_->Change(
      [&] { return FileSystemWrapper::NewWritableFile(name, options, file, debug); },
      [&] {
        *file =
            std::make_unique<UnsyncedFile>(std::move(*file), model_, model_->Create(Normal(name)));
      });
}

IOStatus UnsyncedFileSystem::ReopenWritableFile(const std::string& name, const FileOptions& options,
                                                std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                IODebugContext* debug) {
  return model_->Change(
      [&] { return FileSystemWrapper::ReopenWritableFile(name, options, file, debug); },
      [&] {
        *file =
            std::make_unique<UnsyncedFile>(std::move(*file), model_, model_->Find(Normal(name)));
      });
}

IOStatus UnsyncedFileSystem::ReuseWritableFile(const std::string&, const std::string&,
                                               const FileOptions&,
                                               std::unique_ptr<rocksdb::FSWritableFile>*,
                                               IODebugContext*) {
  return IOStatus::NotSupported("reusing files is not modelled");
}

IOStatus UnsyncedFileSystem::NewDirectory(const std::string& name, const IOOptions& options,
                                          std::unique_ptr<rocksdb::FSDirectory>* directory,
                                          IODebugContext* debug) {
  const IOStatus status = FileSystemWrapper::NewDirectory(name, options, directory, debug);
  if (status.ok()) {
    *directory = std::make_unique<UnsyncedDirectory>(std::move(*directory), model_, Normal(name));
  }
  return status;
}

IOStatus UnsyncedFileSystem::DeleteFile(const std::string& name, const IOOptions& options,
                                        IODebugContext* debug) {
  return model_->Change([&] { return FileSystemWrapper::DeleteFile(name, options, debug); },
                        [&] { model_->Remove(Normal(name)); });
}

IOStatus UnsyncedFileSystem::RenameFile(const std::string& from, const std::string& to,
                                        const IOOptions& options, IODebugContext* debug) {
  // RocksDB's own log files are made beside the model.
  const bool is_info_log = Normal(from).filename() == "LOG";
  return model_->Change([&] { return FileSystemWrapper::RenameFile(from, to, options, debug); },
                        [&] {
                          if (!is_info_log) model_->Rename(Normal(from), Normal(to));
                        });
}

IOStatus UnsyncedFileSystem::CreateDirIfMissing(const std::string& name, const IOOptions& options,
                                                IODebugContext* debug) {
  return model_->Change([&] { return FileSystemWrapper::CreateDirIfMissing(name, options, debug); },
                        [&] { model_->MakeDirectory(Normal(name)); });
}

IOStatus UnsyncedFileSystem::LinkFile(const std::string&, const std::string&, const IOOptions&,
                                      IODebugContext*) {
  return IOStatus::NotSupported("links are not modelled");
}

IOStatus UnsyncedFileSystem::Truncate(const std::string&, std::size_t, const IOOptions&,
                                      IODebugContext*) {
  return IOStatus::NotSupported("truncating by name is not modelled");
}

}  // namespace scimledger::storage
