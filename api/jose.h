#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::api {

/// What was found, or why not: a sentence for the administrator, in ASCII without quotes, that
/// never repeats a word of the token.
template <typename T>
using Checked = std::expected<T, std::string>;

/// Limits of what is read before anything is known about its sender (I-10).
inline constexpr std::size_t kJwtBytesMax = 16U << 10U;
inline constexpr std::size_t kKeySetBytesMax = 1U << 20U;
inline constexpr std::size_t kKeysMax = 1000;
inline constexpr std::size_t kAudiencesMax = 64;

/// A public RSA key (jose.cc).
struct PublicKey;

/// An issuer's public keys by `kid` (JWKS, RFC 7517). Immutable.
class KeySet {
 public:
  using Key = std::shared_ptr<const PublicKey>;

  /// Takes the RSA keys for signatures that have a `kid`, and of two with one `kid` the first; what
  /// else there is belongs to others and is left out. Error: not a key set, or one of those keys
  /// cannot be one (modulus below 2048 bits, …).
  [[nodiscard]] static Checked<KeySet> Parse(std::string_view json);

  /// nullptr: none of that `kid`.
  const Key* Find(std::string_view kid) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, Key, std::less<>> keys_;
};

/// The registered claims of a JWT (RFC 7519 §4.1); empty or nullopt: not there. Times in seconds
/// since 1970.
struct JwtClaims {
  std::string issuer;
  std::string subject;
  std::string id;
  std::vector<std::string> audiences;
  std::optional<std::int64_t> expires;
  std::optional<std::int64_t> not_before;
  std::optional<std::int64_t> issued;
};

/// A signed JWT (compact serialisation) taken apart, and *not* verified: what it says is what its
/// sender says, good for choosing the key.
class UnverifiedJwt {
 public:
  /// Refuses what is too long, no JWT, not signed with RS256, without `kid`, with critical
  /// extensions, or a security event token (RFC 8417 §4.4) before any key is touched.
  [[nodiscard]] static Checked<UnverifiedJwt> Parse(std::string_view compact);

  const std::string& kid() const { return kid_; }
  const std::string& issuer() const { return claims_.issuer; }
  const JwtClaims& claims() const { return claims_; }

  /// The claims, if the key made the signature.
  [[nodiscard]] Checked<JwtClaims> Verify(const KeySet::Key& key) const;

 private:
  std::string compact_;
  std::string kid_;
  JwtClaims claims_;
};

/// Whether it has the form of a JWT: three parts with dots between. Nothing else here has two dots.
bool LooksLikeJwt(std::string_view token);

}  // namespace scimledger::api
