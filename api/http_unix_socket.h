#pragma once

#include <sys/un.h>

#include <filesystem>
#include <string>

#include "storage/result.h"

namespace scimledger::api {

/// The address of a Unix socket whose path may be longer than sun_path: its folder is opened and
/// the socket is reached through /proc/self/fd. Valid as long as this object lives.
class UnixSocketAddress {
 public:
  /// kNotFound: the folder does not exist.
  [[nodiscard]] static storage::Result<UnixSocketAddress> Of(const std::filesystem::path& socket);
  UnixSocketAddress(UnixSocketAddress&& other) noexcept;
  UnixSocketAddress& operator=(UnixSocketAddress&&) = delete;
  ~UnixSocketAddress();

  const sockaddr_un& address() const { return address_; }
  /// For the *at functions.
  int folder() const { return folder_; }
  const std::string& name() const { return name_; }

 private:
  UnixSocketAddress(int folder, std::string name);

  int folder_ = -1;
  std::string name_;
  sockaddr_un address_{};
};

}  // namespace scimledger::api
