#include "api/http_unix_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace scimledger::api {

using storage::ErrorCode;
using storage::Fail;

storage::Result<UnixSocketAddress> UnixSocketAddress::Of(const std::filesystem::path& socket) {
  const std::filesystem::path folder = socket.has_parent_path() ? socket.parent_path() : ".";
  const int descriptor = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    return Fail(
        error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo,
        fmt::format("cannot open the folder {}: {}", folder.string(), std::strerror(error)));
  }
  UnixSocketAddress address(descriptor, socket.filename().string());
  const std::string path = fmt::format("/proc/self/fd/{}/{}", descriptor, address.name_);
  if (address.name_.empty() || path.size() >= sizeof(address.address_.sun_path)) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("{} cannot name a socket: empty or too long", socket.string()));
  }
  path.copy(address.address_.sun_path, path.size());
  return address;
}

UnixSocketAddress::UnixSocketAddress(int folder, std::string name)
    : folder_(folder), name_(std::move(name)) {
  address_.sun_family = AF_UNIX;
}

UnixSocketAddress::UnixSocketAddress(UnixSocketAddress&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)),
      name_(std::move(other.name_)),
      address_(other.address_) {}

UnixSocketAddress::~UnixSocketAddress() {
  if (folder_ >= 0) ::close(folder_);
}

}  // namespace scimledger::api
