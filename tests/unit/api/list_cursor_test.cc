// rows: K4 K7 K16
#include "api/list_cursor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "api/base64url.h"
#include "engine/sort_key.h"

namespace scimledger::api {
namespace {

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

ListCursor Sample() {
  return {.position = {7, "jane"}, .count = 100, .total = 12'345, .expires_us = 1'795'000'000};
}

TEST(Base64UrlTest, DecodesWhatItEncodes) {
  std::string bytes;
  for (int length = 0; length < 70; ++length) {
    const auto decoded = DecodeBase64Url(EncodeBase64Url(bytes));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, bytes);
    bytes += static_cast<char>(length * 37);
  }
}

TEST(Base64UrlTest, RefusesEveryOtherSpelling) {
  for (const char* text : {"A", "AAAAA", "AB", "AAB", "AA==", "A A", "+A", "/A", "\xC3\xA4"}) {
    EXPECT_FALSE(DecodeBase64Url(text)) << text;
  }
}

TEST(ListCursorTest, OpensWithTheSameKeyAndContext) {
  const storage::SecretKey key = storage::SecretKey::Random();
  for (const auto& sort_key : {std::optional<std::string>(), std::optional<std::string>(""),
                               std::optional(std::string(kSortKeyBytesMax, '\xff'))}) {
    ListCursor cursor = Sample();
    cursor.position.key = sort_key;
    const std::string text = SealCursor(key, cursor, "query");
    EXPECT_EQ(text.find_first_not_of(kUnreserved), std::string::npos) << text;
    EXPECT_LE(text.size(), 900U);

    const auto opened = OpenCursor(key, text, "query");

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->position.ordinal, cursor.position.ordinal);
    EXPECT_EQ(opened->position.key, cursor.position.key);
    EXPECT_EQ(opened->count, cursor.count);
    EXPECT_EQ(opened->total, cursor.total);
    EXPECT_EQ(opened->expires_us, cursor.expires_us);
    EXPECT_FALSE(OpenCursor(key, text, "another query"));
    EXPECT_FALSE(OpenCursor(storage::SecretKey::Random(), text, "query"));
  }
}

TEST(ListCursorTest, RefusesWhateverOneByteChanges) {
  const storage::SecretKey key = storage::SecretKey::Random();
  const std::string text = SealCursor(key, Sample(), "query");
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char letter : kUnreserved) {
      std::string altered = text;
      altered[at] = letter;
      if (altered == text) continue;
      EXPECT_FALSE(OpenCursor(key, altered, "query")) << altered;
    }
    EXPECT_FALSE(OpenCursor(key, text.substr(0, at), "query"));
  }
  EXPECT_FALSE(OpenCursor(key, text + "A", "query"));
}

TEST(ListCursorTest, RefusesRandomText) {
  const storage::SecretKey key = storage::SecretKey::Random();
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 120, ' ');
    const bool is_binary = random() % 2 == 0;
    std::generate(text.begin(), text.end(), [&] {
      return is_binary ? static_cast<char>(random()) : kUnreserved[random() % 64];
    });
    EXPECT_FALSE(OpenCursor(key, text, "query"));
  }
  EXPECT_FALSE(OpenCursor(key, std::string(1'000'000, 'A'), "query"));
}

}  // namespace
}  // namespace scimledger::api
