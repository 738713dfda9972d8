#include "tools/token_command.h"

#include <fmt/core.h>

#include <optional>
#include <vector>

#include "engine/json.h"
#include "tools/audit_text.h"
#include "tools/request.h"

namespace scimledger::tools {
namespace {

constexpr std::string_view kTokens = "/admin/v1/tokens";

/// One token as GET /admin/v1/tokens lists it.
struct TokenRow {
  std::string id, client, name, role, suffix, created, expires, used, revoked;
  std::string json;
};

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

std::vector<TokenRow> ReadTokens(const std::string& body) {
  std::vector<TokenRow> tokens;
  const auto document = JsonDocument::Parse(body);
  simdjson::dom::array list;
  if (!document || document->root()["tokens"].get(list) != simdjson::SUCCESS) return tokens;
  for (const simdjson::dom::element token : list) {
    tokens.push_back({TextAt(token, "/id"), TextAt(token, "/clientId"), TextAt(token, "/name"),
                      TextAt(token, "/role"), TextAt(token, "/suffix"), TextAt(token, "/created"),
                      TextAt(token, "/expires"), TextAt(token, "/lastUsed"),
                      TextAt(token, "/revoked"), simdjson::minify(token)});
  }
  return tokens;
}

}  // namespace

ExitCode CreateToken(const ConnectionOptions& options, const NewToken& token) {
  std::string body = "{\"role\":";
  AppendJsonString(body, token.role);
  body += ",\"name\":";
  AppendJsonString(body, token.name);
  body += ",\"expires\":";
  AppendJsonString(body, token.expires);
  body += '}';
  auto response = Ask(options, "POST", std::string(kTokens), body);
  if (!response) return response.error();
  if (token.is_json) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const auto document = JsonDocument::Parse(response->body);
  if (!document) return Report(ExitCode::kIo, "the answer is not JSON");
  fmt::print("{}\n", TextAt(document->root(), "/secret"));
  return ExitCode::kDone;
}

ExitCode ListTokens(const ConnectionOptions& options, Format format) {
  const auto response = Ask(options, "GET", std::string(kTokens));
  if (!response) return response.error();
  const auto tokens = ReadTokens(response->body);
  if (format == Format::kJson) {
    fmt::print("{}\n", response->body);
    return ExitCode::kDone;
  }
  const std::vector<std::string> header{"CLIENT ID", "NAME",    "ROLE",      "TOKEN",
                                        "CREATED",   "EXPIRES", "LAST USED", "REVOKED"};
  std::vector<std::vector<std::string>> rows;
  for (const TokenRow& token : tokens) {
    if (format == Format::kJsonLines) fmt::print("{}\n", token.json);
    rows.push_back({token.client, token.name, token.role, "…" + token.suffix, token.created,
                    OrDash(token.expires), OrDash(token.used), OrDash(token.revoked)});
  }
  if (format == Format::kTable) fmt::print("{}", RenderTable(header, rows));
  if (format == Format::kCsv) fmt::print("{}", RenderCsv(header, rows));
  return ExitCode::kDone;
}

ExitCode RevokeToken(const ConnectionOptions& options, const std::string& token) {
  auto connection = Connection::Open(options);
  if (!connection) return Report(connection.error());
  const auto listed = Ask(**connection, "GET", std::string(kTokens));
  if (!listed) return listed.error();
  std::vector<TokenRow> candidates;
  for (TokenRow& row : ReadTokens(listed->body)) {
    if (row.id == token || row.client == token) {
      candidates = {std::move(row)};
      break;
    }
    if (row.name == token && row.revoked.empty()) candidates.push_back(std::move(row));
  }
  if (candidates.empty()) {
    return Report(ExitCode::kFinding,
                  fmt::format("no token in force with the id or name '{}'; `scimledger token list` "
                              "shows them",
                              token));
  }
  if (candidates.size() > 1) {
    fmt::print(stderr, "scimledger: {} tokens in force are called '{}'; name one by its id:\n",
               candidates.size(), token);
    for (const TokenRow& row : candidates) {
      fmt::print(stderr, "  {}  …{}  created {}\n", row.id, row.suffix, row.created);
    }
    return ExitCode::kMisuse;
  }
  const auto revoked = Ask(**connection, "DELETE", fmt::format("{}/{}", kTokens, candidates[0].id));
  if (!revoked) return revoked.error();
  fmt::print(stderr, "revoked {} ({} …{})\n", candidates[0].id, candidates[0].name,
             candidates[0].suffix);
  return ExitCode::kDone;
}

}  // namespace scimledger::tools
