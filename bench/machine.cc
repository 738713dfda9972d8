#include "bench/machine.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/child_process.h"

namespace scimledger::bench {
namespace {

namespace fs = std::filesystem;

std::string ProcessorModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string LoadAverage() {
  std::ifstream file("/proc/loadavg");
  std::string minute;
  file >> minute;
  return minute;
}

/// Device and type of the file system that holds the directory: the longest mount point above it.
std::string Disk(const fs::path& directory) {
  const std::string path = fs::canonical(directory).string();
  std::ifstream file("/proc/self/mounts");
  std::string disk = "unknown disk";
  std::size_t longest = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string device;
    std::string mount;
    std::string type;
    words >> device >> mount >> type;
    const bool holds = path.starts_with(mount) &&
                       (mount == "/" || path.size() == mount.size() || path[mount.size()] == '/');
    if (!holds || mount.size() < longest) continue;
    longest = mount.size();
    disk = fmt::format("{} on {}", type, device);
  }
  return disk;
}

std::string Commit() {
  try {
    std::string commit = RunProgram({"/usr/bin/git", "-C", SCIMLEDGER_SOURCE_DIR, "describe",
                                     "--always", "--dirty", "--exclude=*"});
    std::erase(commit, '\n');
    return commit;
  } catch (const std::exception&) {
    return "unknown";
  }
}

}  // namespace

bool IsInMemory(const fs::path& directory) {
  struct statfs file_system {};
  if (::statfs(directory.c_str(), &file_system) != 0) return false;
  return file_system.f_type == TMPFS_MAGIC || file_system.f_type == RAMFS_MAGIC;
}

std::string DescribeMachine(const fs::path& data) {
  return fmt::format("{} processors ({}), load average {}, {}, commit {}",
                     std::thread::hardware_concurrency(), ProcessorModel(), LoadAverage(),
                     Disk(data), Commit());
}

std::uint64_t DiskBytes(const fs::path& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) == 0) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
  }
  return bytes;
}

}  // namespace scimledger::bench
