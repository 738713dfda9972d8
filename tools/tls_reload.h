#pragma once

#include <sys/stat.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "api/http_server.h"
#include "api/tls_context.h"
#include "storage/result.h"

namespace scimledger::tools {

/// Reads a server's TLS files, again and again. What an operator should know goes to stderr. Not
/// thread-safe.
class TlsReload {
 public:
  explicit TlsReload(api::TlsFiles files) : files_(std::move(files)) {}

  /// Errors of api::TlsContext::Load.
  [[nodiscard]] storage::Result<std::shared_ptr<const api::TlsContext>> Load();
  /// New connections get what the files hold now. When that is no good the server keeps what it
  /// has. False: that.
  bool Reload(api::HttpServer& server);
  /// Only when a file is another than at the last reading, good or bad.
  void ReloadIfChanged(api::HttpServer& server);

 private:
  struct Stamp {
    ino_t inode = 0;
    off_t size = 0;
    std::array<decltype(timespec::tv_nsec), 2> modified{};
    bool operator==(const Stamp&) const = default;
  };
  std::vector<Stamp> ReadStamps() const;

  api::TlsFiles files_;
  std::vector<Stamp> stamps_;
};

}  // namespace scimledger::tools
