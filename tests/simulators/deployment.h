#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/recovery/server_process.h"

namespace scimledger::simulators {

/// A fresh data directory with the custom extension and tokens, and the real server on it. Removed
/// when the object goes.
class Deployment {
 public:
  explicit Deployment(std::size_t tokens);
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  const std::string& url() const { return server_->url(); }
  const std::string& token(std::size_t index) const { return tokens_.at(index); }
  /// Stops the server and replays its log against its state. Throws std::runtime_error unless they
  /// are equal.
  void StopAndVerifyReplay();

 private:
  std::filesystem::path data_;
  std::vector<std::string> tokens_;
  std::unique_ptr<recovery::ServerProcess> server_;
};

}  // namespace scimledger::simulators
