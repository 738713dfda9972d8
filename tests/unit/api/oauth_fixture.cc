#include "tests/unit/api/oauth_fixture.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "api/base64url.h"

namespace scimledger::api {

OauthTest::OauthTest() {
  service_options_.access.directory = directory_ / "access";
  service_options_.access.failures_per_minute_max = 1000;
  Restart();
  const Answer made = Local("POST", "/admin/v1/tokens", R"({"name":"entra"})");
  client_ = made.Text("id");
  secret_ = made.Text("secret");
}

Answer OauthTest::AskToken(std::string form, std::string authorization) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/oauth2/token";
  request.peer_address = "192.0.2.7";
  request.headers = {{"Host", "scim.example"},
                     {"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  if (!authorization.empty()) {
    request.headers.emplace_back("Authorization", std::move(authorization));
  }
  request.body = std::move(form);
  return Network(std::move(request));
}

std::string OauthTest::Form() const {
  return fmt::format("grant_type=client_credentials&client_id={}&client_secret={}", client_,
                     secret_);
}

std::string OauthTest::AccessToken() {
  const Answer answer = AskToken(Form());
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.Text("access_token");
}

Answer OauthTest::UsersWith(const std::string& token) {
  return Network(Request("GET", "/scim/v2/Users", {}, token));
}

int OauthTest::StatusWith(const std::string& token) { return UsersWith(token).status; }

std::string OauthTest::BasicOf(std::string_view id, std::string_view secret) {
  std::string encoded = EncodeBase64Url(fmt::format("{}:{}", id, secret));
  std::ranges::replace(encoded, '-', '+');
  std::ranges::replace(encoded, '_', '/');
  while (encoded.size() % 4 != 0) encoded += '=';
  return "Basic " + encoded;
}

testing::AssertionResult IsOauthError(const Answer& answer, int status, std::string_view code,
                                      std::string_view words) {
  const auto fail = [&] {
    return testing::AssertionFailure() << answer.status << ' ' << answer.body;
  };
  if (answer.status != status) return fail() << " has another status";
  if (answer.Header("Content-Type") != "application/json") return fail() << " has another type";
  if (answer.Header("Cache-Control") != "no-store") return fail() << " may be stored";
  simdjson::dom::parser parser;
  simdjson::dom::element body;
  std::string_view error, description;
  if (parser.parse(answer.body).get(body) != simdjson::SUCCESS ||
      body["error"].get(error) != simdjson::SUCCESS || error != code ||
      body["error_description"].get(description) != simdjson::SUCCESS ||
      !description.contains(words)) {
    return fail() << " is not " << code << " with " << words;
  }
  // RFC 6749 §5.2.
  const bool is_plain = std::ranges::all_of(
      description, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (!is_plain) return fail() << " has characters that are not allowed";
  return testing::AssertionSuccess();
}

}  // namespace scimledger::api
