#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::api {

/// When each credential was last used: not an event (DESIGN §6), so kept here, and on disk in a
/// file that may be lost without harm. Thread-safe.
class CredentialUse {
 public:
  /// Reads `file` if it is there; one that is damaged counts as lost. Empty: nothing is kept on
  /// disk.
  explicit CredentialUse(std::filesystem::path file);

  void Note(const Uuid& credential, std::int64_t now_us);
  /// nullopt: never, as far as is known.
  std::optional<std::int64_t> LastUsedUs(const Uuid& credential) const;

  /// Writes the file if anything was noted since it was written (atomically). Slow.
  [[nodiscard]] storage::Result<void> Save();

 private:
  /// Several, so that requests on different threads rarely meet at one lock.
  struct Part {
    mutable std::mutex mutex;
    std::map<Uuid, std::int64_t> used_us;
    bool is_changed = false;
  };
  static constexpr std::size_t kParts = 16;
  Part& PartOf(const Uuid& credential) { return parts_[credential.bytes[0] % kParts]; }
  const Part& PartOf(const Uuid& credential) const { return parts_[credential.bytes[0] % kParts]; }
  void Load();

  const std::filesystem::path file_;
  std::array<Part, kParts> parts_;
};

}  // namespace scimledger::api
