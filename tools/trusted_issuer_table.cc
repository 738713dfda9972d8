#include "tools/trusted_issuer_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "api/tenant_name.h"

namespace scimledger::tools {
namespace {

constexpr std::size_t kTextBytesMax = 1024;
constexpr std::size_t kIssuersMax = 1000;
constexpr std::array<std::string_view, 5> kMembers = {"issuer", "audience", "subject", "jwks",
                                                      "credential"};

/// One table, and what its errors begin with.
class Table {
 public:
  Table(const toml::table& table, const std::filesystem::path& file, std::size_t number)
      : table_(table),
        where_(fmt::format("{}: [[{}]] {}", file.string(), kTrustedIssuer, number)) {}

  storage::Result<void> CheckNames() const {
    for (const auto& [key, node] : table_) {
      if (std::ranges::find(kMembers, key.str()) != kMembers.end()) continue;
      return Refuse(
          fmt::format("unknown member '{}'; known are: issuer audience subject jwks "
                      "credential",
                      key.str()));
    }
    return {};
  }

  storage::Result<std::string> Text(std::string_view name) const {
    if (auto text = TextOf(table_.get(name))) return *std::move(text);
    return Refuse(fmt::format("{} must be a string of 1 to {} bytes", name, kTextBytesMax));
  }

  storage::Result<std::vector<std::string>> Texts(std::string_view name) const {
    const toml::node* const node = table_.get(name);
    const toml::array* const list = node == nullptr ? nullptr : node->as_array();
    if (list == nullptr) {
      SCIMLEDGER_TRY_ASSIGN(std::string text, Text(name));
      return std::vector{std::move(text)};
    }
    std::vector<std::string> texts;
    for (const toml::node& each : *list) {
      auto text = TextOf(&each);
      if (!text) return Refuse(fmt::format("{} must be a string or a list of strings", name));
      texts.push_back(*std::move(text));
    }
    if (texts.empty()) return Refuse(fmt::format("{} must not be empty", name));
    return texts;
  }

  std::unexpected<storage::Error> Refuse(const std::string& why) const {
    return storage::Fail(storage::ErrorCode::kInvalid, fmt::format("{}: {}", where_, why));
  }

 private:
  static std::optional<std::string> TextOf(const toml::node* node) {
    auto text = node == nullptr ? std::nullopt : node->value_exact<std::string>();
    if (text && (text->empty() || text->size() > kTextBytesMax)) text.reset();
    return text;
  }

  const toml::table& table_;
  const std::string where_;
};

storage::Result<api::TrustedIssuer> Read(const Table& table, const std::filesystem::path& file) {
  SCIMLEDGER_TRY(table.CheckNames());
  api::TrustedIssuer trusted;
  SCIMLEDGER_TRY_ASSIGN(trusted.issuer, table.Text("issuer"));
  SCIMLEDGER_TRY_ASSIGN(trusted.audiences, table.Texts("audience"));
  SCIMLEDGER_TRY_ASSIGN(trusted.subject, table.Text("subject"));
  SCIMLEDGER_TRY_ASSIGN(const std::string jwks, table.Text("jwks"));
  if (jwks.contains("://")) {
    return table.Refuse("jwks must be a file: keys are not fetched from a URL yet");
  }
  trusted.jwks = (file.parent_path() / jwks).string();
  SCIMLEDGER_TRY_ASSIGN(const std::string credential, table.Text("credential"));
  auto client = api::ParseClientId(credential);
  if (!client) {
    return table.Refuse(
        "credential must be an id that `scimledger token list` shows, with its tenant and a dot in "
        "front (acme.018f…) if that is not the default one");
  }
  trusted.tenant = std::move(client->tenant);
  trusted.credential = client->credential;
  return trusted;
}

}  // namespace

storage::Result<std::vector<api::TrustedIssuer>> ReadTrustedIssuers(
    const toml::node& node, const std::filesystem::path& file) {
  const toml::array* const list = node.as_array();
  if (list == nullptr || list->size() > kIssuersMax || !list->is_homogeneous<toml::table>()) {
    return storage::Fail(storage::ErrorCode::kInvalid,
                         fmt::format("{}: {} must be tables with the head [[{}]], {} at the most",
                                     file.string(), kTrustedIssuer, kTrustedIssuer, kIssuersMax));
  }
  std::vector<api::TrustedIssuer> all;
  for (const toml::node& each : *list) {
    const Table table(*each.as_table(), file, all.size() + 1);
    SCIMLEDGER_TRY_ASSIGN(api::TrustedIssuer trusted, Read(table, file));
    const bool is_twice = std::ranges::any_of(all, [&](const api::TrustedIssuer& other) {
      return other.issuer == trusted.issuer && other.subject == trusted.subject;
    });
    if (is_twice) return table.Refuse("another table has the same issuer and subject");
    all.push_back(std::move(trusted));
  }
  return all;
}

}  // namespace scimledger::tools
