#include "storage/envelope.h"

#include <gtest/gtest.h>

namespace scimledger::storage {
namespace {

constexpr std::size_t kEnvelopeBytes = 49;

TEST(EnvelopeTest, OpenGivesBackWhatWasSealed) {
  for (const std::string& plaintext : {std::string(), std::string("text"), std::string(3, '\0')}) {
    const std::string sealed = Seal(plaintext);

    EXPECT_EQ(sealed.size(), kEnvelopeBytes + plaintext.size());
    const auto opened = Open(sealed);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(*opened, plaintext);
  }
}

TEST(EnvelopeTest, SealingTwiceGivesDifferentBytes) { EXPECT_NE(Seal("same"), Seal("same")); }

TEST(EnvelopeTest, OpenRefusesEveryCutEnvelope) {
  const std::string sealed = Seal("");
  for (std::size_t length = 0; length < kEnvelopeBytes; ++length) {
    const auto opened = Open(std::string_view(sealed).substr(0, length));
    ASSERT_FALSE(opened.has_value()) << length;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  }
}

TEST(EnvelopeTest, OpenRefusesUnknownAlgorithms) {
  std::string sealed = Seal("text");
  for (int algorithm = 1; algorithm < 256; ++algorithm) {
    sealed[0] = static_cast<char>(algorithm);
    const auto opened = Open(sealed);
    ASSERT_FALSE(opened.has_value()) << algorithm;
    EXPECT_EQ(opened.error().code, ErrorCode::kIncompatible);
  }
}

TEST(EnvelopeTest, OpenRefusesAKeyIdWithoutEncryption) {
  std::string sealed = Seal("text");
  sealed[16] = 1;

  const auto opened = Open(sealed);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace scimledger::storage
