#include "tests/simulators/player.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "tests/scenarios/json_match.h"

namespace scimledger::simulators {
namespace {

constexpr std::chrono::seconds kTimeout{60};  // as long as Entra waits

std::unique_ptr<api::HttpClient> Connect(const std::string& url,
                                         std::chrono::milliseconds timeout) {
  auto client = api::HttpClient::ForUrl(url, timeout);
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(*client);
}

/// nullopt: the answer is as expected.
std::optional<std::string> Difference(const Exchange& exchange, const api::HttpResponse& response,
                                      const Fields& fields, Answer& answer) {
  if (std::ranges::find(exchange.statuses, response.status) == exchange.statuses.end()) {
    return "another status was expected";
  }
  if (response.status == 204 || exchange.pattern.empty()) {
    return response.body.empty() ? std::nullopt : std::optional("the body should be empty");
  }
  const auto type = api::FindHeader(response.headers, "Content-Type");
  if (!type || !type->starts_with("application/scim+json")) return "not application/scim+json";
  scenarios::Bindings bindings;
  auto difference =
      scenarios::MatchJson(FillJson(exchange.pattern, fields), response.body, bindings);
  answer.id = bindings["id"];
  return difference;
}

}  // namespace

Player::Player(const Script& script, Access access, Then then, Hooks hooks)
    : script_(script),
      access_(std::move(access)),
      then_(then),
      hooks_(std::move(hooks)),
      client_(Connect(access_.url, kTimeout)) {}

Answer Player::Play(std::string_view step, const Fields& fields) {
  const Step& played = script_.step(step);
  Answer answer = Do(played.name, played.exchange, fields);
  if (then_ == Then::kSkip) return answer;
  for (const Exchange& exchange : played.then) Do(played.name + " then", exchange, fields);
  return answer;
}

void Player::PlayAndLoseAnswer(std::string_view step, const Fields& fields) {
  const auto request = MakeRequest(script_.step(step).exchange, fields);
  const auto lost = Connect(access_.url, std::chrono::milliseconds(1))->Send(request);
  static_cast<void>(lost);  // an answer that came in time is lost as well
}

api::HttpRequest Player::MakeRequest(const Exchange& exchange, const Fields& fields) const {
  api::HttpRequest request;
  request.method = exchange.method;
  request.target = FillTarget(exchange.target, fields);
  request.headers = exchange.headers;
  if (!api::FindHeader(request.headers, "Authorization")) {
    request.headers.emplace_back("Authorization", "Bearer " + access_.token);
  }
  std::erase_if(request.headers, [](const auto& header) { return header.second == "none"; });
  if (!exchange.body.empty()) request.body = FillJson(exchange.body, fields);
  return request;
}

Answer Player::Do(const std::string& name, const Exchange& exchange, const Fields& fields) {
  const api::HttpRequest request = MakeRequest(exchange, fields);
  const auto begun = hooks_.before ? hooks_.before() : std::chrono::steady_clock::time_point();
  auto response = client_->Send(request);
  if (!response) throw std::runtime_error(name + ": " + response.error().message);
  if (hooks_.after) hooks_.after(name, begun);
  Answer answer;
  answer.status = response->status;
  if (const auto sequence = api::FindHeader(response->headers, "Ledger-Sequence")) {
    std::from_chars(sequence->data(), sequence->data() + sequence->size(), answer.sequence);
  }
  if (const auto difference = Difference(exchange, *response, fields, answer)) {
    throw std::runtime_error(fmt::format("{}: {}\n  {} {}\n  {}\n  answer {} {}", name, *difference,
                                         request.method, request.target, request.body,
                                         response->status, response->body));
  }
  answer.body = std::move(response->body);
  return answer;
}

}  // namespace scimledger::simulators
