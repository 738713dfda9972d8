#include "storage/snapshot_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "storage/big_endian.h"
#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr std::string_view kMagic = "LDGSNAPS";
constexpr std::uint32_t kFormatVersion = 0;
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kProjectionVersionAt = 12;
constexpr std::size_t kLogIdAt = 16;
constexpr std::size_t kSequenceAt = 32;
constexpr std::size_t kLeafHashAt = 40;
constexpr std::size_t kNameLengthAt = 72;
constexpr std::size_t kNameAt = 76;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kTrailerBytes = 8 + sizeof(Hash);
constexpr std::size_t kWriteBytes = std::size_t{1} << 20U;

std::unexpected<Error> IoError(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  return Fail(number == ENOSPC || number == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot {} snapshot {}: {}", what, path.string(),
                          std::generic_category().message(number)));
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  bool Close() {
    const int number = std::exchange(number_, -1);
    return number < 0 || close(number) == 0;
  }

 private:
  int number_ = -1;
};

std::string EncodeHead(const SnapshotInfo& info) {
  std::string head(kMagic);
  AppendBigEndian(head, kFormatVersion);
  AppendBigEndian(head, info.version);
  head += info.log_id.AsBytes();
  AppendBigEndian(head, info.sequence.value);
  head += AsBytes(info.leaf_hash);
  AppendBigEndian(head, static_cast<std::uint32_t>(info.projection.size()));
  head += info.projection;
  return head;
}

class FileSnapshotWriter final : public SnapshotWriter {
 public:
  FileSnapshotWriter(std::filesystem::path target, std::filesystem::path partial, int descriptor)
      : target_(std::move(target)), partial_(std::move(partial)), file_(descriptor) {}

  ~FileSnapshotWriter() override {
    if (!committed_) unlink(partial_.c_str());
  }
  FileSnapshotWriter(const FileSnapshotWriter&) = delete;
  FileSnapshotWriter& operator=(const FileSnapshotWriter&) = delete;

  [[nodiscard]] Result<void> WriteHead(const SnapshotInfo& info) { return Write(EncodeHead(info)); }

  Result<void> Append(std::string_view bytes) override {
    payload_bytes_ += bytes.size();
    return Write(bytes);
  }

  Result<void> Commit() override {
    if (failed_ || committed_) {
      return Fail(ErrorCode::kInvalid, "a snapshot is committed once, after whole writes only");
    }
    std::string length;
    AppendBigEndian(length, payload_bytes_);
    SCIMLEDGER_TRY(Write(length));
    buffer_ += AsBytes(checksum_.Finish());
    SCIMLEDGER_TRY(Drain());
    failed_ = true;  // cleared once everything below has worked
    if (fsync(file_.get()) != 0) return IoError("sync", partial_);
    if (!file_.Close()) return IoError("close", partial_);
    if (rename(partial_.c_str(), target_.c_str()) != 0) return IoError("rename", partial_);
    committed_ = true;
    SCIMLEDGER_TRY(SyncDirectory());
    failed_ = false;
    return {};
  }

 private:
  [[nodiscard]] Result<void> Write(std::string_view bytes) {
    if (failed_) return Fail(ErrorCode::kIo, "an earlier write of the snapshot failed");
    checksum_.Update(bytes);
    buffer_ += bytes;
    if (buffer_.size() < kWriteBytes) return {};
    return Drain();
  }

  [[nodiscard]] Result<void> Drain() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t count = write(file_.get(), rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        failed_ = true;
        return IoError("write", partial_);
      }
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    // Begun now, so that the sync at the end finds little left to do: hundreds of megabytes at once
    // would hold up the syncs of the log. What it answers does not matter before that one.
    const auto bytes = static_cast<off_t>(buffer_.size());
    sync_file_range(file_.get(), written_, bytes, SYNC_FILE_RANGE_WRITE);
    written_ += bytes;
    buffer_.clear();
    return {};
  }

  [[nodiscard]] Result<void> SyncDirectory() const {
    const std::filesystem::path directory = std::filesystem::absolute(target_).parent_path();
    const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || fsync(opened.get()) != 0)
      return IoError("sync the directory of", target_);
    return {};
  }

  const std::filesystem::path target_;
  const std::filesystem::path partial_;
  Descriptor file_;
  std::string buffer_;
  Sha256Stream checksum_;
  std::uint64_t payload_bytes_ = 0;
  off_t written_ = 0;
  bool failed_ = false;
  bool committed_ = false;
};

/// The bytes of a whole file, unmapped at the end.
class Mapping {
 public:
  Mapping(void* address, std::size_t bytes) : address_(address), bytes_(bytes) {}
  ~Mapping() { munmap(address_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(address_), bytes_}; }

 private:
  void* address_;
  std::size_t bytes_;
};

class FileSnapshotReader final : public SnapshotReader {
 public:
  FileSnapshotReader(std::unique_ptr<Mapping> mapping, SnapshotInfo info, std::string_view payload)
      : mapping_(std::move(mapping)), info_(std::move(info)), payload_(payload) {}

  const SnapshotInfo& info() const override { return info_; }
  std::string_view payload() const override { return payload_; }

 private:
  std::unique_ptr<Mapping> mapping_;
  SnapshotInfo info_;
  std::string_view payload_;
};

std::unexpected<Error> Damaged(const std::filesystem::path& file, std::string_view why) {
  return Fail(ErrorCode::kCorrupt,
              fmt::format("snapshot {} cannot be used: {}", file.string(), why));
}

[[nodiscard]] Result<std::unique_ptr<Mapping>> Map(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) {
    return Fail(ErrorCode::kNotFound, fmt::format("there is no snapshot {}", path.string()));
  }
  struct stat status;
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return IoError("open", path);
  const auto bytes = static_cast<std::size_t>(status.st_size);
  // Also keeps an empty file, which cannot be mapped, from mmap.
  if (!S_ISREG(status.st_mode) || bytes < kNameAt + kTrailerBytes) {
    return Damaged(path, fmt::format("it has only {} bytes", bytes));
  }
  void* const address = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return IoError("map", path);
  madvise(address, bytes, MADV_SEQUENTIAL);
  return std::make_unique<Mapping>(address, bytes);
}

/// The caller has checked that the fixed part is there.
SnapshotInfo DecodeInfo(std::string_view bytes, std::size_t name_bytes) {
  SnapshotInfo info;
  info.projection = bytes.substr(kNameAt, name_bytes);
  info.version = ReadBigEndian<std::uint32_t>(bytes, kProjectionVersionAt);
  info.log_id = *Uuid::FromBytes(bytes.substr(kLogIdAt, sizeof(Uuid)));
  info.sequence = Sequence{ReadBigEndian<std::uint64_t>(bytes, kSequenceAt)};
  std::memcpy(info.leaf_hash.data(), bytes.data() + kLeafHashAt, sizeof(Hash));
  return info;
}

}  // namespace

Result<std::unique_ptr<SnapshotWriter>> SnapshotWriter::Create(const std::filesystem::path& target,
                                                               const SnapshotInfo& info) {
  if (info.projection.size() > kNameBytesMax) {
    return Fail(ErrorCode::kInvalid, "a projection's name has at most 255 bytes");
  }
  std::filesystem::path partial = target;
  partial += ".partial";
  const int descriptor = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return IoError("make", partial);
  auto writer = std::make_unique<FileSnapshotWriter>(target, std::move(partial), descriptor);
  SCIMLEDGER_TRY(writer->WriteHead(info));
  return writer;
}

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::Open(const std::filesystem::path& file) {
  SCIMLEDGER_TRY_ASSIGN(auto mapping, Map(file));
  const std::string_view bytes = mapping->bytes();
  if (!bytes.starts_with(kMagic)) return Damaged(file, "it does not begin like one");
  const std::string_view checked = bytes.substr(0, bytes.size() - sizeof(Hash));
  if (AsBytes(Sha256({checked})) != bytes.substr(checked.size())) {
    return Damaged(file, "its checksum does not match");
  }
  const auto version = ReadBigEndian<std::uint32_t>(bytes, kVersionAt);
  if (version != kFormatVersion) {
    return Damaged(
        file, fmt::format("it is of format {}, this version reads {}", version, kFormatVersion));
  }
  // A matching checksum proves no good intentions: lengths are still checked.
  const std::size_t name_bytes = ReadBigEndian<std::uint32_t>(bytes, kNameLengthAt);
  const std::size_t fixed_bytes = kNameAt + kTrailerBytes;
  if (name_bytes > kNameBytesMax || name_bytes > bytes.size() - fixed_bytes) {
    return Damaged(file, fmt::format("its name would have {} bytes", name_bytes));
  }
  const std::size_t payload_bytes = bytes.size() - fixed_bytes - name_bytes;
  if (ReadBigEndian<std::uint64_t>(bytes, bytes.size() - kTrailerBytes) != payload_bytes) {
    return Damaged(file, "its length is not the one it names");
  }
  const std::string_view payload = bytes.substr(kNameAt + name_bytes, payload_bytes);
  return std::make_unique<FileSnapshotReader>(std::move(mapping), DecodeInfo(bytes, name_bytes),
                                              payload);
}

}  // namespace scimledger::storage
