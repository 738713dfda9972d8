#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace scimledger {

/// An event's position in its log: 1 is the first event; 0 stands before it. No gaps (I-2).
struct Sequence {
  std::uint64_t value = 0;

  constexpr Sequence Next() const { return {value + 1}; }
  friend constexpr auto operator<=>(Sequence, Sequence) = default;
};

/// 16 bytes of RFC 9562 UUID: log ids, event ids, transaction ids, resource ids.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// The canonical form: 36 characters, lower case.
  std::string ToString() const;
  /// Appends the canonical form to `out`.
  void AppendTo(std::string& out) const;
  /// Accepts the canonical lower-case form only, because ids are caseExact (RFC 7643 §3.1).
  static std::optional<Uuid> Parse(std::string_view text);
  /// The 16 bytes as they are stored. nullopt unless `bytes` has 16 of them.
  static std::optional<Uuid> FromBytes(std::string_view bytes);

  std::string_view AsBytes() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// Hashes by its own bits: the ids this server makes are random there.
struct UuidHash {
  using is_avalanching = void;
  std::size_t operator()(const Uuid& uuid) const noexcept {
    std::uint64_t low;
    std::memcpy(&low, uuid.bytes.data() + 8, sizeof low);
    std::uint64_t high;
    std::memcpy(&high, uuid.bytes.data(), sizeof high);
    const std::uint64_t mixed = (low ^ (high >> 32U)) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32U));
  }
};

/// SHA-256.
using Hash = std::array<std::uint8_t, 32>;

}  // namespace scimledger
