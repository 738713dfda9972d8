#include "api/password_hash.h"

#include <argon2.h>
#include <fmt/format.h>

#include <array>

#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

std::unexpected<ScimError> CannotHash(int status) {
  return Refuse(503, ScimType::kNone,
                fmt::format("The password could not be hashed ({}): nothing was changed. Try again "
                            "later.",
                            argon2_error_message(status)));
}

}  // namespace

Result<std::string> HashPassword(std::string_view prepared) {
  std::array<char, kSaltBytes> salt{};
  storage::FillRandom(salt.data(), salt.size());
  std::string hash(
      argon2_encodedlen(kHashPasses, kHashMemoryKib, kHashLanes, kSaltBytes, kHashBytes, Argon2_id),
      '\0');
  const int status = argon2id_hash_encoded(kHashPasses, kHashMemoryKib, kHashLanes, prepared.data(),
                                           prepared.size(), salt.data(), salt.size(), kHashBytes,
                                           hash.data(), hash.size());
  if (status != ARGON2_OK) return CannotHash(status);
  hash.resize(hash.find('\0'));
  return hash;
}

Result<bool> MatchesPassword(std::string_view prepared, const std::string& hash) {
  const int status = argon2id_verify(hash.c_str(), prepared.data(), prepared.size());
  if (status == ARGON2_OK) return true;
  if (status == ARGON2_VERIFY_MISMATCH) return false;
  return CannotHash(status);
}

}  // namespace scimledger::api
