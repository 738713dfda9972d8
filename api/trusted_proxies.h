#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "api/ip_address.h"

namespace scimledger::api {

/// The proxies in front of the server, whose word about their clients counts: X-Forwarded-For,
/// X-Forwarded-Proto, X-Forwarded-Host. Immutable.
class TrustedProxies {
 public:
  /// None.
  TrustedProxies() = default;
  /// Addresses and networks with commas between; nullopt: something else is among them.
  static std::optional<TrustedProxies> Parse(std::string_view list);

  bool Holds(const IpAddress& address) const;

  /// Leaves those headers on the request only as far as a trusted proxy vouches for them, and at
  /// most one line of each: of X-Forwarded-For the client (the last address that is no trusted
  /// proxy) and the trusted proxies after it, as addresses with `, ` between; of the others the
  /// last entry, if it is a scheme, or a host. What anybody else sent in them, and what cannot be
  /// read, is taken off. So who reads them later may believe them.
  void Settle(HttpRequest& request) const;

  friend bool operator==(const TrustedProxies&, const TrustedProxies&) = default;

 private:
  std::string ChainOf(std::string_view forwarded_for) const;

  std::vector<IpNetwork> networks_;
};

// For requests that were settled.

/// The client's address: what trusted proxies say it is, else the peer's; empty off the network.
std::string_view ClientAddress(const HttpRequest& request);
/// From the client to the last proxy but the peer; empty: no proxy vouched for anybody.
std::string_view ForwardedChain(const HttpRequest& request);
/// `http` or `https`, as the client used it.
std::optional<std::string_view> ForwardedScheme(const HttpRequest& request);
/// What the client called the server; host and perhaps a port.
std::optional<std::string_view> ForwardedHost(const HttpRequest& request);

}  // namespace scimledger::api
