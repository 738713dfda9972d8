#include "api/oauth_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/authenticator.h"
#include "api/oauth_request.h"
#include "api/tenant_name.h"
#include "api/used_assertions.h"
#include "engine/json.h"
#include "storage/hash.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kTokenPath = "/oauth2/token";
constexpr std::int64_t kSecondUs = 1'000'000;

/// Who asks for a token, proved.
struct Client {
  Credential credential;
  std::string issuer;   ///< of the assertion that proved it; else empty
  std::string subject;  ///< likewise
};

/// What AnswerToken and its helpers share.
struct TokenService {
  TokenService(AccessControl& control, std::function<void(ExchangePtr)> again)
      : access(control), serve_again(std::move(again)) {}
  AccessControl& access;
  /// For the tenant that the body chose.
  std::function<void(ExchangePtr)> serve_again;
  UsedAssertions used;
};

using Identified = std::expected<Client, OauthError>;

std::unexpected<OauthError> InvalidClient(std::string description) {
  return std::unexpected(OauthError{401, "invalid_client", std::move(description)});
}

/// An assertion that is not accepted is the client's fault as its proof of identity (RFC 7523
/// §3.2), the grant's as the grant itself (§3.1).
std::unexpected<OauthError> InvalidAssertion(const TokenRequest& request, std::string description) {
  if (request.grant_type != kJwtBearerGrant) return InvalidClient(std::move(description));
  return std::unexpected(OauthError{400, "invalid_grant", std::move(description)});
}

Actor ActorOf(const Client& client) {
  return {client.credential.id.ToString(), AuthMethod::kOauth, client.credential.role,
          client.issuer, client.subject};
}

std::optional<Credential> FindCredential(const Exchange& exchange, std::string_view tenant,
                                         const Uuid& id) {
  if (tenant != exchange.tenant->name()) return std::nullopt;
  return exchange.tenant->directory().FindCredentialById(id);
}

std::optional<Credential> FindClient(const Exchange& exchange, std::string_view client_id) {
  const auto client = ParseClientId(client_id);
  return client ? FindCredential(exchange, client->tenant, client->credential) : std::nullopt;
}

Identified IdentifyBySecret(Exchange& exchange, const TokenRequest& request) {
  if (request.client_id.empty()) {
    return InvalidClient(
        "The client_id is missing: send the client id that `scimledger token list` shows, with its "
        "secret, as Basic or in the body.");
  }
  if (request.client_secret.empty()) {
    return InvalidClient("A client_secret or a client_assertion is missing.");
  }
  auto credential = FindClient(exchange, request.client_id);
  if (!credential) {
    return InvalidClient(
        "The client_id is unknown here: it is the client id that `scimledger token list` shows, "
        "not the name or the secret.");
  }
  if (storage::Sha256({request.client_secret}) != credential->secret_hash) {
    exchange.actor = ActorOf({*credential, {}, {}});
    return InvalidClient(
        "The client_secret is not the one of this client_id: check that it was copied whole.");
  }
  return Client{*std::move(credential), {}, {}};
}

/// Entra's client_id is the id that the ledger gave; RFC 7523 §3 has the subject there.
bool IsClientOf(std::string_view client_id, const Vouched& vouched) {
  return client_id.empty() || client_id == FormatClientId(vouched.tenant, vouched.credential) ||
         client_id == vouched.subject;
}

Identified IdentifyByAssertion(Exchange& exchange, const TokenRequest& request,
                               TokenService& service) {
  const std::int64_t now_us = exchange.tenant->NowUs();
  auto vouched = service.access.authenticator().trusted_issuers().Check(request.assertion, now_us);
  if (!vouched) return InvalidAssertion(request, std::move(vouched).error());
  auto credential = FindCredential(exchange, vouched->tenant, vouched->credential);
  if (!credential) return InvalidAssertion(request, std::string(kNoSuchCredential));
  Client client{*std::move(credential), vouched->issuer, vouched->subject};
  exchange.actor = ActorOf(client);
  if (!IsClientOf(request.client_id, *vouched)) {
    return InvalidClient(
        "The client_id is not the one that this assertion stands for: it is the credential in "
        "[[trusted_issuer]].");
  }
  const bool is_fresh =
      vouched->token_id.empty() ||
      service.used.Add(vouched->issuer, vouched->token_id, vouched->expires_us, now_us);
  if (!is_fresh) {
    return InvalidAssertion(request,
                            "The assertion was used before (jti): make one for each request.");
  }
  return client;
}

Identified IdentifyClient(Exchange& exchange, const TokenRequest& request, TokenService& service) {
  auto client = request.assertion.empty() ? IdentifyBySecret(exchange, request)
                                          : IdentifyByAssertion(exchange, request, service);
  if (!client) return client;
  exchange.actor = ActorOf(*client);
  auto objection =
      WhyNotInForce(client->credential, "The client's credential", exchange.tenant->NowUs());
  if (objection) return InvalidClient(*std::move(objection));
  return client;
}

HttpResponse NotToBeStored(int status, std::string body) {
  HttpResponse response = JsonResponse(status, std::move(body), kJsonMediaType);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  return response;
}

/// RFC 6749 §5.2. Refusals are kept as those of other paths are.
void AnswerOauthError(Exchange& exchange, const OauthError& error, Headers more = {}) {
  if (exchange.on_refusal) {
    exchange.on_refusal(exchange, {error.status, ScimType::kNone, error.description});
  }
  std::string body = fmt::format(R"({{"error":"{}","error_description":)", error.code);
  AppendJsonString(body, error.description);
  body += '}';
  HttpResponse response = NotToBeStored(error.status, std::move(body));
  if (error.status == 401) {
    response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="scimledger")");
  }
  std::ranges::move(more, std::back_inserter(response.headers));
  exchange.Answer(std::move(response));
}

void AnswerTooMany(Exchange& exchange, Refusal refusal) {
  AnswerOauthError(exchange,
                   {refusal.error.status, "temporarily_unavailable", refusal.error.detail},
                   std::move(refusal.headers));
}

/// RFC 6749 §5.1. It ends with the credential at the latest.
HttpResponse TokenAnswer(const Client& client, const std::string& scope, const Tenant& tenant,
                         const Authenticator& authenticator) {
  AccessToken token;
  token.credential = client.credential.id;
  token.issued_us = tenant.NowUs();
  token.expires_us = token.issued_us + authenticator.access_token_lifetime().count() * kSecondUs;
  if (client.credential.expires_us != 0) {
    token.expires_us = std::min(token.expires_us, client.credential.expires_us);
  }
  token.issuer = client.issuer;
  token.subject = client.subject;
  std::string body = R"({"access_token":")";
  body += authenticator.Seal(token, tenant);
  body += fmt::format(R"(","token_type":"Bearer","expires_in":{})",
                      (token.expires_us - token.issued_us) / kSecondUs);
  if (!scope.empty()) {
    body += R"(,"scope":)";
    AppendJsonString(body, scope);
  }
  body += '}';
  return NotToBeStored(200, std::move(body));
}

/// The tenant that the client proves to have been given something for.
std::string TenantOf(const TokenRequest& request, const Authenticator& authenticator,
                     std::int64_t now_us) {
  return authenticator
      .Read(request.assertion.empty() ? request.client_secret : request.assertion, now_us)
      .tenant;
}

void AnswerToken(ExchangePtr exchange, TokenService& service) {
  const auto request = ReadTokenRequest(exchange->request, exchange->target);
  // A tenant that does not exist leads back here, where the client is unknown then.
  if (request && exchange->chosen_tenant.empty()) {
    exchange->chosen_tenant =
        TenantOf(*request, service.access.authenticator(), exchange->tenant->NowUs());
    if (exchange->chosen_tenant != exchange->tenant->name()) {
      return service.serve_again(std::move(exchange));
    }
  }
  const auto client = request ? IdentifyClient(*exchange, *request, service)
                              : Identified(std::unexpected(request.error()));
  if (!client) {
    if (client.error().code == "invalid_client" || client.error().code == "invalid_grant") {
      if (auto refusal = service.access.CountFailure(exchange->request)) {
        return AnswerTooMany(*exchange, *std::move(refusal));
      }
    }
    return AnswerOauthError(*exchange, client.error());
  }
  if (auto refusal = service.access.CountUse(*exchange->actor, *exchange->tenant)) {
    return AnswerTooMany(*exchange, *std::move(refusal));
  }
  exchange->Answer(
      TokenAnswer(*client, request->scope, *exchange->tenant, service.access.authenticator()));
}

/// RFC 8414 §2. Assertions are offered when there is an issuer to trust.
std::string MetadataJson(std::string_view own_url, bool takes_assertions) {
  std::string json = R"({"issuer":)";
  AppendJsonString(json, own_url);
  json += R"(,"token_endpoint":)";
  AppendJsonString(json, fmt::format("{}{}", own_url, kTokenPath));
  json += R"(,"response_types_supported":[],"grant_types_supported":["client_credentials")";
  if (takes_assertions) json += fmt::format(R"(,"{}")", kJwtBearerGrant);
  json +=
      R"(],"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post")";
  if (takes_assertions) {
    json += R"(,"private_key_jwt"],"token_endpoint_auth_signing_alg_values_supported":["RS256")";
  }
  json += "]}";
  return json;
}

void AnswerMetadata(ExchangePtr exchange, bool takes_assertions) {
  std::string json = MetadataJson(exchange->own_url, takes_assertions);
  exchange->Answer(JsonResponse(200, std::move(json), kJsonMediaType));
}

}  // namespace

void AddOauthEndpoints(Router& router, AccessControl& access,
                       std::function<void(ExchangePtr)> serve_again) {
  const auto service = std::make_shared<TokenService>(access, std::move(serve_again));
  const auto token = [service](ExchangePtr exchange) {
    AnswerToken(std::move(exchange), *service);
  };
  const bool takes_assertions = !access.authenticator().trusted_issuers().empty();
  const auto metadata = [takes_assertions](ExchangePtr exchange) {
    AnswerMetadata(std::move(exchange), takes_assertions);
  };
  router.Add(std::string(kTokenPath), {{"POST", Access::kOpen, token, BodyForm::kForm}});
  router.Add("/.well-known/oauth-authorization-server", {{"GET", Access::kOpen, metadata}});
}

}  // namespace scimledger::api
