#include "tools/configuration.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

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
      "page_default = 20\n");

  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->body_bytes_max, 4096U);
  EXPECT_EQ(loaded->bodies_bytes_max, 8192U);
  EXPECT_EQ(loaded->page_max, 50U);
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
        Case{"colour = 1", "colour"}, Case{"io_threads = true", "io_threads"},
        Case{"=", "line 1"}}) {
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
