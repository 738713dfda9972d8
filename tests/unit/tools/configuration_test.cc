#include "tools/configuration.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace scimledger::tools {
namespace {

class ConfigurationTest : public testing::Test {
 protected:
  ~ConfigurationTest() override { std::filesystem::remove(file_); }

  storage::Result<Configuration> Load(const std::string& toml) const {
    std::ofstream(file_) << toml;
    return LoadConfiguration({.file = file_, .settings = {}});
  }

  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("configuration_test_" + std::to_string(::getpid()));
};

TEST_F(ConfigurationTest, LimitsComeFromTheFile) {
  const auto loaded = Load(
      "body_bytes_max = 4096\nbodies_bytes_max = 8192\npage_max = 50\n"
      "page_default = 20\nindex_bytes_max = 1000000\n");

  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->body_bytes_max, 4096U);
  EXPECT_EQ(loaded->bodies_bytes_max, 8192U);
  EXPECT_EQ(loaded->page_max, 50U);
  EXPECT_EQ(loaded->index_bytes_max, 1'000'000U);
  EXPECT_EQ(Load("")->index_bytes_max, std::size_t{256} << 20U);
}

TEST_F(ConfigurationTest, PasswordsAreHashedByAsManyThreadsAsItSays) {
  EXPECT_TRUE(Load("")->has_history);
  EXPECT_FALSE(Load("history = \"off\"\n")->has_history);
  EXPECT_EQ(Load("")->password_threads, 1U);
  EXPECT_EQ(Load("password_threads = 4\n")->password_threads, 4U);
  for (const char* refused : {"0", "65", "\"two\""}) {
    const auto loaded = Load(std::string("password_threads = ") + refused + "\n");
    ASSERT_FALSE(loaded) << refused;
    EXPECT_TRUE(loaded.error().message.contains("a whole number from 1 to 64"))
        << loaded.error().message;
  }
}

TEST_F(ConfigurationTest, TrustedProxiesAreAListOrAText) {
  const auto expected = api::TrustedProxies::Parse("2001:db8::/32,10.0.0.7");
  for (const char* toml : {"trusted_proxies = [\"2001:db8::/32\", \"10.0.0.7\"]",
                           "trusted_proxies = \"2001:db8::/32, 10.0.0.7\""}) {
    const auto loaded = Load(toml);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->trusted_proxies, expected) << toml;
  }
  EXPECT_EQ(Load("")->trusted_proxies, api::TrustedProxies());
}

TEST_F(ConfigurationTest, WhatCannotBeMeantIsRefusedByName) {
  struct Case {
    const char* toml;
    const char* detail;
  };
  for (const Case& each :
       {Case{"body_bytes_max = 4096\nbodies_bytes_max = 2048", "bodies_bytes_max"},
        Case{"bodies_bytes_max = 0", "bodies_bytes_max"},
        Case{"page_default = 2000", "page_default"}, Case{"listen = \"8080\"", "8080"},
        Case{"index_bytes_max = -1", "index_bytes_max"}, Case{"history = \"no\"", "on or off"},
        Case{"colour = 1", "colour"}, Case{"io_threads = true", "io_threads"},
        Case{"trusted_proxies = \"10.1.2.3/8\"", "trusted_proxies"},
        Case{"trusted_proxies = [1]", "trusted_proxies"},
        Case{"listen = [\"127.0.0.1:80\"]", "listen"}, Case{"=", "line 1"}}) {
    const auto loaded = Load(each.toml);
    ASSERT_FALSE(loaded) << each.toml;
    EXPECT_EQ(loaded.error().code, storage::ErrorCode::kInvalid) << each.toml;
    EXPECT_TRUE(loaded.error().message.contains(each.detail)) << loaded.error().message;
  }
}

constexpr const char* kTrusted = R"(
access_token_seconds = 600

[[trusted_issuer]]
issuer = "https://login.example/v2.0"
audience = "api://a"
subject = "robot"
jwks = "keys/entra.json"
credential = "0190aaaa-0000-7000-8000-000000000001"

[[trusted_issuer]]
issuer = "https://login.example/v2.0"
audience = ["api://a", "api://a/.default"]
subject = "other"
jwks = "keys/entra.json"
credential = "0190aaaa-0000-7000-8000-000000000002"
)";

TEST_F(ConfigurationTest, TrustedIssuersComeFromTheFile) {
  const auto loaded = Load(kTrusted);

  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->access_token_seconds, 600U);
  ASSERT_EQ(loaded->trusted_issuers.size(), 2U);
  const api::TrustedIssuer& first = loaded->trusted_issuers[0];
  EXPECT_EQ(first.issuer, "https://login.example/v2.0");
  EXPECT_EQ(first.audiences, std::vector<std::string>{"api://a"});
  EXPECT_EQ(first.subject, "robot");
  EXPECT_EQ(first.jwks, (file_.parent_path() / "keys/entra.json").string());
  EXPECT_EQ(first.credential.ToString(), "0190aaaa-0000-7000-8000-000000000001");
  EXPECT_EQ(loaded->trusted_issuers[1].audiences.size(), 2U);
  EXPECT_EQ(loaded->trusted_issuers[1].jwks, first.jwks);
  std::string fetched = kTrusted;
  for (std::size_t at = fetched.find("keys/entra.json"); at != std::string::npos;
       at = fetched.find("keys/entra.json")) {
    fetched.replace(at, 15, "https://login.example/keys");
  }
  EXPECT_EQ(Load(fetched)->trusted_issuers[1].jwks, "https://login.example/keys");
}

TEST_F(ConfigurationTest, TrustedIssuersThatCannotBeMeantAreRefusedByName) {
  const auto changed = [](std::string_view from, std::string_view to) {
    std::string toml = kTrusted;
    toml.replace(toml.find(from), from.size(), to);
    return toml;
  };
  struct Case {
    std::string toml;
    const char* detail;
  };
  for (const Case& each : std::initializer_list<Case>{
           {changed("subject = \"other\"\njwks = \"keys", "subject = \"other\"\njwks = \"more"),
            "[[trusted_issuer]] 2: another table has other jwks"},
           {changed("= 600", "= 60"), "access_token_seconds"},
           {changed("= 600", "= 86400"), "21600"},
           {changed("subject = \"robot\"", ""), "[[trusted_issuer]] 1: subject"},
           {changed("\"robot\"", "7"), "[[trusted_issuer]] 1: subject"},
           {changed("\"robot\"", "\"\""), "[[trusted_issuer]] 1: subject"},
           {changed("\"other\"", "\"robot\""), "[[trusted_issuer]] 2: another table"},
           {changed("\"api://a\"", "[]"), "[[trusted_issuer]] 1: audience"},
           {changed("\"api://a\"", "[1]"), "[[trusted_issuer]] 1: audience"},
           {changed("keys/entra.json", "http://login.example/keys"), "jwks must be a file or"},
           {changed("keys/entra.json", "https://"), "jwks must be a file or"},
           {changed("8000-000000000001", "8000"), "`scimledger token list`"},
           {changed("subject = \"robot\"", "subject = \"robot\"\nname = \"x\""), "'name'"},
           {"trusted_issuer = \"x\"", "[[trusted_issuer]]"},
           {"trusted_issuer = [1]", "[[trusted_issuer]]"}}) {
    const auto loaded = Load(each.toml);
    ASSERT_FALSE(loaded) << each.toml;
    EXPECT_EQ(loaded.error().code, storage::ErrorCode::kInvalid) << each.toml;
    EXPECT_TRUE(loaded.error().message.contains(each.detail)) << loaded.error().message;
  }
}

TEST_F(ConfigurationTest, FlagsWinAndAreNamed) {
  std::ofstream(file_) << "listen = \"127.0.0.1:1\"";
  const auto loaded = LoadConfiguration({file_, {{"listen", "127.0.0.1:2"}}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->listen, "127.0.0.1:2");
  const auto refused = LoadConfiguration({file_, {{"plain_http", "maybe"}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "--plain-http: plain_http is 'maybe', but takes loopback or anywhere");
}

TEST_F(ConfigurationTest, TlsSettingsBelongTogether) {
  for (const char* toml : {"tls_certificate = \"c\"", "tls_key = \"k\"", "tls_client_ca = \"a\"",
                           "tls_certificate = \"c\"\ntls_client_ca = \"a\""}) {
    const auto loaded = Load(toml);
    ASSERT_FALSE(loaded) << toml;
    EXPECT_EQ(loaded.error().code, storage::ErrorCode::kInvalid);
    EXPECT_TRUE(loaded.error().message.contains("tls_")) << loaded.error().message;
  }
  const auto loaded = Load("tls_certificate = \"c\"\ntls_key = \"k\"\ntls_client_ca = \"a\"");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->has_tls());
}

// rows: T1 Z3
TEST_F(ConfigurationTest, PlainHttpStaysOnLoopbackUnlessToldOtherwise) {
  const auto accepts = [this](const std::string& listen, const std::string& more = "") {
    return Load("listen = \"" + listen + "\"\n" + more).has_value();
  };
  for (const char* listen :
       {"127.0.0.1:0", "127.1.2.3:80", "[::1]:0", "localhost:0", "[::ffff:127.0.0.1]:0"}) {
    EXPECT_TRUE(accepts(listen)) << listen;
  }
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "10.1.2.3:80", "128.0.0.1:80", "[fe80::1]:80",
                             "[::ffff:10.0.0.1]:0"}) {
    EXPECT_FALSE(accepts(listen)) << listen;
    EXPECT_FALSE(accepts(listen, "plain_http = \"loopback\"")) << listen;
    EXPECT_TRUE(accepts(listen, "plain_http = \"anywhere\"")) << listen;
    EXPECT_TRUE(accepts(listen, "tls_certificate = \"c\"\ntls_key = \"k\"")) << listen;
  }
  EXPECT_TRUE(Load("listen = \"0.0.0.0:8080\"").error().message.contains("0.0.0.0:8080"));
}

}  // namespace
}  // namespace scimledger::tools
