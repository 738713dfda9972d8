#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace scimledger::bench {

/// Whether the directory is on a file system in memory, where a sync costs nothing.
bool IsInMemory(const std::filesystem::path& directory);

/// What a table's reader has to know: processors, load average, disk, commit. One line.
std::string DescribeMachine(const std::filesystem::path& data);

/// Bytes on the disk below the directory, as `du` counts them.
std::uint64_t DiskBytes(const std::filesystem::path& directory);

}  // namespace scimledger::bench
