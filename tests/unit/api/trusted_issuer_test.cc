// JWTs of a trusted issuer: as assertions at the token endpoint, and as bearer tokens.
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "storage/hash.h"
#include "tests/unit/api/oauth_fixture.h"
#include "tests/unit/api/test_issuer.h"

namespace scimledger::api {
namespace {

constexpr const char* kIssuer = "https://login.example/tenant/v2.0";
constexpr const char* kAudience = "api://scimledger";
constexpr const char* kSubject = "d2f8ee76-c549-45b8-a143-f5b640669704";
constexpr std::int64_t kNow = SteppingClock::kStartUs / 1'000'000;

/// The claims of an assertion as Entra sends it; each test changes what it is about.
struct Claims {
  std::string issuer = fmt::format("\"{}\"", kIssuer);
  std::string subject = fmt::format("\"{}\"", kSubject);
  std::string audience = fmt::format("\"{}\"", kAudience);
  std::int64_t not_before = kNow;
  std::int64_t issued = kNow;
  std::int64_t expires = kNow + 3900;
  std::string more = {};  ///< further members, each with a comma before it

  std::string Json() const {
    return fmt::format(R"({{"iss":{},"sub":{},"aud":{},"nbf":{},"iat":{},"exp":{}{}}})", issuer,
                       subject, audience, not_before, issued, expires, more);
  }
};

class TrustedIssuerTest : public OauthTest {
 protected:
  TrustedIssuerTest() {
    std::filesystem::create_directories(directory_);
    ReplaceFile(jwks_, KeySetJson({TestKey::First().Jwk()}));
    Trust(kAudience);
  }

  void Trust(std::string audience) {
    TrustedIssuer trusted;
    trusted.issuer = kIssuer;
    trusted.audiences = {std::move(audience), "api://other"};
    trusted.subject = kSubject;
    trusted.jwks = jwks_.string();
    trusted.credential = *Uuid::Parse(client_);
    service_options_.authentication.trusted_issuers = {trusted};
    Restart();
  }

  static std::string Jwt(const Claims& claims = {}) { return TestKey::First().Sign(claims.Json()); }

  Answer Assert(const std::string& jwt, std::string_view more = {}) {
    return AskToken(fmt::format("grant_type=client_credentials&{}&client_assertion={}{}",
                                kAssertionType, jwt, more));
  }
  Answer Grant(const std::string& jwt) {
    return AskToken("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=" + jwt);
  }

  const std::filesystem::path jwks_ = directory_ / "jwks.json";
};

// rows: Y4
TEST_F(TrustedIssuerTest, AJwtIsLookedForInItsTenantOnly) {
  TrustedIssuer trusted = service_options_.authentication.trusted_issuers.front();
  trusted.tenant = "acme";
  const Authenticator authenticator({.trusted_issuers = {trusted}}, [](const std::string&) {});
  const auto tenant_of = [&](const std::string& jwt) {
    return authenticator.Read(jwt, SteppingClock::kStartUs).tenant;
  };
  EXPECT_EQ(tenant_of(Jwt()), "acme");
  EXPECT_EQ(tenant_of(Jwt({.subject = R"("somebody else")"})), "default");
  EXPECT_EQ(tenant_of(TestKey::Second().Sign(Claims().Json())), "default") << "not its key";

  // A credential of acme, though its id is one of here.
  service_options_.authentication.trusted_issuers = {trusted};
  Restart();
  EXPECT_EQ(StatusWith(Jwt()), 401);
  EXPECT_TRUE(IsOauthError(Assert(Jwt()), 401, "invalid_client", "does not exist here"));
}

TEST_F(TrustedIssuerTest, AJwtIsVerifiedOncePerRequest) {
  const Authenticator authenticator(service_options_.authentication, [](const std::string&) {});
  HttpRequest request = Request("GET", "/scim/v2/Users", {}, Jwt());
  auto presented = authenticator.Read(request, tenant_->NowUs());
  ASSERT_TRUE(presented && presented->jwt && *presented->jwt);
  EXPECT_TRUE(authenticator.Authenticate(request, presented, *tenant_));

  // What was found out stands: nobody looks at the signature again.
  presented->jwt = std::unexpected("It was judged before.");
  const auto refused = authenticator.Authenticate(request, presented, *tenant_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "It was judged before.");
  EXPECT_TRUE(authenticator.Authenticate(request, std::nullopt, *tenant_)) << "judged here";
}

// rows: J17
TEST_F(TrustedIssuerTest, AnAssertionIsProofOfTheClient) {
  const Answer answer = Assert(Jwt(), fmt::format("&client_id={}&scope=scim", client_));

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.Text("scope"), "scim");
  EXPECT_EQ(answer.Text("token_type"), "Bearer");
  EXPECT_EQ(StatusWith(answer.Text("access_token")), 200);
  EXPECT_EQ(Assert(Jwt()).status, 200) << "client_id may be left out (RFC 7523 2.2)";
  EXPECT_EQ(Assert(Jwt(), fmt::format("&client_id={}", kSubject)).status, 200);
  EXPECT_EQ(AskToken(fmt::format("grant_type=client_credentials&{}&client_assertion={}",
                                 kAssertionType, Jwt()),
                     BasicOf(client_, ""))
                .status,
            200);
  const Answer other = Assert(Jwt(), "&client_id=00000000-0000-4000-8000-000000000000");
  EXPECT_TRUE(IsOauthError(other, 401, "invalid_client", "client_id"));
}

TEST_F(TrustedIssuerTest, AnAssertionIsAGrantToo) {
  const Answer answer = Grant(Jwt());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(StatusWith(answer.Text("access_token")), 200);
  EXPECT_TRUE(IsOauthError(Grant("a.b.c"), 400, "invalid_grant", "header"));
  EXPECT_EQ(Grant("a.b.c").Header("WWW-Authenticate"), "");
  EXPECT_TRUE(IsOauthError(
      AskToken("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=" + Jwt(),
               BasicOf(client_, secret_)),
      400, "invalid_request", "alone"));
}

// rows: J17
TEST_F(TrustedIssuerTest, MetadataOffersAssertions) {
  const std::string body = Network(Request("GET", std::string(kMetadataPath))).body;
  EXPECT_TRUE(body.contains(
      R"("client_secret_post","private_key_jwt"],"token_endpoint_auth_signing_alg_values_supported":["RS256"]})"))
      << body;
  EXPECT_TRUE(body.contains(
      R"("grant_types_supported":["client_credentials","urn:ietf:params:oauth:grant-type:jwt-bearer"])"));
}

TEST_F(TrustedIssuerTest, TheSameTokenWorksAsBearerToken) {
  const std::string jwt = Jwt({.more = R"(,"jti":"1")"});
  EXPECT_EQ(StatusWith(jwt), 200);
  EXPECT_EQ(StatusWith(jwt), 200) << "a bearer token is meant to be sent again";
}

TEST_F(TrustedIssuerTest, EveryCheckHasItsOwnReason) {
  struct Case {
    Claims claims;
    const char* words;
  };
  const TestKey& key = TestKey::First();
  const std::int64_t late = kNow + 100'000;
  for (const Case& each : std::initializer_list<Case>{
           {{.issuer = R"("https://login.example/other/v2.0")"}, "issuer (iss) is not one"},
           {{.issuer = R"("")"}, "issuer (iss) is not one"},
           {{.subject = R"("mallory")"}, "subject (sub) is not one"},
           {{.subject = fmt::format("\"{}x\"", kSubject)}, "subject (sub) is not one"},
           {{.subject = R"("")"}, "subject (sub) is not one"},
           {{.audience = R"("api://scimledger/.default")"}, "somebody else (aud)"},
           {{.audience = "[]"}, "somebody else (aud)"},
           {{.audience = "7"}, "claim aud"},
           {{.not_before = kNow + 600}, "(nbf)"},
           {{.issued = kNow + 600}, "(iat)"},
           {{.expires = kNow - 120}, "has expired (exp)"},
           {{.expires = late}, "too long (exp)"},
           {{.more = R"(,"jti":7)"}, "claim jti"}}) {
    const std::string jwt = Jwt(each.claims);
    EXPECT_TRUE(IsOauthError(Assert(jwt), 401, "invalid_client", each.words)) << each.claims.Json();
    const Answer refused = UsersWith(jwt);
    EXPECT_TRUE(IsScimError(refused, 401));
    EXPECT_TRUE(refused.body.contains(each.words)) << each.words << ": " << refused.body;
    EXPECT_EQ(refused.Header("WWW-Authenticate"),
              R"(Bearer realm="scimledger", error="invalid_token")");
    EXPECT_FALSE(refused.body.contains("mallory"));
  }
  const std::string endless =
      fmt::format(R"({{"iss":"{}","sub":"{}","aud":"{}"}})", kIssuer, kSubject, kAudience);
  EXPECT_TRUE(IsOauthError(Assert(key.Sign(endless)), 401, "invalid_client", "must say when"));
  EXPECT_TRUE(IsOauthError(Assert(key.Sign(R"({"alg":"none","kid":"first"})", Claims().Json())),
                           401, "invalid_client", "RS256"));
  EXPECT_TRUE(IsOauthError(Assert(TestKey("first").Sign(Claims().Json())), 401, "invalid_client",
                           "signature"));
  EXPECT_TRUE(IsOauthError(Assert(TestKey::Second().Sign(Claims().Json())), 401, "invalid_client",
                           "(kid) that is not in"));
  EXPECT_TRUE(IsOauthError(
      Assert(key.Sign(R"({"alg":"RS256","kid":"first","typ":"secevent+jwt"})", Claims().Json())),
      401, "invalid_client", "security event"));
  EXPECT_TRUE(IsOauthError(Assert(std::string(20'000, 'a')), 401, "invalid_client", "16 KiB"));
}

TEST_F(TrustedIssuerTest, ClocksMayDifferByAMinute) {
  EXPECT_EQ(Assert(Jwt({.not_before = kNow + 55, .issued = kNow + 55})).status, 200);
  EXPECT_EQ(Assert(Jwt({.expires = kNow - 10})).status, 200);
}

TEST_F(TrustedIssuerTest, OneOfSeveralAudiencesIsEnough) {
  EXPECT_EQ(Assert(Jwt({.audience = R"(["x","api://other"])"})).status, 200);
}

TEST_F(TrustedIssuerTest, AnAssertionIsAcceptedOnce) {
  const std::string jwt = Jwt({.more = R"(,"jti":"once")"});
  EXPECT_EQ(Assert(jwt).status, 200);
  EXPECT_TRUE(IsOauthError(Assert(jwt), 401, "invalid_client", "used before"));
  EXPECT_TRUE(IsOauthError(Grant(jwt), 400, "invalid_grant", "used before"));
  // Entra's have no jti.
  EXPECT_EQ(Assert(Jwt()).status, 200);
  EXPECT_EQ(Assert(Jwt()).status, 200);
}

TEST_F(TrustedIssuerTest, KeysAreReadAgainWhenTheyChange) {
  const std::string by_second = TestKey::Second().Sign(Claims().Json());
  ASSERT_EQ(StatusWith(by_second), 401);

  ReplaceFile(jwks_, KeySetJson({TestKey::First().Jwk(), TestKey::Second().Jwk()}));
  EXPECT_EQ(StatusWith(by_second), 200) << "rotation: both count";
  EXPECT_EQ(StatusWith(Jwt()), 200);

  ReplaceFile(jwks_, KeySetJson({TestKey::Second().Jwk()}));
  EXPECT_EQ(StatusWith(by_second), 200);
  EXPECT_TRUE(UsersWith(Jwt()).body.contains("(kid)")) << "the old key is gone";

  ReplaceFile(jwks_, "<html>");
  EXPECT_EQ(StatusWith(by_second), 200) << "a broken file changes nothing";
  std::filesystem::remove(jwks_);
  EXPECT_EQ(StatusWith(by_second), 200);
}

TEST(KeyFileTest, LooksOnceASecondAndForKeysThatAreNotThere) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("jwks_" + storage::RandomUuid().ToString());
  std::vector<std::string> notices;
  const auto source =
      MakeKeyFile(file.string(), [&](const std::string& line) { notices.push_back(line); });
  constexpr std::int64_t kTime = 1'000'000'000;
  EXPECT_EQ(source->Keys(kTime, false), nullptr);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_TRUE(notices[0].contains(file.string())) << notices[0];

  ReplaceFile(file, KeySetJson({TestKey::First().Jwk()}));
  EXPECT_EQ(source->Keys(kTime + 999'999, false), nullptr) << "not looked at again yet";
  const auto first = source->Keys(kTime + 999'999, true);
  ASSERT_NE(first, nullptr);
  ReplaceFile(file, KeySetJson({TestKey::First().Jwk(), TestKey::Second().Jwk()}));
  EXPECT_EQ(source->Keys(kTime + 1'500'000, false), first);
  const auto second = source->Keys(kTime + 2'000'000, false);
  ASSERT_NE(second, first);
  EXPECT_EQ(second->size(), 2U);
  EXPECT_EQ(source->Keys(kTime + 3'000'000, true), second) << "not read again without a change";

  ReplaceFile(file, R"({"keys":[]})");
  EXPECT_EQ(source->Keys(kTime + 4'000'000, false), second);
  EXPECT_EQ(source->Keys(kTime + 5'000'000, false), second);
  EXPECT_EQ(notices.size(), 2U) << "told once";
  std::filesystem::remove(file);
}

TEST_F(TrustedIssuerTest, KeysThatCannotBeReadRefuseTokensAndNothingElse) {
  std::filesystem::remove(jwks_);
  Restart();
  EXPECT_TRUE(UsersWith(Jwt()).body.contains("cannot be read here"));
  EXPECT_EQ(AskToken(Form()).status, 200);
}

TEST_F(TrustedIssuerTest, WithoutIssuersNoJwtCounts) {
  service_options_.authentication.trusted_issuers.clear();
  Restart();
  EXPECT_TRUE(UsersWith(Jwt()).body.contains("[[trusted_issuer]]"));
  EXPECT_TRUE(IsOauthError(Assert(Jwt()), 401, "invalid_client", "[[trusted_issuer]]"));
}

TEST_F(TrustedIssuerTest, TheCredentialBehindItDecides) {
  const std::string token = Assert(Jwt()).Text("access_token");
  ASSERT_EQ(StatusWith(token), 200);
  EXPECT_EQ(Local("DELETE", "/admin/v1/tokens/" + client_).status, 204);
  EXPECT_EQ(StatusWith(token), 401);
  EXPECT_TRUE(UsersWith(Jwt()).body.contains("was revoked"));
  EXPECT_TRUE(IsOauthError(Assert(Jwt()), 401, "invalid_client", "was revoked"));

  service_options_.authentication.trusted_issuers[0].credential =
      *Uuid::Parse("00000000-0000-4000-8000-000000000000");
  Restart();
  EXPECT_TRUE(UsersWith(Jwt()).body.contains("does not exist here"));
  EXPECT_TRUE(IsOauthError(Assert(Jwt()), 401, "invalid_client", "does not exist here"));
}

TEST_F(TrustedIssuerTest, EventsSayWhomTheIssuerVouchedFor) {
  const std::string_view user =
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}"}})";
  const std::string token = Assert(Jwt()).Text("access_token");
  Restart();
  EXPECT_EQ(Network(Request("POST", "/scim/v2/Users", fmt::format(fmt::runtime(user), "a"), Jwt()))
                .status,
            201);
  EXPECT_EQ(Network(Request("POST", "/scim/v2/Users", fmt::format(fmt::runtime(user), "b"), token))
                .status,
            201);
  for (const char* method : {"jwt", "oauth"}) {
    const std::string events =
        Local("GET", fmt::format("/audit/v1/events?filter=actor.method%20eq%20%22{}%22", method))
            .body;
    EXPECT_TRUE(events.contains(fmt::format(
        R"("name":"entra","role":"provisioner","method":"{}","issuer":"{}","subject":"{}"}})",
        method, kIssuer, kSubject)))
        << events;
  }
}

TEST_F(TrustedIssuerTest, BadTokensCountAndAreKept) {
  service_options_.access.failures_per_minute_max = 3;
  Restart();
  EXPECT_EQ(StatusWith("a.b.c"), 401);
  EXPECT_EQ(Assert("a.b.c").status, 401);
  EXPECT_EQ(Grant("a.b.c").status, 400);
  EXPECT_EQ(StatusWith("a.b.c"), 429);
  EXPECT_EQ(Assert("a.b.c").status, 429);
  const std::string denied = Local("GET", "/audit/v1/denied").body;
  EXPECT_TRUE(denied.contains(R"("route":"/oauth2/token")")) << denied;
  EXPECT_TRUE(denied.contains("header of the JWT")) << denied;
}

}  // namespace
}  // namespace scimledger::api
