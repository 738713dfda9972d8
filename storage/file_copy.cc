#include "storage/file_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 20U;
constexpr mode_t kOwnerOnlyFile = 0600;

std::unexpected<Error> IoError(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  const ErrorCode code = number == ENOSPC || number == EDQUOT ? ErrorCode::kNoSpace
                         : number == ENOENT                   ? ErrorCode::kNotFound
                                                              : ErrorCode::kIo;
  return Fail(code, fmt::format("cannot {} {}: {}", what, path.string(),
                                std::generic_category().message(number)));
}

/// An open file; closed with the object.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : value_(open(path.c_str(), flags | O_CLOEXEC, kOwnerOnlyFile)) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool is_open() const { return value_ >= 0; }
  int get() const { return value_; }

 private:
  const int value_;
};

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Hands out the file's bytes in parts until `take` returns false.
template <typename Take>
Result<FileContent> ReadParts(const std::filesystem::path& file,
                              const std::function<void(std::uint64_t)>& progress,
                              const Take& take) {
  const Descriptor in(file, O_RDONLY);
  if (!in.is_open()) return IoError("open", file);
  std::string part(kPartBytes, '\0');
  Sha256Stream hash;
  FileContent content;
  for (;;) {
    const ssize_t count = read(in.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError("read", file);
    if (count == 0) break;
    const std::string_view bytes(part.data(), static_cast<std::size_t>(count));
    hash.Update(bytes);
    content.size += bytes.size();
    SCIMLEDGER_TRY(take(bytes));
    if (progress) progress(bytes.size());
  }
  content.sha256 = hash.Finish();
  return content;
}

}  // namespace

Result<FileContent> HashFile(const std::filesystem::path& file,
                             const std::function<void(std::uint64_t)>& progress) {
  return ReadParts(file, progress, [](std::string_view) { return Result<void>(); });
}

Result<FileContent> CopyFile(const std::filesystem::path& from, const std::filesystem::path& to,
                             const std::function<void(std::uint64_t)>& progress) {
  const Descriptor out(to, O_WRONLY | O_CREAT | O_EXCL);
  if (!out.is_open()) return IoError("make", to);
  auto content = ReadParts(from, progress, [&](std::string_view bytes) -> Result<void> {
    if (WriteAll(out.get(), bytes)) return {};
    return IoError("write", to);
  });
  if (content && fsync(out.get()) != 0) return IoError("sync", to);
  return content;
}

Result<void> WriteFile(const std::filesystem::path& file, std::string_view text) {
  const Descriptor out(file, O_WRONLY | O_CREAT | O_EXCL);
  if (!out.is_open()) return IoError("make", file);
  if (!WriteAll(out.get(), text) || fsync(out.get()) != 0) return IoError("write", file);
  return {};
}

Result<void> MakeDirectory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  if (!error) return {};
  return Fail(ErrorCode::kIo,
              fmt::format("cannot make the directory {}: {}", directory.string(), error.message()));
}

Result<void> SyncNames(const std::filesystem::path& directory) {
  const Descriptor opened(directory, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open()) return IoError("open", directory);
  if (fsync(opened.get()) != 0) return IoError("sync", directory);
  return {};
}

Result<void> Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return IoError("rename", from);
  return SyncNames(to.parent_path());
}

}  // namespace scimledger::storage
