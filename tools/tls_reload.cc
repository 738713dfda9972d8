#include "tools/tls_reload.h"

#include <fmt/core.h>

#include <cstdio>

namespace scimledger::tools {

storage::Result<std::shared_ptr<const api::TlsContext>> TlsReload::Load() {
  // First the stamps: what changes while the files are read is read again.
  stamps_ = ReadStamps();
  auto context = api::TlsContext::Load(files_);
  if (context && !(*context)->warning().empty()) {
    fmt::print(stderr, "scimledger: {}\n", (*context)->warning());
  }
  return context;
}

bool TlsReload::Reload(api::HttpServer& server) {
  auto context = Load();
  if (!context) {
    fmt::print(stderr, "scimledger: {}; the server goes on with what it read before\n",
               context.error().message);
    return false;
  }
  server.UseTls(*std::move(context));
  fmt::print(stderr, "scimledger: read the TLS files again, for new connections\n");
  return true;
}

void TlsReload::ReloadIfChanged(api::HttpServer& server) {
  if (ReadStamps() != stamps_) Reload(server);
}

std::vector<TlsReload::Stamp> TlsReload::ReadStamps() const {
  std::vector<Stamp> stamps;
  for (const auto* file : {&files_.certificate, &files_.key, &files_.client_ca}) {
    struct stat status {};
    Stamp stamp;
    if (::stat(file->c_str(), &status) == 0) {
      stamp.inode = status.st_ino;
      stamp.size = status.st_size;
      stamp.modified = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    }
    stamps.push_back(stamp);
  }
  return stamps;
}

}  // namespace scimledger::tools
