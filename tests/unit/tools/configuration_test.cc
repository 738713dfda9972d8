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
    return LoadConfiguration({.file = file_, .listen = {}, .public_url = {}});
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

}  // namespace
}  // namespace scimledger::tools
