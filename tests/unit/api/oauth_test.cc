// The token endpoint with client id and secret, and the access tokens that it gives out.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "tests/unit/api/oauth_fixture.h"

namespace scimledger::api {
namespace {

TEST_F(OauthTest, SecretsByBasicInTheBodyAndBothGiveShortLivedTokens) {
  const std::string basic = BasicOf(client_, secret_);
  for (const auto& [form, authorization] :
       {std::pair(Form(), std::string()),
        std::pair(std::string("grant_type=client_credentials"), basic), std::pair(Form(), basic),
        std::pair(fmt::format("client_id={}&grant_type=client_credentials", client_), basic),
        // What nobody asked about is ignored; what is empty was not sent (RFC 6749 §3.2).
        std::pair(Form() + "&resource=x&client_assertion=&assertion=", std::string())}) {
    const Answer answer = AskToken(form, authorization);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.Header("Content-Type"), "application/json");
    EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.Header("Pragma"), "no-cache");
    EXPECT_EQ(answer.Text("token_type"), "Bearer");
    EXPECT_TRUE(answer.body.contains(R"("expires_in":3600)")) << answer.body;
    EXPECT_FALSE(answer.body.contains("scope"));
    EXPECT_EQ(StatusWith(answer.Text("access_token")), 200);
  }
}

// rows: Z4
TEST_F(OauthTest, BasicCountsAtTheTokenEndpointAlone) {
  HttpRequest request = Request("GET", "/scim/v2/Users");
  request.headers.emplace_back("Authorization", BasicOf(client_, secret_));
  EXPECT_TRUE(IsScimError(Network(std::move(request)), 401));
}

TEST_F(OauthTest, BasicIsFormEncodedInside) {
  std::string id = client_;
  id.replace(id.find('-'), 1, "%2D");
  EXPECT_EQ(AskToken("grant_type=client_credentials", BasicOf(id, secret_)).status, 200);
  EXPECT_TRUE(IsOauthError(AskToken("grant_type=client_credentials", BasicOf("a%2", "b")), 400,
                           "invalid_request", "percent escape"));
}

TEST_F(OauthTest, TheScopeIsEchoed) {
  const Answer answer = AskToken(Form() + "&scope=scim+openid");
  EXPECT_EQ(answer.Text("scope"), "scim openid");
  EXPECT_TRUE(IsOauthError(AskToken(Form() + "&scope=%22"), 400, "invalid_scope", "scope"));
  EXPECT_TRUE(IsOauthError(AskToken(Form() + "&scope=%C3%A9"), 400, "invalid_scope", "scope"));
  EXPECT_TRUE(IsOauthError(AskToken(Form() + "&scope=" + std::string(2000, 's')), 400,
                           "invalid_scope", "scope"));
}

TEST_F(OauthTest, RequestsThatAreNotOnesAreRefusedWithWhatToFix) {
  struct Case {
    std::string form;
    const char* code;
    const char* words;
  };
  const std::string form = Form();
  for (const Case& each : std::initializer_list<Case>{
           {"", "invalid_request", "grant_type is missing"},
           {"grant_type=", "invalid_request", "grant_type is missing"},
           {"GRANT_TYPE=client_credentials", "invalid_request", "grant_type is missing"},
           {R"({"grant_type":"client_credentials"})", "invalid_request", "grant_type is missing"},
           {"grant_type=password&username=a&password=b", "unsupported_grant_type",
            "client_credentials"},
           {form + "&grant_type=client_credentials", "invalid_request", "twice"},
           {form + "&client_secret=x", "invalid_request", "twice"},
           {form + "&x=1&x=2", "invalid_request", "twice"},
           {form + "&x=%", "invalid_request", "percent escape"},
           {form + "&x=%zz", "invalid_request", "percent escape"},
           {form + "&x=%00", "invalid_request", "percent escape"},
           {form + "&x=" + std::string("\0", 1) + "%41", "invalid_request", "percent escape"},
           {form + "&client_assertion=a.b.c", "invalid_request", "client_assertion_type"},
           {form + "&client_assertion_type=saml&client_assertion=a", "invalid_request",
            "client_assertion_type must be"},
           {form + "&" + kAssertionType, "invalid_request", "needs client_assertion"},
           {form + "&client_assertion=a.b.c&" + kAssertionType, "invalid_request", "not both"},
           {"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "invalid_request",
            "needs the parameter assertion"},
       }) {
    const Answer answer = AskToken(each.form);
    EXPECT_TRUE(IsOauthError(answer, 400, each.code, each.words)) << each.form;
    EXPECT_FALSE(answer.body.contains(secret_));
  }
  std::string many = form;
  for (int i = 0; i < 100; ++i) many += fmt::format("&p{}=1", i);
  EXPECT_TRUE(IsOauthError(AskToken(many), 400, "invalid_request", "64 parameters"));
  EXPECT_TRUE(IsOauthError(AskToken(form + "&x=" + std::string(65'536, 'a')), 413,
                           "invalid_request", "64 KiB"));
}

TEST_F(OauthTest, ClientsThatAreNotWhoTheySayAreRefused) {
  struct Case {
    std::string form;
    std::string authorization;
    int status;
    const char* code;
    const char* words;
  };
  const std::string grant = "grant_type=client_credentials";
  const std::string other = Local("POST", "/admin/v1/tokens").Text("secret");
  for (const Case& each : std::initializer_list<Case>{
           {grant, "", 401, "invalid_client", "client_id is missing"},
           {grant + "&client_id=" + client_, "", 401, "invalid_client", "client_secret"},
           {grant + "&client_id=entra&client_secret=" + secret_, "", 401, "invalid_client",
            "not the name"},
           {grant + "&client_id=00000000-0000-4000-8000-000000000000&client_secret=" + secret_, "",
            401, "invalid_client", "unknown"},
           {grant + "&client_id=" + client_ + "&client_secret=" + other, "", 401, "invalid_client",
            "not the one"},
           {grant, BasicOf(client_, other), 401, "invalid_client", "not the one"},
           {grant, BasicOf(client_, secret_ + "x"), 401, "invalid_client", "not the one"},
           {Form(), BasicOf(client_, other), 400, "invalid_request", "differ"},
           {grant + "&client_id=x", BasicOf(client_, secret_), 400, "invalid_request", "differ"},
           {grant, "Basic", 400, "invalid_request", "base64"},
           {grant, "Basic ????", 400, "invalid_request", "base64"},
           {grant, "Basic YWJj", 400, "invalid_request", "base64"},
           {grant, "Basic " + std::string(10'000, 'A'), 400, "invalid_request", "base64"},
           {Form(), "Bearer " + secret_, 401, "invalid_client", "Basic"}}) {
    const Answer answer = AskToken(each.form, each.authorization);
    EXPECT_TRUE(IsOauthError(answer, each.status, each.code, each.words)) << each.form;
    EXPECT_EQ(answer.Header("WWW-Authenticate"),
              each.status == 401 ? R"(Basic realm="scimledger")" : "");
    EXPECT_FALSE(answer.body.contains(secret_));
    EXPECT_FALSE(answer.body.contains(other));
  }
}

TEST_F(OauthTest, SecretsInTheUrlAreRefused) {
  for (const char* name : {"client_secret", "client_assertion", "assertion"}) {
    HttpRequest request =
        Request("POST", fmt::format("/oauth2/token?{}={}", name, secret_), Form());
    std::ranges::find(request.headers, "Content-Type", &std::pair<std::string, std::string>::first)
        ->second = "application/x-www-form-urlencoded; charset=utf-8";
    const Answer answer = Network(std::move(request));
    EXPECT_TRUE(IsOauthError(answer, 400, "invalid_request", "URL")) << name;
    EXPECT_FALSE(answer.body.contains(secret_));
  }
}

TEST_F(OauthTest, OnlyFormsByPostAreTaken) {
  EXPECT_TRUE(IsOauthError(Network(Request("POST", "/oauth2/token", Form())), 400,
                           "invalid_request", "application/x-www-form-urlencoded"));
  const Answer got = Network(Request("GET", "/oauth2/token"));
  EXPECT_TRUE(IsScimError(got, 405));
  EXPECT_EQ(got.Header("Allow"), "POST");
}

TEST_F(OauthTest, FormsThatAreTooLargeAreNotRead) {
  HttpRequest head = Request("POST", "/oauth2/token");
  EXPECT_TRUE(service_->RefusesUnread(head)) << "no length";
  head.headers.emplace_back("Content-Length", "65537");
  EXPECT_TRUE(service_->RefusesUnread(head));
  head.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_TRUE(IsOauthError(Network(head), 413, "invalid_request", "64 KiB"));
  HttpRequest chunked = Request("POST", "/oauth2/token");
  chunked.headers.emplace_back("Transfer-Encoding", "chunked");
  EXPECT_TRUE(IsOauthError(Network(chunked), 413, "invalid_request", "Content-Length"));
  HttpRequest small = Request("POST", "/oauth2/token");
  small.headers.emplace_back("Content-Length", "65536");
  EXPECT_FALSE(service_->RefusesUnread(small));
}

TEST_F(OauthTest, RevokingTheClientEndsItsTokensAtOnce) {
  const std::string token = AccessToken();
  ASSERT_EQ(StatusWith(token), 200);

  EXPECT_EQ(Local("DELETE", "/admin/v1/tokens/" + client_).status, 204);

  const Answer refused = UsersWith(token);
  EXPECT_TRUE(IsScimError(refused, 401));
  EXPECT_TRUE(refused.body.contains("revoked"));
  EXPECT_EQ(refused.Header("WWW-Authenticate"),
            R"(Bearer realm="scimledger", error="invalid_token")");
  EXPECT_TRUE(IsOauthError(AskToken(Form()), 401, "invalid_client", "revoked"));
}

TEST_F(OauthTest, TokensEndAfterTheirLifetime) {
  service_options_.authentication.access_token_lifetime = std::chrono::seconds(300);
  Restart();
  const Answer answer = AskToken(Form());
  EXPECT_TRUE(answer.body.contains(R"("expires_in":300)")) << answer.body;
  const std::string token = answer.Text("access_token");
  clock_.Advance(std::chrono::seconds(280));
  EXPECT_EQ(StatusWith(token), 200);

  clock_.Advance(std::chrono::seconds(20));

  const Answer refused = UsersWith(token);
  EXPECT_TRUE(IsScimError(refused, 401));
  EXPECT_TRUE(refused.body.contains("has expired"));
}

TEST_F(OauthTest, TokensEndWithTheCredentialAtTheLatest) {
  const Answer made = Local("POST", "/admin/v1/tokens", R"({"expires":"10m"})");
  client_ = made.Text("id");
  secret_ = made.Text("secret");
  ASSERT_FALSE(client_.empty()) << made.body;
  const Answer answer = AskToken(Form());
  EXPECT_TRUE(answer.body.contains(R"("expires_in":59)")) << answer.body;
  const std::string token = answer.Text("access_token");
  EXPECT_EQ(StatusWith(token), 200);

  clock_.Advance(std::chrono::minutes(10));

  EXPECT_TRUE(UsersWith(token).body.contains("expired at"));
  EXPECT_TRUE(IsOauthError(AskToken(Form()), 401, "invalid_client", "expired at"));
}

TEST_F(OauthTest, TokensSurviveARestartWithTheSameKeyOnly) {
  const std::string token = AccessToken();
  Restart();
  EXPECT_EQ(StatusWith(token), 200);

  service_options_.authentication.access_token_key = storage::SecretKey::Random();
  Restart();

  const Answer refused = UsersWith(token);
  EXPECT_TRUE(IsScimError(refused, 401));
  EXPECT_TRUE(refused.body.contains("not given out by this server"));
}

TEST_F(OauthTest, TokensHaveTheRoleOfTheClient) {
  const Answer made = Local("POST", "/admin/v1/tokens", R"({"role":"reader"})");
  client_ = made.Text("id");
  secret_ = made.Text("secret");
  const std::string token = AccessToken();
  EXPECT_EQ(StatusWith(token), 200);
  EXPECT_TRUE(IsScimError(Network(Request("DELETE", "/scim/v2/Users/1", {}, token)), 403));
  EXPECT_TRUE(IsScimError(Network(Request("GET", "/audit/v1/events", {}, token)), 403));
}

TEST_F(OauthTest, EventsSayOauth) {
  const Answer made = Network(
      Request("POST", "/scim/v2/Users",
              R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane"})",
              AccessToken()));
  ASSERT_EQ(made.status, 201) << made.body;

  const std::string events =
      Local("GET", "/audit/v1/events?filter=actor.method%20eq%20%22oauth%22").body;

  EXPECT_TRUE(events.contains(fmt::format(
      R"("actor":{{"id":"{}","name":"entra","role":"provisioner","method":"oauth"}},"client":{{"address":"192.0.2.7"}})",
      client_)))
      << events;
}

TEST_F(OauthTest, UsesAndFailuresAreNoted) {
  AskToken("grant_type=client_credentials", BasicOf(client_, "wrong"));
  EXPECT_FALSE(Local("GET", "/admin/v1/tokens").body.contains("lastUsed"));
  std::string denied = Local("GET", "/audit/v1/denied").body;
  EXPECT_TRUE(denied.contains(client_)) << denied;
  EXPECT_TRUE(denied.contains(R"("route":"/oauth2/token")")) << denied;
  EXPECT_TRUE(denied.contains(R"("status":401)")) << denied;

  AccessToken();

  EXPECT_TRUE(Local("GET", "/admin/v1/tokens").body.contains("lastUsed"));
}

TEST_F(OauthTest, FloodsOfFailuresAreAnswered429) {
  service_options_.access.failures_per_minute_max = 5;
  Restart();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(AskToken("grant_type=client_credentials", BasicOf(client_, "guess")).status, 401);
  }
  const Answer limited = AskToken("grant_type=client_credentials", BasicOf(client_, "guess"));
  EXPECT_TRUE(IsOauthError(limited, 429, "temporarily_unavailable", "Too many"));
  EXPECT_FALSE(limited.Header("Retry-After").empty());
  EXPECT_EQ(StatusWith("sl_guess"), 429) << "bad tokens and bad secrets count together";
  EXPECT_EQ(AskToken(Form()).status, 200) << "the right secret is never locked out";
}

TEST_F(OauthTest, TokenRequestsCountAgainstTheClientsRate) {
  service_options_.access.credential_rate_max = 0.1;  // one at once
  Restart();
  EXPECT_EQ(AskToken(Form()).status, 200);
  EXPECT_TRUE(IsOauthError(AskToken(Form()), 429, "temporarily_unavailable",
                           "credential_requests_per_second_max"));
}

TEST_F(OauthTest, MetadataTellsWhereAndHow) {
  const Answer answer = Network(Request("GET", std::string(kMetadataPath)));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Content-Type"), "application/json");
  EXPECT_EQ(
      answer.body,
      R"({"issuer":"http://scim.example","token_endpoint":"http://scim.example/oauth2/token",)"
      R"("response_types_supported":[],"grant_types_supported":["client_credentials"],)"
      R"("token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]})");

  service_options_.public_url = "https://scim.example.com/";
  Restart();

  EXPECT_EQ(Network(Request("GET", std::string(kMetadataPath))).Text("token_endpoint"),
            "https://scim.example.com/oauth2/token");
}

// rows: G2
TEST_F(OauthTest, TheServiceProviderConfigNamesBothSchemes) {
  const std::string body = Network(Request("GET", "/scim/v2/ServiceProviderConfig")).body;
  EXPECT_TRUE(body.contains(R"("type":"oauthbearertoken")"));
  EXPECT_TRUE(body.contains(R"("type":"oauth2")"));
}

}  // namespace
}  // namespace scimledger::api
