#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/recovery/server_process.h"
#include "tests/simulators/player.h"

namespace scimledger::simulators {

/// A fresh data directory, the real server on it, and tenants, each with the custom extension and a
/// provisioner's token.
class Deployment {
 public:
  /// `tenants`: their names; `default` is there anyway, the others are created. `kept`: the data
  /// directory, to be made; empty: a temporary one, removed when the object goes.
  explicit Deployment(std::vector<std::string> tenants, std::filesystem::path kept = {});
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  /// How a client comes to a tenant. Of every other tenant that is not `default`, the path names it
  /// as well.
  Access AccessTo(std::size_t tenant) const;
  /// The path of one tenant with the token of another.
  Access PathOf(std::size_t tenant, std::size_t tenant_of_token) const;
  /// Stops the server and replays each tenant's log against its state. Throws std::runtime_error
  /// unless they are equal.
  void StopAndVerifyReplay();

 private:
  std::filesystem::path data_;
  bool is_kept_;
  std::vector<std::string> tenants_;
  std::vector<std::string> tokens_;
  std::unique_ptr<recovery::ServerProcess> server_;
};

/// `prefix-00`, `prefix-01`, …
std::vector<std::string> TenantNames(const std::string& prefix, std::size_t count);

}  // namespace scimledger::simulators
