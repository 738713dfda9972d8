#include "api/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace scimledger::api {
namespace {

constexpr unsigned kBitsV4 = 32;
constexpr unsigned kBitsV6 = 128;
/// Of IPv6, before an IPv4 address that is mapped into it.
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  // inet_pton stops at a NUL.
  if (text.contains('\0')) return std::nullopt;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  std::ranges::copy(kMapped, address.bytes_.begin());
  if (::inet_pton(AF_INET, terminated.c_str(), &address.bytes_[kMapped.size()]) == 1) {
    return address;
  }
  return std::nullopt;
}

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4()) {
    ::inet_ntop(AF_INET, &bytes_[kMapped.size()], text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  }
  return text.data();
}

IpAddress IpAddress::Masked(unsigned bits) const {
  unsigned left = is_v4() ? kBitsV6 - kBitsV4 + bits : bits;
  IpAddress masked = *this;
  for (std::uint8_t& byte : masked.bytes_) {
    const unsigned kept = std::min(left, 8U);
    byte = static_cast<std::uint8_t>(byte & (0xff00U >> kept));
    left -= kept;
  }
  return masked;
}

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpNetwork network;
  network.base_ = *address;
  network.bits_ = address->is_v4() ? kBitsV4 : kBitsV6;
  if (slash == std::string_view::npos) return network;
  const std::string_view bits = text.substr(slash + 1);
  const unsigned bits_max = network.bits_;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits_);
  const bool is_number = error == std::errc() && end == bits.data() + bits.size();
  if (!is_number || network.bits_ > bits_max) return std::nullopt;
  if (address->Masked(network.bits_) != *address) return std::nullopt;
  return network;
}

bool IpNetwork::Contains(const IpAddress& address) const {
  return address.is_v4() == base_.is_v4() && address.Masked(bits_) == base_;
}

}  // namespace scimledger::api
