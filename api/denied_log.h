#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::api {

/// One refused request. Never a secret, and never a value of a resource but what the detail says.
struct DeniedAttempt {
  std::int64_t time_us = 0;  ///< of the first, where several are counted together
  Uuid request;              ///< X-Request-Id of that one's answer
  int status = 0;
  std::string tenant;
  std::string credential;  ///< actor id; empty: unknown
  std::string address;
  std::string method;
  std::string route;  ///< template
  std::string detail;
  std::uint64_t count = 1;  ///< alike in all of that between two writes
};

/// Refused requests, apart from the ledger: who was turned away, when, and why (DESIGN §6). Bounded
/// on disk (two files of `bytes_max / 2`, the older one dropped when the newer is full; one write,
/// at most a thousand lines, may go beyond) and in memory (between two writes, attempts that are
/// alike count together, those without a credential by status and address alone, and of more than a
/// thousand kinds only the number is kept), so that nobody can fill the disk with failures. JSON
/// lines. Thread-safe.
class DeniedLog {
 public:
  /// `directory` is made when the first attempt is written. Empty: nothing is kept.
  DeniedLog(std::filesystem::path directory, std::uint64_t bytes_max);

  void Record(DeniedAttempt attempt);
  /// Writes what has gathered. kIo: what could not be written is gone.
  [[nodiscard]] storage::Result<void> Flush();
  /// Each attempt on the tenant that is kept, as its line, oldest first, until `visit` returns
  /// false. Flushes.
  [[nodiscard]] storage::Result<void> ForEach(
      std::string_view tenant,
      const std::function<bool(std::int64_t time_us, std::string_view line)>& visit);

 private:
  /// Status, tenant, credential, address, method, route, detail.
  using Kind =
      std::tuple<int, std::string, std::string, std::string, std::string, std::string, std::string>;

  [[nodiscard]] storage::Result<void> Append(const std::string& lines);

  const std::filesystem::path directory_;
  const std::uint64_t file_bytes_max_;
  std::mutex mutex_;
  std::map<Kind, DeniedAttempt> gathered_;
  std::map<std::string, std::uint64_t> uncounted_;  ///< beyond what is gathered, by tenant
  std::mutex file_mutex_;
};

}  // namespace scimledger::api
