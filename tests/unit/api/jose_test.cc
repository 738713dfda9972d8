// JWTs and key sets from outside: what is taken apart, and what is refused before any key is used.
#include "api/jose.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "api/access_token.h"
#include "api/base64url.h"
#include "api/used_assertions.h"
#include "storage/hash.h"
#include "tests/unit/api/test_issuer.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kHeader = R"({"alg":"RS256","kid":"first"})";

std::string Unsigned(std::string_view header, std::string_view payload) {
  return EncodeBase64Url(header) + "." + EncodeBase64Url(payload) + "." + EncodeBase64Url("x");
}

/// Why the JWT is refused; empty: it is not.
std::string Refusal(std::string_view compact) {
  const auto jwt = UnverifiedJwt::Parse(compact);
  return jwt ? "" : jwt.error();
}

std::string RefusalOfKeys(std::string_view json) {
  const auto keys = KeySet::Parse(json);
  return keys ? "" : keys.error();
}

TEST(JoseTest, VerifiesWhatTheKeySigned) {
  const TestKey& key = TestKey::First();
  const auto keys = KeySet::Parse(KeySetJson({TestKey::Second().Jwk(), key.Jwk()}));
  ASSERT_TRUE(keys) << keys.error();
  const auto jwt = UnverifiedJwt::Parse(
      key.Sign(R"({"iss":"i","sub":"s","aud":["a","b"],"exp":1.5e9,"nbf":7,"iat":8.9,"jti":"j"})"));
  ASSERT_TRUE(jwt) << jwt.error();
  ASSERT_NE(keys->Find(jwt->kid()), nullptr);

  const auto claims = jwt->Verify(*keys->Find(jwt->kid()));

  ASSERT_TRUE(claims) << claims.error();
  EXPECT_EQ(claims->issuer, "i");
  EXPECT_EQ(claims->subject, "s");
  EXPECT_EQ(claims->id, "j");
  EXPECT_EQ(claims->audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(claims->expires, 1'500'000'000);
  EXPECT_EQ(claims->not_before, 7);
  EXPECT_EQ(claims->issued, 8);
  EXPECT_FALSE(jwt->Verify(*keys->Find("second")));
}

TEST(JoseTest, AnAlteredPartBreaksTheSignature) {
  const TestKey& key = TestKey::First();
  const auto keys = KeySet::Parse(KeySetJson({key.Jwk()}));
  const std::string compact = key.Sign(R"({"iss":"i","sub":"alice"})");
  const std::size_t first = compact.find('.');
  const std::size_t last = compact.rfind('.');
  const std::string other = EncodeBase64Url(R"({"iss":"i","sub":"admin"})");

  const auto payload =
      UnverifiedJwt::Parse(compact.substr(0, first + 1) + other + compact.substr(last));
  ASSERT_TRUE(payload);
  EXPECT_FALSE(payload->Verify(*keys->Find("first")));
  const auto header = UnverifiedJwt::Parse(
      EncodeBase64Url(R"({"alg":"RS256","kid":"first","x":1})") + compact.substr(first));
  ASSERT_TRUE(header);
  EXPECT_FALSE(header->Verify(*keys->Find("first")));
  const auto cut = UnverifiedJwt::Parse(compact.substr(0, compact.size() - 6));
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->Verify(*keys->Find("first")));
}

TEST(JoseTest, HeadersThatAreNotForUsAreRefusedBeforeAnyKey) {
  struct Case {
    const char* header;
    const char* word;
  };
  for (const Case& each : std::initializer_list<Case>{
           {R"({"alg":"none","kid":"first"})", "RS256"},
           {R"({"alg":"HS256","kid":"first"})", "RS256"},
           {R"({"alg":"rs256","kid":"first"})", "RS256"},
           {R"({"alg":"RS512","kid":"first"})", "RS256"},
           {R"({"alg":["RS256"],"kid":"first"})", "RS256"},
           {R"({"kid":"first"})", "RS256"},
           {R"({"alg":"RS256","alg":"HS256","kid":"first"})", "header"},
           {R"({"alg":"RS256"})", "kid"},
           {R"({"alg":"RS256","kid":""})", "kid"},
           {R"({"alg":"RS256","kid":7})", "kid"},
           {R"({"alg":"RS256","kid":"first","crit":["b64"],"b64":false})", "crit"},
           {R"({"alg":"RS256","kid":"first","typ":"secevent+jwt"})", "security event"},
           {R"({"alg":"RS256","kid":"first","typ":"Application/SecEvent+JWT"})", "security event"},
           {R"({"alg":"RS256","kid":"first","typ":1})", "typ"},
           {"[]", "header"},
           {"\"RS256\"", "header"},
           {"{", "header"},
           {"", "header"},
           {"\xff", "header"}}) {
    const std::string refusal = Refusal(Unsigned(each.header, "{}"));
    EXPECT_TRUE(refusal.contains(each.word)) << each.header << ": " << refusal;
  }
  EXPECT_EQ(Refusal(Unsigned(kHeader, "{}")), "");
}

TEST(JoseTest, ClaimsOfAnotherFormAreRefusedByName) {
  struct Case {
    const char* payload;
    const char* word;
  };
  for (const Case& each : std::initializer_list<Case>{{R"({"iss":1})", "iss"},
                                                      {R"({"sub":null})", "sub"},
                                                      {R"({"jti":{}})", "jti"},
                                                      {R"({"aud":7})", "aud"},
                                                      {R"({"aud":["a",["b"]]})", "aud"},
                                                      {R"({"aud":{"a":"b"}})", "aud"},
                                                      {R"({"exp":"1"})", "exp"},
                                                      {R"({"exp":-1})", "exp"},
                                                      {R"({"exp":1e300})", "exp"},
                                                      {R"({"nbf":true})", "nbf"},
                                                      {R"({"iat":99999999999999})", "iat"},
                                                      {R"({"iss":"a","iss":"b"})", "payload"},
                                                      {"{\"iss\":\"a\\u0000b\"}", "payload"},
                                                      {"[1]", "payload"},
                                                      {"", "payload"}}) {
    const std::string refusal = Refusal(Unsigned(kHeader, each.payload));
    EXPECT_TRUE(refusal.contains(each.word)) << each.payload << ": " << refusal;
  }
  const std::string deep = std::string(2000, '[') + std::string(2000, ']');
  EXPECT_TRUE(Refusal(Unsigned(kHeader, R"({"x":)" + deep + "}")).contains("payload"));
  const std::string long_subject = fmt::format(R"({{"sub":"{}"}})", std::string(3000, 's'));
  EXPECT_TRUE(Refusal(Unsigned(kHeader, long_subject)).contains("sub"));
}

TEST(JoseTest, WhatIsNoJwtIsRefused) {
  const std::string header = EncodeBase64Url(kHeader);
  const std::string body = EncodeBase64Url("{}");
  EXPECT_TRUE(Refusal("").contains("three parts"));
  EXPECT_TRUE(Refusal(header + "." + body).contains("three parts"));
  EXPECT_TRUE(Refusal(header + "." + body + ".a.b.c").contains("three parts"));
  EXPECT_TRUE(Refusal("..").contains("header"));
  EXPECT_TRUE(Refusal(header + "." + body + ".").contains("signature"));
  EXPECT_TRUE(Refusal(header + "." + body + ".a=").contains("signature"));
  EXPECT_TRUE(Refusal(header + "=." + body + ".YQ").contains("header"));
  EXPECT_TRUE(Refusal(header + "." + body + "\n.YQ").contains("payload"));
  EXPECT_TRUE(Refusal(header + std::string("\0", 1) + "." + body + ".YQ").contains("header"));
  EXPECT_TRUE(Refusal(std::string(kJwtBytesMax + 1, 'a')).contains("16 KiB"));
}

TEST(JoseTest, ReasonsNeverRepeatTheToken) {
  for (const char* header :
       {R"({"alg":"s3cret","kid":"k"})", R"({"alg":"RS256","s3cret":1,"s3cret":1})",
        R"({"alg":"RS256","kid":"k","typ":"s3cret"})"}) {
    EXPECT_FALSE(Refusal(Unsigned(header, R"({"s3cret":1,"s3cret":2})")).contains("s3cret"));
  }
  EXPECT_FALSE(Refusal(Unsigned(kHeader, R"({"s3cret":1,"s3cret":2})")).empty());
}

TEST(JoseTest, KeySetsKeepOnlyWhatVerifiesRs256) {
  const std::string good = TestKey::First().Jwk(R"(,"use":"sig","alg":"RS256","x5c":["z"])");
  const std::string encrypts = TestKey::Second().Jwk(R"(,"use":"enc")");
  const auto keys = KeySet::Parse(
      KeySetJson({encrypts, TestKey::Second().Jwk(R"(,"alg":"RS512")"),
                  R"({"kty":"EC","kid":"ec"})", R"({"kty":"oct","kid":"first","k":"c2VjcmV0"})",
                  R"({"kty":"RSA","n":"AA","e":"AQAB"})", good}));
  ASSERT_TRUE(keys) << keys.error();
  EXPECT_EQ(keys->size(), 1U);
  EXPECT_NE(keys->Find("first"), nullptr);
}

TEST(JoseTest, BrokenKeySetsAreRefused) {
  struct Case {
    std::string json;
    const char* word;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"", "JSON"},
           {"<html>", "JSON"},
           {"{}", "keys"},
           {"[]", "keys"},
           {R"({"keys":{}})", "keys"},
           {R"({"keys":[1]})", "not a JSON object"},
           {R"({"keys":[]})", "no RSA key"},
           {R"({"keys":[{"kty":"RSA","kid":"k"}]})", "2048"},
           {R"({"keys":[{"kty":"RSA","kid":"k","n":"????","e":"AQAB"}]})", "2048"},
           {KeySetJson({TestKey("small", 1024).Jwk()}), "2048"},
           {std::string(kKeySetBytesMax + 1, ' '), "1 MiB"}}) {
    const std::string refusal = RefusalOfKeys(each.json);
    EXPECT_TRUE(refusal.contains(each.word)) << each.json.substr(0, 80) << ": " << refusal;
  }
  // Exponents that make forging easy or verifying slow.
  for (const char* exponent : {"AQ", "Ag", "AAAA", "AQAAAAAAAAAB"}) {
    std::string jwk = TestKey::First().Jwk();
    jwk.replace(jwk.find("\"AQAB\""), 6, fmt::format("\"{}\"", exponent));
    EXPECT_TRUE(RefusalOfKeys(KeySetJson({jwk})).contains("2048")) << exponent;
  }
}

TEST(JoseTest, MutatedTokensNeverVerify) {
  const TestKey& key = TestKey::First();
  const auto keys = KeySet::Parse(KeySetJson({key.Jwk()}));
  const std::string good = key.Sign(R"({"iss":"i","sub":"s","aud":"a","exp":1,"jti":"j"})");
  constexpr std::string_view kLetters = "ABCxyz019-_.=\xff{}\"";
  int parsed = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    std::string mutant = good;
    for (std::uint64_t i = 0, changes = 1 + random() % 3; i < changes; ++i) {
      mutant[random() % mutant.size()] = kLetters[random() % kLetters.size()];
    }
    if (mutant == good) continue;
    const auto jwt = UnverifiedJwt::Parse(mutant);
    if (!jwt) continue;
    ++parsed;
    EXPECT_FALSE(jwt->Verify(*keys->Find("first"))) << "seed " << seed;
  }
  EXPECT_GT(parsed, 100) << "most mutants must get as far as the signature";
}

TEST(AccessTokenTest, OpensAsItWasSealedForItsLogAlone) {
  const storage::SecretKey key = storage::SecretKey::Random();
  const Uuid log_id = storage::RandomUuid();
  const AccessToken token{storage::RandomUuid(), 5, 1'795'000'000'000'000, "https://i", "sub"};
  const std::string text = SealAccessToken(key, token, log_id);
  EXPECT_TRUE(text.starts_with("slat_"));
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_"),
            std::string::npos);

  const auto opened = OpenAccessToken(key, text, log_id);

  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->credential, token.credential);
  EXPECT_EQ(opened->issued_us, token.issued_us);
  EXPECT_EQ(opened->expires_us, token.expires_us);
  EXPECT_EQ(opened->issuer, token.issuer);
  EXPECT_EQ(opened->subject, token.subject);
  EXPECT_FALSE(OpenAccessToken(key, text, storage::RandomUuid()));
  EXPECT_FALSE(OpenAccessToken(storage::SecretKey::Random(), text, log_id));
  EXPECT_FALSE(OpenAccessToken(key, text.substr(5), log_id));
  for (std::size_t at = 5; at < text.size(); ++at) {
    EXPECT_FALSE(OpenAccessToken(key, text.substr(0, at), log_id)) << at;
  }
}

TEST(UsedAssertionsTest, AcceptsEachOnceWhileItLasts) {
  UsedAssertions used;
  EXPECT_TRUE(used.Add("i", "1", 100, 0));
  EXPECT_FALSE(used.Add("i", "1", 100, 50));
  EXPECT_TRUE(used.Add("i", "2", 100, 50));
  EXPECT_TRUE(used.Add("other", "1", 100, 50));
  EXPECT_TRUE(used.Add("i", "1", 300, 100)) << "it has ended: its expiry refuses it from here on";
}

TEST(UsedAssertionsTest, ForgetsTheOneThatEndsFirst) {
  UsedAssertions used(2);
  EXPECT_TRUE(used.Add("i", "long", 300, 0));
  EXPECT_TRUE(used.Add("i", "short", 200, 0));
  EXPECT_TRUE(used.Add("i", "middle", 250, 0));
  EXPECT_FALSE(used.Add("i", "long", 300, 0));
  EXPECT_FALSE(used.Add("i", "middle", 250, 0));
  EXPECT_TRUE(used.Add("i", "short", 400, 0));
}

}  // namespace
}  // namespace scimledger::api
