#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace scimledger::api {

/// An issuer's key, made by OpenSSL: its public half as JWK, and JWTs that it signs.
class TestKey {
 public:
  explicit TestKey(std::string kid, unsigned bits = 2048);
  /// Two keys that are made once for all tests.
  static const TestKey& First();
  static const TestKey& Second();

  const std::string& kid() const { return kid_; }
  std::string Jwk(std::string_view more = {}) const;
  /// JSON of header and payload, encoded, with an RS256 signature whatever the header says.
  std::string Sign(std::string_view header, std::string_view payload) const;
  /// With the usual header.
  std::string Sign(std::string_view payload) const;

 private:
  std::string Number(const char* name) const;

  std::string kid_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

/// `{"keys":[…]}`.
std::string KeySetJson(std::initializer_list<std::string> keys);

/// Replaces the file as a careful operator does: written beside it, then renamed.
void ReplaceFile(const std::filesystem::path& file, std::string_view text);

}  // namespace scimledger::api
