#include "api/token_endpoint.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "api/base64url.h"
#include "api/command_submission.h"
#include "api/tenant_name.h"
#include "api/time_argument.h"
#include "engine/json.h"
#include "engine/text.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kSuffixLength = 4;

/// `sl_` and 256 random bits: the prefix lets secret scanners find it where it should not be.
std::string MakeSecret() {
  std::array<char, 32> random{};
  storage::FillRandom(random.data(), random.size());
  return "sl_" + EncodeBase64Url({random.data(), random.size()});
}

Result<std::optional<std::string>> ReadText(simdjson::dom::object object, std::string_view key) {
  const auto member = object.at_key(key);
  if (member.error() != simdjson::SUCCESS) return std::optional<std::string>();
  std::string_view text;
  if (member.get(text) != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidValue, fmt::format("{} must be a string.", key));
  }
  return std::optional(std::string(text));
}

Result<Credential> ReadCredential(std::string_view body, std::int64_t now_us) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(body.empty() ? "{}" : body));
  simdjson::dom::object object;
  if (json.root().get(object) != simdjson::SUCCESS) {
    return Refuse(
        ScimType::kInvalidSyntax,
        R"(The body must be an object such as {"name": "entra", "role": "provisioner"}.)");
  }
  Credential credential;
  SCIMLEDGER_TRY_ASSIGN(auto name, ReadText(object, "name"));
  credential.name = name && !name->empty() ? *std::move(name) : "unnamed";
  if (credential.name.size() > kNameBytesMax) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("name must have at most {} bytes.", kNameBytesMax));
  }
  SCIMLEDGER_TRY_ASSIGN(const auto role_name, ReadText(object, "role"));
  const auto role = ParseRole(role_name.value_or("provisioner"));
  if (!role) {
    return Refuse(ScimType::kInvalidValue,
                  "role must be one of provisioner, reader, auditor and admin.");
  }
  credential.role = *role;
  SCIMLEDGER_TRY_ASSIGN(const auto expires, ReadText(object, "expires"));
  if (expires && !expires->empty()) {
    SCIMLEDGER_TRY_ASSIGN(credential.expires_us, ParseExpiry("expires", *expires, now_us));
  }
  credential.id = storage::RandomUuid();
  return credential;
}

/// The members of a token's object, without the braces.
void AppendToken(const Credential& credential, const Tenant& tenant, std::string& out) {
  out += fmt::format(R"("id":"{}","clientId":"{}","name":)", credential.id.ToString(),
                     FormatClientId(tenant.name(), credential.id));
  AppendJsonString(out, credential.name);
  out += fmt::format(R"(,"role":"{}","suffix":)", ToString(credential.role));
  AppendJsonString(out, credential.secret_suffix);
  out += fmt::format(R"(,"created":"{}")", FormatDateTime(credential.created_us));
  if (credential.expires_us != 0) {
    out += fmt::format(R"(,"expires":"{}")", FormatDateTime(credential.expires_us));
  }
  if (credential.revoked_us != 0) {
    out += fmt::format(R"(,"revoked":"{}")", FormatDateTime(credential.revoked_us));
  }
}

void ListTokens(ExchangePtr exchange, const CredentialUse& use) {
  const auto view = exchange->tenant->directory().Freeze();
  exchange->sequence = view->sequence();
  std::string body = R"({"tokens":[)";
  bool is_first = true;
  for (const Credential& credential : view->credentials()) {
    body += std::exchange(is_first, false) ? "{" : ",{";
    AppendToken(credential, *exchange->tenant, body);
    if (const auto used_us = use.LastUsedUs(credential.id)) {
      body += fmt::format(R"(,"lastUsed":"{}")", FormatDateTime(*used_us));
    }
    body += '}';
  }
  body += "]}";
  exchange->Answer(JsonResponse(200, std::move(body), kJsonMediaType));
}

void AnswerCreated(ExchangePtr exchange, const Credential& asked, const std::string& secret) {
  // The times were set when it was decided: show the credential as it is in force now.
  const auto recorded = exchange->tenant->directory().FindCredentialBySecret(asked.secret_hash);
  std::string body = "{";
  AppendToken(recorded.value_or(asked), *exchange->tenant, body);
  body += fmt::format(R"(,"secret":"{}"}})", secret);
  HttpResponse response = JsonResponse(201, std::move(body), kJsonMediaType);
  response.headers.emplace_back("Cache-Control", "no-store");
  exchange->Answer(std::move(response));
}

void CreateToken(ExchangePtr exchange, const Workers& workers) {
  auto credential = ReadCredential(exchange->request.body, exchange->tenant->NowUs());
  if (!credential) return exchange->AnswerError(credential.error());
  std::string secret = TokenPrefix(exchange->tenant->name()) + MakeSecret();
  credential->secret_hash = storage::Sha256({secret});
  credential->secret_suffix = secret.substr(secret.size() - kSuffixLength);
  CreateCredential command{*credential};
  SubmitCommand(
      std::move(exchange), std::move(command), workers,
      [asked = *std::move(credential), secret = std::move(secret)](
          ExchangePtr done, const Outcome&) { AnswerCreated(std::move(done), asked, secret); });
}

void RevokeToken(ExchangePtr exchange, const Workers& workers) {
  const auto id = Uuid::Parse(exchange->path_values.front());
  if (!id) {
    return exchange->AnswerError(
        {404, ScimType::kNone, "There is no such token: GET /admin/v1/tokens lists them by id."});
  }
  SubmitCommand(std::move(exchange), RevokeCredential{*id}, workers,
                [](ExchangePtr done, const Outcome&) {
                  HttpResponse response;
                  response.status = 204;
                  done->Answer(std::move(response));
                });
}

}  // namespace

void AddTokenEndpoints(Router& router, const Workers& workers, const CredentialUse& use) {
  const auto list = [&use](ExchangePtr exchange) { ListTokens(std::move(exchange), use); };
  const auto create = [&workers](ExchangePtr exchange) {
    CreateToken(std::move(exchange), workers);
  };
  const auto revoke = [&workers](ExchangePtr exchange) {
    RevokeToken(std::move(exchange), workers);
  };
  router.Add("/admin/v1/tokens",
             {{"GET", Access::kAdminister, list}, {"POST", Access::kAdminister, create}});
  router.Add("/admin/v1/tokens/{id}", {{"DELETE", Access::kAdminister, revoke}});
}

}  // namespace scimledger::api
