#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/http.h"
#include "api/tls_client.h"
#include "storage/data_directory.h"
#include "storage/result.h"

namespace scimledger::tools {

/// Where a subcommand finds its data: `--data DIR`, or `--server URL --token T` from afar.
struct ConnectionOptions {
  std::filesystem::path data;
  std::string server;
  std::string token;
  api::ClientTls tls;  ///< of a server at https
  std::string tenant;  ///< empty: the token's, or the default one
  storage::DataDirectory::IfMissing if_missing = storage::DataDirectory::IfMissing::kRefuse;
};

/// One way to ask, whoever answers: the server that runs on the data directory (through its control
/// socket), this process (which then owns the directory), or a server elsewhere. So every
/// subcommand is an HTTP request, and the command line and the API cannot disagree.
class Connection {
 public:
  /// Waits up to five seconds for a directory whose owner does not listen yet. kLocked, kNotFound,
  /// kIncompatible, kCorrupt, kIo as the parts say.
  [[nodiscard]] static storage::Result<std::unique_ptr<Connection>> Open(
      const ConnectionOptions& options);
  /// Only to a server, that of the directory or one elsewhere: this process does not become the
  /// owner. kNotFound: no server runs on the directory.
  [[nodiscard]] static storage::Result<std::unique_ptr<Connection>> OpenServer(
      const ConnectionOptions& options);
  virtual ~Connection() = default;

  [[nodiscard]] virtual storage::Result<api::HttpResponse> Send(api::HttpRequest request) = 0;
  /// A second way to the same answerer, for use beside this one on another thread; it must not
  /// outlive this one. nullptr: there is none now.
  virtual std::unique_ptr<Connection> Another() = 0;
};

}  // namespace scimledger::tools
