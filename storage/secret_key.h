#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "storage/result.h"

namespace scimledger::storage {

/// A secret by which this server, and nobody else, seals short texts: AES-256-GCM with a random
/// nonce, for at most some 2^32 texts. Thread-safe.
class SecretKey {
 public:
  static SecretKey Random();
  /// Reads the key in `file`, or makes one there first, readable by the owner alone. kCorrupt: the
  /// file holds something else.
  [[nodiscard]] static Result<SecretKey> LoadOrMake(const std::filesystem::path& file);

  /// `text`, unreadable without the key. It opens only with an equal `context`.
  std::string Seal(std::string_view text, std::string_view context) const;
  /// nullopt: not sealed by this key with this context, or altered since.
  std::optional<std::string> Open(std::string_view sealed, std::string_view context) const;

  /// HMAC-SHA256 of `text`, which only the key's owner can make.
  std::array<char, 32> Tag(std::string_view text) const;

 private:
  SecretKey() = default;
  std::array<char, 32> bytes_{};
};

}  // namespace scimledger::storage
