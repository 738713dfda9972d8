#include "storage/secret_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

mode_t ModeOf(const std::filesystem::path& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
}

TEST(SecretKeyTest, OpensWhatItSealed) {
  const SecretKey key = SecretKey::Random();
  const std::string_view place = "the place where a page ended";
  for (const std::string_view text : {std::string_view(), std::string_view("a"), place}) {
    const std::string sealed = key.Seal(text, "context");
    EXPECT_EQ(key.Open(sealed, "context"), text);
    EXPECT_EQ(key.Open(sealed, "another"), std::nullopt);
    EXPECT_EQ(SecretKey::Random().Open(sealed, "context"), std::nullopt);
    EXPECT_NE(sealed, key.Seal(text, "context"));
  }
  // Nothing of it shows; a single byte would, by chance.
  EXPECT_EQ(key.Seal(place, "context").find(place.substr(0, 8)), std::string::npos);
}

TEST(SecretKeyTest, OpensNothingThatWasAltered) {
  const SecretKey key = SecretKey::Random();
  const std::string sealed = key.Seal("position", "context");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string altered = sealed;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_EQ(key.Open(altered, "context"), std::nullopt) << at;
    EXPECT_EQ(key.Open(sealed.substr(0, at), "context"), std::nullopt) << at;
  }
  EXPECT_EQ(key.Open(sealed + '\0', "context"), std::nullopt);
}

TEST(SecretKeyTest, IsMadeOnceAndForTheOwnerAlone) {
  const TempDirectory temp;
  const std::filesystem::path file = temp.path() / "keys" / "cursor";
  const auto made = SecretKey::LoadOrMake(file);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(ModeOf(file), 0600U);
  EXPECT_EQ(ModeOf(file.parent_path()), 0700U);

  const auto loaded = SecretKey::LoadOrMake(file);

  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->Open(made->Seal("text", ""), ""), "text");
}

TEST(SecretKeyTest, RefusesAFileThatIsNoKey) {
  const TempDirectory temp;
  for (const std::string_view text : {"", "short", "thirty-three bytes are one too many"}) {
    const std::filesystem::path file = temp.path() / "key";
    std::ofstream(file) << text;
    const auto loaded = SecretKey::LoadOrMake(file);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(loaded.error().message.find(file.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace scimledger::storage
