#include "storage/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "storage/file_copy.h"
#include "storage/hash.h"

namespace scimledger::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatLine = "scimledger-backup 0";
constexpr const char* kManifest = "backup.manifest";
constexpr const char* kIncomplete = "INCOMPLETE";
constexpr std::string_view kLogFolder = "log/";

/// RocksDB's own notes and its lock: no part of the database.
bool IsOfTheRunningDatabase(const std::string& name) {
  return name == "LOCK" || name == "LOG" || name.starts_with("LOG.old");
}

Result<std::vector<fs::path>> FilesIn(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) {
    return Fail(ErrorCode::kIo,
                fmt::format("cannot list {}: {}", directory.string(), error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Encode(const BackupManifest& manifest) {
  std::string text = fmt::format("{}\ntime {}\nkeys {}\n", kFormatLine, manifest.time_us,
                                 manifest.has_keys ? "yes" : "no");
  for (const BackupLog& log : manifest.logs) {
    text += fmt::format("log {} {} {} {} {}\n", log.log_id.ToString(), log.sequence.value,
                        ToHex(log.leaf_hash), ToHex(log.digest), log.tenant);
  }
  for (const BackupFile& file : manifest.files) {
    text += fmt::format("file {} {} {}\n", file.size, ToHex(file.sha256), file.path);
  }
  return text + fmt::format("end {}\n", ToHex(Sha256({text})));
}

/// Words of one line, from the front.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view Next() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return word;
  }
  bool Number(std::uint64_t& number) {
    const std::string_view word = Next();
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
  }
  bool Hex(Hash& hash) {
    const std::string_view word = Next();
    if (word.size() != hash.size() * 2) return false;
    for (std::size_t i = 0; i < hash.size(); ++i) {
      const char* const digits = word.data() + i * 2;
      const auto parsed = std::from_chars(digits, digits + 2, hash[i], 16);
      if (parsed.ec != std::errc() || parsed.ptr != digits + 2) return false;
    }
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// A backup must not be able to name files outside itself.
bool IsPlainPath(std::string_view path) {
  const bool is_in_folder = path.starts_with("log/") || path.starts_with("keys/");
  const std::string_view name = path.substr(path.find('/') + 1);
  return is_in_folder && !name.empty() && name.find('/') == std::string_view::npos && name != "." &&
         name != "..";
}

bool DecodeLine(std::string_view line, BackupManifest& manifest) {
  Words words(line);
  const std::string_view key = words.Next();
  if (key == "time") {
    std::uint64_t time_us = 0;
    if (!words.Number(time_us)) return false;
    manifest.time_us = static_cast<std::int64_t>(time_us);
    return true;
  }
  if (key == "keys") {
    manifest.has_keys = words.rest() == "yes";
    return true;
  }
  if (key == "log") {
    BackupLog log;
    const auto id = Uuid::Parse(words.Next());
    if (!id || !words.Number(log.sequence.value) || !words.Hex(log.leaf_hash) ||
        !words.Hex(log.digest) || words.rest().empty()) {
      return false;
    }
    log.log_id = *id;
    log.tenant = words.rest();
    manifest.logs.push_back(std::move(log));
    return true;
  }
  BackupFile file;
  if (key != "file" || !words.Number(file.size) || !words.Hex(file.sha256) ||
      !IsPlainPath(words.rest())) {
    return false;
  }
  file.path = words.rest();
  manifest.files.push_back(std::move(file));
  return true;
}

bool Decode(std::string_view text, BackupManifest& manifest) {
  const std::size_t last = text.rfind("end ");
  if (last == std::string_view::npos ||
      text.substr(last) != fmt::format("end {}\n", ToHex(Sha256({text.substr(0, last)})))) {
    return false;
  }
  text = text.substr(text.find('\n') + 1, last - text.find('\n') - 1);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !DecodeLine(text.substr(0, end), manifest)) return false;
    text.remove_prefix(end + 1);
  }
  return !manifest.logs.empty();
}

/// Gives the file bytes of its own, if it shares them.
Result<void> Unshare(const fs::path& file) {
  std::error_code error;
  if (fs::hard_link_count(file, error) <= 1 && !error) return {};
  const fs::path copy = file.string() + ".copy";
  SCIMLEDGER_TRY(CopyFile(file, copy, {}));
  return Rename(copy, file);
}

}  // namespace

Result<BackupDirectory> BackupDirectory::Begin(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_directory(status)) {
    return Fail(ErrorCode::kInvalid, fmt::format("{} is not a directory", path.string()));
  }
  const bool is_unfinished = fs::exists(path / kIncomplete, error);
  if (fs::exists(status) && !is_unfinished && !fs::is_empty(path, error)) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("{} is not empty: a backup is written into a new directory", path.string()));
  }
  if (is_unfinished) {
    for (const char* const part : {"log", "keys", kManifest}) fs::remove_all(path / part, error);
  } else {
    SCIMLEDGER_TRY(MakeDirectory(path));
    SCIMLEDGER_TRY(WriteFile(path / kIncomplete, "This backup was not finished: it is not one.\n"));
    SCIMLEDGER_TRY(SyncNames(path));
  }
  return BackupDirectory(path);
}

Result<void> BackupDirectory::CopyKeys(const fs::path& keys) const {
  SCIMLEDGER_TRY(MakeDirectory(path_ / "keys"));
  SCIMLEDGER_TRY_ASSIGN(const auto files, FilesIn(keys));
  for (const fs::path& file : files) {
    SCIMLEDGER_TRY(CopyFile(file, path_ / "keys" / file.filename(), {}));
  }
  return SyncNames(path_ / "keys");
}

Result<void> BackupDirectory::Finish(BackupManifest manifest, const BytesProgress& progress) const {
  std::vector<fs::path> files;
  std::uint64_t all = 0;
  std::error_code error;
  for (const char* const folder : {"log", "keys"}) {
    if (!fs::exists(path_ / folder, error)) continue;
    SCIMLEDGER_TRY_ASSIGN(const auto found, FilesIn(path_ / folder));
    for (const fs::path& file : found) {
      if (IsOfTheRunningDatabase(file.filename().string())) {
        fs::remove(file, error);
        continue;
      }
      all += fs::file_size(file, error);
      files.push_back(file);
    }
  }
  std::uint64_t done = 0;
  for (const fs::path& file : files) {
    SCIMLEDGER_TRY(Unshare(file));
    SCIMLEDGER_TRY_ASSIGN(const FileContent content, HashFile(file, [&](std::uint64_t bytes) {
                            done += bytes;
                            if (progress) progress(done, all);
                          }));
    manifest.files.push_back(
        {file.lexically_relative(path_).string(), content.size, content.sha256});
  }
  for (const char* const folder : {"log", "keys"}) {
    if (fs::exists(path_ / folder, error)) SCIMLEDGER_TRY(SyncNames(path_ / folder));
  }
  SCIMLEDGER_TRY(WriteFile(path_ / kManifest, Encode(manifest)));
  SCIMLEDGER_TRY(SyncNames(path_));
  fs::remove(path_ / kIncomplete, error);
  if (error) {
    return Fail(ErrorCode::kIo, fmt::format("cannot remove {}: {}", (path_ / kIncomplete).string(),
                                            error.message()));
  }
  return SyncNames(path_);
}

bool IsBackup(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / kManifest, ignored) || fs::exists(directory / kIncomplete, ignored);
}

Result<BackupManifest> ReadBackupManifest(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory / kIncomplete, error)) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{} is a backup that was not finished", directory.string()));
  }
  if (!fs::exists(directory / kManifest, error)) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{} is not a backup: it has no {}", directory.string(), kManifest));
  }
  std::ifstream stream(directory / kManifest, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!text.starts_with(std::string(kFormatLine) + '\n')) {
    return Fail(ErrorCode::kIncompatible,
                fmt::format("{} does not begin with \"{}\": it is of another version",
                            (directory / kManifest).string(), kFormatLine));
  }
  BackupManifest manifest;
  if (Decode(text, manifest)) return manifest;
  return Fail(ErrorCode::kCorrupt,
              fmt::format("the backup {} is damaged: {} is not what was written",
                          directory.string(), kManifest));
}

Result<void> CopyFromBackup(const fs::path& directory, const BackupManifest& manifest,
                            const fs::path& target, const std::string& log_name,
                            const BytesProgress& progress) {
  SCIMLEDGER_TRY(MakeDirectory(target));
  SCIMLEDGER_TRY(MakeDirectory(target / log_name));
  if (manifest.has_keys) SCIMLEDGER_TRY(MakeDirectory(target / "keys"));
  std::uint64_t all = 0;
  for (const BackupFile& file : manifest.files) all += file.size;
  std::uint64_t done = 0;
  for (const BackupFile& file : manifest.files) {
    const bool is_log = file.path.starts_with(kLogFolder);
    const fs::path to =
        is_log ? target / log_name / file.path.substr(kLogFolder.size()) : target / file.path;
    const auto content = CopyFile(directory / file.path, to, [&](std::uint64_t bytes) {
      done += bytes;
      if (progress) progress(done, all);
    });
    const bool is_missing = !content && content.error().code == ErrorCode::kNotFound;
    if (!content && !is_missing) return std::unexpected(content.error());
    if (is_missing || content->size != file.size || content->sha256 != file.sha256) {
      return Fail(ErrorCode::kCorrupt,
                  fmt::format("the backup {} is damaged: {} is {}", directory.string(), file.path,
                              is_missing ? "missing" : "not what was written"));
    }
  }
  for (const fs::path& folder : {target / log_name, target / "keys", target}) {
    std::error_code error;
    if (fs::exists(folder, error)) SCIMLEDGER_TRY(SyncNames(folder));
  }
  return {};
}

Result<void> FinishCopy(const fs::path& target, const std::string& log_name) {
  return Rename(target / log_name, target / "log");
}

}  // namespace scimledger::storage
