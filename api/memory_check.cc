#include "api/memory_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace scimledger::api {
namespace {

/// Of a directory to its snapshot, as measured (ARCHITECTURE.md, "Life of a start"): the rows as
/// they are stored, and besides each row its nodes and the entries of its id and keys.
constexpr std::uint64_t kMemoryPercentOfSnapshot = 210;

std::string ReadWhole(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<std::uint64_t> NumberAt(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

/// Of the line that begins with `name`.
std::optional<std::uint64_t> NumberAfter(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(name)) return NumberAt(line.substr(name.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::uint64_t Mebibytes(std::uint64_t bytes) { return bytes >> 20U; }

}  // namespace

std::optional<std::uint64_t> AvailableMemoryBytes(const std::string& meminfo,
                                                  const std::string& group_max,
                                                  const std::string& group_current,
                                                  const std::string& group_stat) {
  std::optional<std::uint64_t> available = NumberAfter(meminfo, "MemAvailable:");
  if (available) *available *= 1024;
  // `max` instead of a number: no limit.
  const auto limit = NumberAt(group_max);
  const auto used = NumberAt(group_current);
  if (!limit || !used) return available;
  // The page cache gives way.
  const auto file = NumberAfter(group_stat, "file ");
  const std::uint64_t cache = file ? *file : NumberAfter(group_stat, "cache ").value_or(0);
  const std::uint64_t kept = *used > cache ? *used - cache : 0;
  const std::uint64_t left = *limit > kept ? *limit - kept : 0;
  return available ? std::min(*available, left) : left;
}

std::optional<std::uint64_t> AvailableMemoryBytes() {
  const std::string meminfo = ReadWhole("/proc/meminfo");
  const std::filesystem::path group = "/sys/fs/cgroup";
  const std::filesystem::path older = group / "memory";  // version 1 of control groups
  if (std::error_code missing; std::filesystem::exists(older, missing)) {
    return AvailableMemoryBytes(meminfo, ReadWhole(older / "memory.limit_in_bytes"),
                                ReadWhole(older / "memory.usage_in_bytes"),
                                ReadWhole(older / "memory.stat"));
  }
  return AvailableMemoryBytes(meminfo, ReadWhole(group / "memory.max"),
                              ReadWhole(group / "memory.current"),
                              ReadWhole(group / "memory.stat"));
}

MemoryNeed EstimateNeed(std::uint64_t snapshot_bytes, std::uint64_t index_bytes_max,
                        std::uint64_t available_bytes) {
  // Columns hold the rows' texts once more, and numbers.
  return {snapshot_bytes / 100 * kMemoryPercentOfSnapshot,
          std::min(snapshot_bytes, index_bytes_max), available_bytes};
}

std::string DescribeShortage(const MemoryNeed& need) {
  if (need.sum() <= need.available_bytes) return {};
  return fmt::format(
      "memory will not be enough: the resources take about {} MiB and their attribute index up to "
      "{} MiB, together {} MiB, but only {} MiB are available; the system may end this process, so "
      "give it more memory, or the index less (index_bytes_max)",
      Mebibytes(need.resources_bytes), Mebibytes(need.index_bytes), Mebibytes(need.sum()),
      Mebibytes(need.available_bytes));
}

void TellIfMemoryIsShort(const std::filesystem::path& snapshot, std::uint64_t index_bytes_max,
                         const std::function<void(const std::string& line)>& notice) {
  std::error_code missing;
  const std::uintmax_t snapshot_bytes = std::filesystem::file_size(snapshot, missing);
  const auto available = AvailableMemoryBytes();
  if (missing || !available || !notice) return;
  const std::string shortage =
      DescribeShortage(EstimateNeed(snapshot_bytes, index_bytes_max, *available));
  if (!shortage.empty()) notice(shortage);
}

}  // namespace scimledger::api
