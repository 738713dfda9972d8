#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// What a file holds.
struct FileContent {
  std::uint64_t size = 0;
  Hash sha256{};
};

/// Reads the whole file. `progress` is told how many bytes came since the last call. kIo.
[[nodiscard]] Result<FileContent> HashFile(const std::filesystem::path& file,
                                           const std::function<void(std::uint64_t)>& progress);

/// Copies into a new file, mode 0600, synced; hashes what it copied. kNotFound: no `from`. kIo,
/// kNoSpace.
[[nodiscard]] Result<FileContent> CopyFile(const std::filesystem::path& from,
                                           const std::filesystem::path& to,
                                           const std::function<void(std::uint64_t)>& progress);

/// Writes a new file whole, synced. kIo, kNoSpace.
[[nodiscard]] Result<void> WriteFile(const std::filesystem::path& file, std::string_view text);

/// Makes a directory for its owner only, with its missing parents. kIo.
[[nodiscard]] Result<void> MakeDirectory(const std::filesystem::path& directory);

/// Makes the names in the directory durable. kIo.
[[nodiscard]] Result<void> SyncNames(const std::filesystem::path& directory);

/// Renames, and makes that durable. kIo.
[[nodiscard]] Result<void> Rename(const std::filesystem::path& from,
                                  const std::filesystem::path& to);

}  // namespace scimledger::storage
