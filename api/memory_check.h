#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace scimledger::api {

/// What a start is about to need, and what there is. Bytes.
struct MemoryNeed {
  std::uint64_t resources_bytes = 0;  ///< estimated from the directory's snapshot
  std::uint64_t index_bytes = 0;      ///< what columns of all their attributes would come to
  std::uint64_t available_bytes = 0;

  std::uint64_t sum() const { return resources_bytes + index_bytes; }
};

/// Memory that this process may still get: of the machine, and below the limit of its control
/// group. nullopt: the system does not tell.
std::optional<std::uint64_t> AvailableMemoryBytes();

/// The same from texts as in /proc/meminfo and, of the control group, memory.max, memory.current
/// and memory.stat. Empty texts: there is no such file.
std::optional<std::uint64_t> AvailableMemoryBytes(const std::string& meminfo,
                                                  const std::string& group_max,
                                                  const std::string& group_current,
                                                  const std::string& group_stat);

/// Of a directory that is loaded from a snapshot of so many bytes. `index_bytes_max`: beyond which
/// columns go.
MemoryNeed EstimateNeed(std::uint64_t snapshot_bytes, std::uint64_t index_bytes_max,
                        std::uint64_t available_bytes);

/// A line for the operator where it does not fit, with the numbers. Empty: it fits.
std::string DescribeShortage(const MemoryNeed& need);

/// Tells the operator before the tenant's directory is loaded from `snapshot` that the memory will
/// not be enough. The start goes on: the estimate may be too high, and the system may have swap.
void TellIfMemoryIsShort(const std::filesystem::path& snapshot, std::uint64_t index_bytes_max,
                         const std::function<void(const std::string& line)>& notice);

}  // namespace scimledger::api
