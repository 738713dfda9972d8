#include "tools/configuration.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "api/http_server_listener.h"
#include "tools/trusted_issuer_table.h"

namespace scimledger::tools {
namespace {

constexpr std::size_t kPageDefault = 100;
/// Requests a second that Entra ID requires of a server.
constexpr unsigned kEntraRate = 25;

using storage::ErrorCode;
using storage::Fail;

/// One setting: how its text gets into the configuration. nullopt: fine; else what is accepted.
struct Setting {
  std::string_view name;
  std::function<std::optional<std::string>(Configuration&, const std::string&)> set;
  bool is_list = false;  ///< in the file a list of strings too: they get commas between
};

template <typename Number>
Setting NumberSetting(std::string_view name, Number Configuration::*member, Number min,
                      Number max) {
  auto set = [member, min, max](Configuration& to,
                                const std::string& text) -> std::optional<std::string> {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
      return fmt::format("a whole number from {} to {}", min, max);
    }
    to.*member = number;
    return std::nullopt;
  };
  return {name, set};
}

/// 0: no limit; else not below what Entra ID requires of a SCIM server.
Setting RateSetting(std::string_view name, unsigned Configuration::*member) {
  auto set = [member](Configuration& to, const std::string& text) -> std::optional<std::string> {
    const auto refused =
        NumberSetting<unsigned>({}, member, 0, std::numeric_limits<unsigned>::max()).set(to, text);
    if (!refused && (to.*member == 0 || to.*member >= kEntraRate)) return std::nullopt;
    return fmt::format("0 (no limit) or a whole number from {} on, the rate that Entra ID requires",
                       kEntraRate);
  };
  return {name, set};
}

Setting TextSetting(std::string_view name, std::string Configuration::*member) {
  auto set = [member](Configuration& to, const std::string& text) -> std::optional<std::string> {
    to.*member = text;
    return std::nullopt;
  };
  return {name, set};
}

std::optional<std::string> SetPlainHttp(Configuration& to, const std::string& text) {
  if (text != "loopback" && text != "anywhere") return "loopback or anywhere";
  to.plain_http_anywhere = text == "anywhere";
  return std::nullopt;
}

std::optional<std::string> SetHistory(Configuration& to, const std::string& text) {
  if (text != "on" && text != "off") return "on or off";
  to.has_history = text == "on";
  return std::nullopt;
}

std::optional<std::string> SetTrustedProxies(Configuration& to, const std::string& text) {
  auto proxies = api::TrustedProxies::Parse(text);
  if (!proxies) {
    return "addresses and networks such as 10.0.0.7, 10.0.0.0/8 and 2001:db8::/32, in the file as "
           "a "
           "list or with commas between; a network's address has no bits beyond its prefix";
  }
  to.trusted_proxies = *std::move(proxies);
  return std::nullopt;
}

const std::vector<Setting>& Settings() {
  static const std::vector<Setting> settings = {
      TextSetting("listen", &Configuration::listen),
      TextSetting("public_url", &Configuration::public_url),
      {"trusted_proxies", SetTrustedProxies, true},
      NumberSetting<std::size_t>("body_bytes_max", &Configuration::body_bytes_max, 1024, 1U << 30U),
      NumberSetting<std::size_t>("bodies_bytes_max", &Configuration::bodies_bytes_max, 1024,
                                 std::size_t{1} << 40U),
      NumberSetting<std::size_t>("connections_max", &Configuration::connections_max, 1, 100'000),
      NumberSetting<unsigned>("io_threads", &Configuration::io_threads, 0, 256),
      NumberSetting<unsigned>("password_threads", &Configuration::password_threads, 1, 64),
      NumberSetting<std::size_t>("page_default", &Configuration::page_default, 1, 10'000),
      NumberSetting<std::size_t>("page_max", &Configuration::page_max, 1, 10'000),
      NumberSetting<std::size_t>("index_bytes_max", &Configuration::index_bytes_max, 0,
                                 std::size_t{1} << 44U),
      RateSetting("credential_requests_per_second_max",
                  &Configuration::credential_requests_per_second_max),
      RateSetting("tenant_requests_per_second_max", &Configuration::tenant_requests_per_second_max),
      NumberSetting<unsigned>("failed_authentications_per_minute_max",
                              &Configuration::failed_authentications_per_minute_max, 1, 1'000'000),
      NumberSetting<std::size_t>("denied_bytes_max", &Configuration::denied_bytes_max, 64U << 10U,
                                 std::size_t{1} << 40U),
      NumberSetting<unsigned>("access_token_seconds", &Configuration::access_token_seconds, 300,
                              21'600),
      TextSetting("tls_certificate", &Configuration::tls_certificate),
      TextSetting("tls_key", &Configuration::tls_key),
      TextSetting("tls_client_ca", &Configuration::tls_client_ca),
      {"plain_http", SetPlainHttp},
      {"history", SetHistory},
  };
  return settings;
}

storage::Result<void> Set(Configuration& to, std::string_view name, const std::string& text,
                          std::string_view source) {
  for (const Setting& setting : Settings()) {
    if (setting.name != name) continue;
    if (const auto accepted = setting.set(to, text)) {
      return Fail(ErrorCode::kInvalid,
                  fmt::format("{}: {} is '{}', but takes {}", source, name, text, *accepted));
    }
    to.given[std::string(name)] = text;
    return {};
  }
  std::string known;
  for (const Setting& setting : Settings()) known += fmt::format(" {}", setting.name);
  known += fmt::format(" [[{}]]", kTrustedIssuer);
  return Fail(ErrorCode::kInvalid,
              fmt::format("{}: unknown setting '{}'; known are:{}", source, name, known));
}

/// nullopt: of a type that the setting does not take.
std::optional<std::string> TextOf(std::string_view name, const toml::node& node) {
  if (auto string = node.value_exact<std::string>()) return string;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  const bool takes_list = std::ranges::any_of(
      Settings(), [&](const Setting& setting) { return setting.name == name && setting.is_list; });
  const toml::array* const list = node.as_array();
  if (list == nullptr || !takes_list) return std::nullopt;
  std::string joined;
  for (const toml::node& each : *list) {
    const auto string = each.value_exact<std::string>();
    if (!string) return std::nullopt;
    if (!joined.empty()) joined += ',';
    joined += *string;
  }
  return joined;
}

storage::Result<void> ReadFile(Configuration& to, const std::filesystem::path& file) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) {
    return Fail(ErrorCode::kNotFound, fmt::format("no configuration file {}", file.string()));
  }
  toml::table table;
  try {
    table = toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    return Fail(ErrorCode::kInvalid, fmt::format("{}, line {}: {}", file.string(),
                                                 error.source().begin.line, error.description()));
  }
  for (const auto& [key, node] : table) {
    if (key == kTrustedIssuer) {
      SCIMLEDGER_TRY_ASSIGN(to.trusted_issuers, ReadTrustedIssuers(node, file));
      continue;
    }
    const auto text = TextOf(key.str(), node);
    if (!text) {
      return Fail(ErrorCode::kInvalid, fmt::format("{}: {} must be a string or a whole number",
                                                   file.string(), key.str()));
    }
    SCIMLEDGER_TRY(Set(to, key.str(), *text, file.string()));
  }
  return {};
}

storage::Result<void> ReadEnvironment(Configuration& to) {
  for (const Setting& setting : Settings()) {
    std::string variable = "SCIMLEDGER_";
    for (const char c : setting.name) {
      variable += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    if (const char* text = std::getenv(variable.c_str()); text != nullptr && *text != '\0') {
      SCIMLEDGER_TRY(Set(to, setting.name, text, variable));
    }
  }
  return {};
}

storage::Result<void> TakeFlags(Configuration& to, const ConfigurationFlags& flags) {
  for (const auto& [name, value] : flags.settings) {
    std::string flag = "--" + name;
    std::ranges::replace(flag, '_', '-');
    SCIMLEDGER_TRY(Set(to, name, value, flag));
  }
  return {};
}

/// Tokens and personal data must not cross a network in the clear by oversight.
storage::Result<void> CheckTransport(const Configuration& configuration) {
  if (configuration.tls_certificate.empty() != configuration.tls_key.empty()) {
    return Fail(ErrorCode::kInvalid,
                "tls_certificate and tls_key belong together; they may name the same file");
  }
  if (!configuration.has_tls() && !configuration.tls_client_ca.empty()) {
    return Fail(ErrorCode::kInvalid, "tls_client_ca needs tls_certificate and tls_key");
  }
  SCIMLEDGER_TRY_ASSIGN(const ListenAddress listen, ParseListen(configuration.listen));
  const bool is_safe = configuration.has_tls() || configuration.plain_http_anywhere ||
                       api::IsLoopbackAddress(listen.address);
  if (is_safe) return {};
  return Fail(ErrorCode::kInvalid,
              fmt::format("plain HTTP on {} would show tokens to the network; set tls_certificate "
                          "and tls_key, or listen on 127.0.0.1 behind a proxy, or set plain_http "
                          "to \"anywhere\"",
                          configuration.listen));
}

}  // namespace

storage::Result<Configuration> LoadConfiguration(const ConfigurationFlags& flags) {
  Configuration configuration;
  if (!flags.file.empty()) SCIMLEDGER_TRY(ReadFile(configuration, flags.file));
  SCIMLEDGER_TRY(ReadEnvironment(configuration));
  SCIMLEDGER_TRY(TakeFlags(configuration, flags));
  if (configuration.io_threads == 0) {
    configuration.io_threads = std::max(std::thread::hardware_concurrency(), 1U);
  }
  if (configuration.page_default == 0) {
    configuration.page_default = std::min<std::size_t>(kPageDefault, configuration.page_max);
  }
  if (configuration.page_default > configuration.page_max) {
    return Fail(ErrorCode::kInvalid, "page_default must not be above page_max");
  }
  // A body that grows takes up to twice its size.
  if (configuration.body_bytes_max > configuration.bodies_bytes_max / 2) {
    return Fail(ErrorCode::kInvalid, "bodies_bytes_max must be at least twice body_bytes_max");
  }
  SCIMLEDGER_TRY(CheckTransport(configuration));
  return configuration;
}

std::vector<std::string_view> SettingNames() {
  std::vector<std::string_view> names;
  for (const Setting& setting : Settings()) names.push_back(setting.name);
  return names;
}

storage::Result<ListenAddress> ParseListen(const std::string& listen) {
  const auto colon = listen.rfind(':');
  ListenAddress parsed;
  bool good = colon != std::string::npos && colon > 0;
  if (good) {
    parsed.address = listen.substr(0, colon);
    if (parsed.address.starts_with('[') && parsed.address.ends_with(']')) {
      parsed.address = parsed.address.substr(1, parsed.address.size() - 2);
    }
    const char* end = listen.data() + listen.size();
    const auto [at, error] = std::from_chars(listen.data() + colon + 1, end, parsed.port);
    good = error == std::errc() && at == end;
  }
  if (!good) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("'{}' is not an address to listen on; write it as 127.0.0.1:8080 or "
                            "[::1]:8080 (port 0: any free one)",
                            listen));
  }
  return parsed;
}

}  // namespace scimledger::tools
