#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace scimledger {

/// `scimType` values of RFC 7644 §3.12, table 9, and RFC 9865 §2.1.
enum class ScimType : std::uint8_t {
  kNone,  ///< no scimType in the body
  kInvalidFilter,
  kTooMany,
  kUniqueness,
  kMutability,
  kInvalidSyntax,
  kInvalidPath,
  kNoTarget,
  kInvalidValue,
  kInvalidVers,
  kSensitive,
  kInvalidCursor,
  kExpiredCursor,
  kInvalidCount,
};

/// The spelling on the wire; empty for kNone.
std::string_view ToString(ScimType type);

/// A refused request (RFC 7644 §3.12). `detail` tells an administrator what to fix: it names the
/// attribute or parameter, what was wrong with it, and what is accepted. Never a secret or a
/// password.
struct ScimError {
  int status = 400;
  ScimType scim_type = ScimType::kNone;
  std::string detail;
};

template <typename T>
using Result = std::expected<T, ScimError>;

[[nodiscard]] inline std::unexpected<ScimError> Refuse(int status, ScimType type,
                                                       std::string detail) {
  return std::unexpected(ScimError{status, type, std::move(detail)});
}
/// 400 with a scimType.
[[nodiscard]] inline std::unexpected<ScimError> Refuse(ScimType type, std::string detail) {
  return Refuse(400, type, std::move(detail));
}

}  // namespace scimledger
