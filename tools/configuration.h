#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/trusted_issuers.h"
#include "api/trusted_proxies.h"
#include "projections/index_budget.h"
#include "storage/result.h"

namespace scimledger::tools {

/// Settings of the process (DESIGN §6: tenant settings are events, these are not). Each comes from
/// the first of: flag, environment variable, configuration file, default.
struct Configuration {
  std::string listen = "127.0.0.1:8080";  ///< address:port; `[::1]:8080` for IPv6; port 0: any
  std::string public_url;                 ///< what clients call us; empty: from each request's Host
  api::TrustedProxies trusted_proxies;    ///< whose word about their clients counts
  std::size_t body_bytes_max = 8U << 20U;      ///< of one request
  std::size_t bodies_bytes_max = 256U << 20U;  ///< of all requests in progress together
  std::size_t connections_max = 4096;
  unsigned password_threads = 1;  ///< hash passwords, in tenants that keep them; 19 MiB each
  unsigned io_threads = 0;        ///< 0: as many as there are processors
  std::size_t page_default = 0;   ///< 0: 100, or page_max where that is less
  std::size_t page_max = 1000;
  /// Memory for the columns of the attribute index, of all tenants together; 0: queries scan.
  std::size_t index_bytes_max = projections::IndexBudget::kDefaultBytes;
  bool has_history = true;
  // Requests a second; 0: as many as they like.
  unsigned credential_requests_per_second_max = 0;
  unsigned tenant_requests_per_second_max = 0;
  unsigned failed_authentications_per_minute_max = 60;  ///< of one address
  std::size_t denied_bytes_max = 16U << 20U;            ///< of refused requests kept on disk
  unsigned access_token_seconds = 3600;  ///< how long what the token endpoint gives out is good
  std::vector<api::TrustedIssuer> trusted_issuers;  ///< [[trusted_issuer]], in the file only
  // PEM files; empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_client_ca;         ///< clients must show a certificate that comes from it
  bool plain_http_anywhere = false;  ///< else plain HTTP is served on loopback only

  /// Settings that were given, by name, as they were written; the others have their defaults.
  std::map<std::string, std::string> given;

  bool has_tls() const { return !tls_certificate.empty(); }
};

/// Flags that were given on the command line.
struct ConfigurationFlags {
  std::filesystem::path file;
  /// Names as in the file, and values; `listen` was given as `--listen`.
  std::vector<std::pair<std::string, std::string>> settings;
};

/// Reads file and environment (SCIMLEDGER_LISTEN, SCIMLEDGER_PUBLIC_URL, SCIMLEDGER_BODY_BYTES_MAX,
/// …: the setting's name in capitals). Refuses unknown settings and values out of range with
/// kInvalid, naming the setting, where it came from, and what is accepted; settings that contradict
/// each other too, and plain HTTP where others could listen in. A file that is not there:
/// kNotFound.
[[nodiscard]] storage::Result<Configuration> LoadConfiguration(const ConfigurationFlags& flags);

/// Of every setting, in the order they are documented; [[trusted_issuer]] is not among them.
[[nodiscard]] std::vector<std::string_view> SettingNames();

struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
};
/// kInvalid: not `address:port`.
[[nodiscard]] storage::Result<ListenAddress> ParseListen(const std::string& listen);

}  // namespace scimledger::tools
