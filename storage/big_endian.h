#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace scimledger::storage {

static_assert(std::endian::native == std::endian::little, "the conversions below swap bytes");

/// The integers of LOG_FORMAT.md: big-endian, so that keys sort as numbers do.
template <std::unsigned_integral T>
constexpr T SwapBytes(T value) {
  if constexpr (sizeof(T) == 8) {
    return __builtin_bswap64(value);
  } else {
    static_assert(sizeof(T) == 4);
    return __builtin_bswap32(value);
  }
}

template <std::unsigned_integral T>
void AppendBigEndian(std::string& out, T value) {
  const T stored = SwapBytes(value);
  out.append(reinterpret_cast<const char*>(&stored), sizeof stored);
}

/// Reads at `offset`; the caller has checked that the bytes are there.
template <std::unsigned_integral T>
T ReadBigEndian(std::string_view bytes, std::size_t offset) {
  T stored;
  std::memcpy(&stored, bytes.data() + offset, sizeof stored);
  return SwapBytes(stored);
}

}  // namespace scimledger::storage
