#include "storage/identifiers.h"

namespace scimledger {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Both digits of every byte, one after another.
constexpr std::array<char, 512> kHexPairs = [] {
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kHexDigits[byte >> 4U];
    pairs[2 * byte + 1] = kHexDigits[byte & 15U];
  }
  return pairs;
}();

/// Where the digits of each byte begin in 8-4-4-4-12.
constexpr std::array<std::uint8_t, 16> kPlaces = {0,  2,  4,  6,  9,  11, 14, 16,
                                                  19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::string_view kDashes = "........-....-....-....-............";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr bool DashBefore(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

}  // namespace

void Uuid::AppendTo(std::string& out) const {
  std::array<char, 36> text;
  std::memcpy(text.data(), kDashes.data(), text.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::memcpy(text.data() + kPlaces[i], kHexPairs.data() + 2 * std::size_t{bytes[i]}, 2);
  }
  out.append(text.data(), text.size());
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(36);
  AppendTo(text);
  return text;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (DashBefore(i) && text[at++] != '-') return std::nullopt;
    const int high = HexValue(text[at]);
    const int low = HexValue(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return uuid;
}

std::optional<Uuid> Uuid::FromBytes(std::string_view bytes) {
  Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) return std::nullopt;
  std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
  return uuid;
}

}  // namespace scimledger
