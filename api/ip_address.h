#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scimledger::api {

/// An IPv4 or IPv6 address; an IPv4 address that is mapped into IPv6 (`::ffff:10.0.0.1`) is that
/// IPv4 address.
class IpAddress {
 public:
  /// As people write it, without port, brackets and zone. nullopt: not an address.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v4() const;
  std::string ToString() const;  ///< the usual short form
  /// With all but the first bits zero; of an IPv4 address its own 32 are counted.
  IpAddress Masked(unsigned bits) const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};  ///< IPv6, or IPv4 mapped into it
};

/// An address, or all addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`.
class IpNetwork {
 public:
  /// nullopt: neither an address nor a network, or one whose address says more than its prefix.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;
  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpAddress base_;
  unsigned bits_ = 0;
};

}  // namespace scimledger::api
