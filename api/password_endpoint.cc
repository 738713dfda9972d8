#include "api/password_endpoint.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "engine/json.h"
#include "engine/password.h"

namespace scimledger::api {
namespace {

struct Question {
  std::string user_name;
  std::string password;
};

Result<Question> ReadQuestion(std::string_view body) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(body));
  std::string_view user_name;
  std::string_view password;
  if (json.root()["userName"].get(user_name) != simdjson::SUCCESS ||
      json.root()["password"].get(password) != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidSyntax,
                  R"(The body must be an object {"userName": "…", "password": "…"}.)");
  }
  return Question{std::string(user_name), std::string(password)};
}

ScimError KeepsNone() {
  return {409, ScimType::kNone,
          "This tenant keeps no passwords: its setting `passwords` is discard."};
}

void AnswerQuestion(Exchange& exchange, const Question& question) {
  TenantPasswords* const passwords = exchange.tenant->passwords();
  if (passwords == nullptr) return exchange.AnswerError(KeepsNone());
  const auto matches = passwords->Matches(question.user_name, question.password);
  if (!matches) return exchange.AnswerError(matches.error());
  exchange.Answer(JsonResponse(200, fmt::format(R"({{"valid":{}}})", *matches), kJsonMediaType));
}

void Verify(ExchangePtr exchange, const Workers& workers) {
  auto question = ReadQuestion(exchange->request.body);
  std::string().swap(exchange->request.body);
  if (!question) return exchange->AnswerError(question.error());
  if (!KeepsPasswords(*exchange->registry)) return exchange->AnswerError(KeepsNone());
  workers.passwords.Run(std::move(exchange), [question = *std::move(question)](ExchangePtr taken) {
    AnswerQuestion(*taken, question);
  });
}

}  // namespace

void AddPasswordEndpoint(Router& router, const Workers& workers) {
  const auto verify = [&workers](ExchangePtr exchange) { Verify(std::move(exchange), workers); };
  router.Add("/admin/v1/passwords/verify", {{"POST", Access::kAdminister, verify}});
}

}  // namespace scimledger::api
