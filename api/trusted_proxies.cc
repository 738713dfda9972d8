#include "api/trusted_proxies.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "api/request_headers.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kFor = "X-Forwarded-For";
constexpr std::string_view kProto = "X-Forwarded-Proto";
constexpr std::string_view kHost = "X-Forwarded-Host";
constexpr std::size_t kNetworksMax = 1000;
/// Proxies one behind the other; a longer chain is believed up to there.
constexpr std::size_t kHopsMax = 16;
constexpr std::size_t kHostBytesMax = 255 + 6;  ///< a DNS name, and a port

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes the text after the last comma off the end.
std::string_view TakeLast(std::string_view& rest) {
  const std::size_t comma = rest.rfind(',');
  const std::string_view last =
      Trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
  rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
  return last;
}

/// `10.0.0.1`, `10.0.0.1:1234`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:1234`: some proxies
/// name the port too.
std::optional<IpAddress> ParseHop(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return IpAddress::Parse(text.substr(1, end - 1));
  }
  const bool has_port = std::ranges::count(text, ':') == 1;
  return IpAddress::Parse(has_port ? text.substr(0, text.find(':')) : text);
}

/// Takes all lines of a header off the request and joins them; empty: there are none.
std::string TakeHeader(Headers& headers, std::string_view name) {
  std::string joined;
  std::erase_if(headers, [&](const auto& header) {
    if (!EqualsIgnoreAsciiCase(header.first, name)) return false;
    if (!joined.empty()) joined += ',';
    joined += header.second;
    return true;
  });
  return joined;
}

}  // namespace

std::optional<TrustedProxies> TrustedProxies::Parse(std::string_view list) {
  TrustedProxies proxies;
  while (!list.empty()) {
    const auto network = IpNetwork::Parse(TakeLast(list));
    if (!network || proxies.networks_.size() == kNetworksMax) return std::nullopt;
    proxies.networks_.push_back(*network);
  }
  return proxies;
}

bool TrustedProxies::Holds(const IpAddress& address) const {
  return std::ranges::any_of(networks_,
                             [&](const IpNetwork& network) { return network.Contains(address); });
}

void TrustedProxies::Settle(HttpRequest& request) const {
  const bool says_something = std::ranges::any_of(request.headers, [](const auto& header) {
    return EqualsIgnoreAsciiCase(std::string_view(header.first).substr(0, 12), "X-Forwarded-");
  });
  if (!says_something) return;
  const std::string forwarded_for = TakeHeader(request.headers, kFor);
  const std::string proto = TakeHeader(request.headers, kProto);
  const std::string hosts = TakeHeader(request.headers, kHost);
  const auto peer = IpAddress::Parse(request.peer_address);
  if (request.transport != Transport::kNetwork || !peer || !Holds(*peer)) return;
  if (std::string chain = ChainOf(forwarded_for); !chain.empty()) {
    request.headers.emplace_back(kFor, std::move(chain));
  }
  std::string_view rest = proto;
  const std::string_view scheme = TakeLast(rest);
  for (const std::string_view known : {"http", "https"}) {
    if (EqualsIgnoreAsciiCase(scheme, known)) request.headers.emplace_back(kProto, known);
  }
  rest = hosts;
  const std::string_view host = TakeLast(rest);
  if (host.size() <= kHostBytesMax && IsHostAndPort(host)) {
    request.headers.emplace_back(kHost, host);
  }
}

/// Read from its end: each proxy adds the address that it was asked from.
std::string TrustedProxies::ChainOf(std::string_view forwarded_for) const {
  std::string chain;
  for (std::size_t hops = 0; hops < kHopsMax && !forwarded_for.empty(); ++hops) {
    const auto hop = ParseHop(TakeLast(forwarded_for));
    if (!hop) break;
    chain = hop->ToString() + (chain.empty() ? "" : ", ") + chain;
    if (!Holds(*hop)) break;
  }
  return chain;
}

std::string_view ClientAddress(const HttpRequest& request) {
  const std::string_view chain = ForwardedChain(request);
  return chain.empty() ? std::string_view(request.peer_address) : chain.substr(0, chain.find(','));
}

std::string_view ForwardedChain(const HttpRequest& request) {
  return FindHeader(request.headers, kFor).value_or(std::string_view());
}

std::optional<std::string_view> ForwardedScheme(const HttpRequest& request) {
  return FindHeader(request.headers, kProto);
}

std::optional<std::string_view> ForwardedHost(const HttpRequest& request) {
  return FindHeader(request.headers, kHost);
}

}  // namespace scimledger::api
