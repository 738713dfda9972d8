#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bench/child_process.h"
#include "bench/load_client.h"
#include "bench/realistic_load.h"

namespace scimledger::bench {

/// The release server on a directory of its own, and the made-up company that is put into it.
/// Errors are thrown as std::runtime_error.
class CompanyServer {
 public:
  explicit CompanyServer(std::filesystem::path data);

  ChildProcess& process() { return *process_; }
  RealisticLoad& load() { return *load_; }
  const RealisticLoad& load() const { return *load_; }
  /// Resident memory before there was anybody.
  std::uint64_t empty_bytes() const { return empty_bytes_; }
  /// After process() has ended.
  void Restart();

  /// GETs one target after another; every answer must be one.
  LoadResult Get(const std::function<std::string()>& target, std::size_t connections,
                 std::chrono::milliseconds duration);
  /// The body of one GET; empty: it was refused. `as_admin`: with a token that may ask for
  /// `explain`.
  std::string GetOnce(const std::string& target, bool as_admin = false);

  /// Users far from each other, one after another.
  std::uint32_t PickUser();
  std::string IdOf(std::uint32_t user) const;

 private:
  void Start();
  std::string CreateToken(const std::string& role) const;

  const std::filesystem::path data_;
  std::unique_ptr<ChildProcess> process_;
  std::string admin_;
  std::uint64_t empty_bytes_ = 0;
  std::unique_ptr<RealisticLoad> load_;
  std::uint64_t picks_ = 0;
};

}  // namespace scimledger::bench
