#include "storage/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "storage/backup.h"
#include "storage/manifest.h"

namespace scimledger::storage {
namespace {

constexpr std::string_view kLockMark = "scimledger ";
constexpr mode_t kOwnerOnlyDirectory = 0700;
constexpr mode_t kOwnerOnlyFile = 0600;

std::string SystemReason() { return std::generic_category().message(errno); }

std::unexpected<Error> IoError(std::string_view what, const std::filesystem::path& path) {
  const std::string reason = SystemReason();
  return Fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", what, path.string(), reason));
}

std::string ReadLockFile(int descriptor) {
  std::array<char, 64> text;
  const ssize_t count = pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

[[nodiscard]] Result<void> SyncDirectory(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return IoError("open", path);
  const bool synced = fsync(descriptor) == 0;
  const auto failure = IoError("sync", path);
  close(descriptor);
  if (!synced) return failure;
  return {};
}

[[nodiscard]] Result<void> Make(const std::filesystem::path& path) {
  if (mkdir(path.c_str(), kOwnerOnlyDirectory) != 0) return IoError("make", path);
  // The parent of "data/", too, is where "data" is.
  std::filesystem::path made = std::filesystem::absolute(path).lexically_normal();
  if (!made.has_filename()) made = made.parent_path();
  return SyncDirectory(made.parent_path());
}

/// An empty LOCK counts as ours only where nothing else is: making DATA was interrupted. RocksDB,
/// too, keeps an empty file of that name in its directories.
bool HasLockOfOurs(const std::filesystem::path& path, bool alone) {
  const int descriptor = open((path / "LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const std::string text = ReadLockFile(descriptor);
  close(descriptor);
  return text.starts_with(kLockMark) || (alone && text.empty());
}

[[nodiscard]] Result<void> CheckIsOurs(const std::filesystem::path& path,
                                       DataDirectory::IfMissing if_missing) {
  std::error_code error;
  std::size_t entries = 0;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    ++entries;
  }
  if (error) {
    return Fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", path.string(), error.message()));
  }
  if (entries == 0 && if_missing == DataDirectory::IfMissing::kCreate) return {};
  if (std::filesystem::is_directory(path / "log", error)) return {};
  if (HasLockOfOurs(path, entries == 1)) return {};
  return Fail(ErrorCode::kNotFound,
              fmt::format("{} is not a scimledger data directory: it has no log", path.string()));
}

/// What opened a backup would change it, and so make it worthless.
[[nodiscard]] Result<void> CheckIsNoBackup(const std::filesystem::path& path) {
  if (!IsBackup(path)) return {};
  return Fail(ErrorCode::kIncompatible,
              fmt::format("{} is a backup: `scimledger restore --from {} --data DIR` makes a data "
                          "directory of it",
                          path.string(), path.string()));
}

[[nodiscard]] Result<void> CheckIsNoReplay(const std::filesystem::path& path) {
  if (!HasManifest(path)) return {};
  SCIMLEDGER_TRY_ASSIGN(const Manifest manifest, ReadManifest(path));
  return Fail(ErrorCode::kIncompatible,
              fmt::format("{} is a replay of log {} as of sequence {}: it has no log and can only "
                          "be read (serve --read-only)",
                          path.string(), manifest.log_id.ToString(), manifest.sequence.value));
}

std::string Holder(int descriptor) {
  std::string text = ReadLockFile(descriptor);
  if (!text.starts_with(kLockMark)) return "another process";
  text.erase(0, kLockMark.size());
  return fmt::format("process {}", text.substr(0, text.find('\n')));
}

[[nodiscard]] Result<void> WriteHolder(int descriptor, const std::filesystem::path& file) {
  const std::string text = fmt::format("{}{}\n", kLockMark, getpid());
  const bool written =
      ftruncate(descriptor, 0) == 0 &&
      pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!written) return IoError("write", file);
  return {};
}

}  // namespace

DataDirectory::DataDirectory(std::filesystem::path path, int lock_descriptor)
    : path_(std::move(path)), lock_descriptor_(lock_descriptor) {}

// The file stays: removing it would let two processes lock two files of the same name.
DataDirectory::~DataDirectory() { close(lock_descriptor_); }

Result<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::filesystem::path& path,
                                                           IfMissing if_missing) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (if_missing == IfMissing::kRefuse) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("there is no data directory {}", path.string()));
    }
    SCIMLEDGER_TRY(Make(path));
  }
  if (!std::filesystem::is_directory(path, error)) {
    return Fail(ErrorCode::kNotFound, fmt::format("{} is not a directory", path.string()));
  }
  SCIMLEDGER_TRY(CheckIsNoReplay(path));
  SCIMLEDGER_TRY(CheckIsNoBackup(path));
  SCIMLEDGER_TRY(CheckIsOurs(path, if_missing));
  return Lock(path);
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::OpenReplay(
    const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    return Fail(ErrorCode::kNotFound, fmt::format("there is no data directory {}", path.string()));
  }
  SCIMLEDGER_TRY(ReadManifest(path));
  return Lock(path);
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::Lock(const std::filesystem::path& path) {
  const std::filesystem::path file = path / "LOCK";
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnlyFile);
  if (descriptor < 0) return IoError("open", file);
  // From here on the descriptor is closed by the object, also on the ways out below.
  std::unique_ptr<DataDirectory> opened(new DataDirectory(path, descriptor));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return IoError("lock", file);
    return Fail(ErrorCode::kLocked,
                fmt::format("{} is in use by {}", path.string(), Holder(descriptor)));
  }
  SCIMLEDGER_TRY(WriteHolder(descriptor, file));
  return opened;
}

}  // namespace scimledger::storage
