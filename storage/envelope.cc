#include "storage/envelope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr char kAlgorithmNone = 0;
constexpr std::size_t kKeyIdAt = 1;
constexpr std::size_t kKeyIdBytes = 16;
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kEnvelopeBytes = 1 + kKeyIdBytes + kSaltBytes;

}  // namespace

std::string Seal(std::string_view plaintext) {
  std::array<char, kSaltBytes> salt;
  FillRandom(salt.data(), salt.size());

  std::string sealed;
  sealed.reserve(kEnvelopeBytes + plaintext.size());
  sealed += kAlgorithmNone;
  sealed.append(kKeyIdBytes, '\0');
  sealed.append(salt.data(), salt.size());
  sealed += plaintext;
  return sealed;
}

Result<std::string_view> Open(std::string_view sealed) {
  if (sealed.size() < kEnvelopeBytes) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("a section of {} bytes is too short for its envelope of {}",
                            sealed.size(), kEnvelopeBytes));
  }
  if (sealed[0] != kAlgorithmNone) {
    return Fail(
        ErrorCode::kIncompatible,
        fmt::format("a section uses envelope algorithm {}; this version knows only 0 (none)",
                    static_cast<unsigned char>(sealed[0])));
  }
  const std::string_view key_id = sealed.substr(kKeyIdAt, kKeyIdBytes);
  if (std::ranges::any_of(key_id, [](char byte) { return byte != 0; })) {
    return Fail(ErrorCode::kCorrupt, "an unencrypted section names a key in its envelope");
  }
  return sealed.substr(kEnvelopeBytes);
}

}  // namespace scimledger::storage
