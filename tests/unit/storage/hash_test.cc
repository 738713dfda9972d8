#include "storage/hash.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

namespace scimledger::storage {
namespace {

constexpr std::string_view kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(HashTest, Sha256MatchesFips180Example) {
  EXPECT_EQ(ToHex(Sha256({"abc"})), kSha256OfAbc);
  EXPECT_EQ(ToHex(Sha256({"a", "", "bc"})), kSha256OfAbc);
  EXPECT_EQ(ToHex(Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(HashTest, StreamGivesTheHashOfAllParts) {
  Sha256Stream stream;
  stream.Update("ab");
  Sha256({"something else in between"});
  stream.Update("c");

  EXPECT_EQ(ToHex(stream.Finish()), kSha256OfAbc);
}

TEST(HashTest, RandomBytesDoNotRepeatAcrossRefills) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(33, '\0');
    FillRandom(bytes.data(), bytes.size());
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

TEST(HashTest, RandomBytesLargerThanAPoolAreFilled) {
  std::string bytes(100'000, '\0');
  FillRandom(bytes.data(), bytes.size());

  EXPECT_NE(bytes.substr(bytes.size() - 16), std::string(16, '\0'));
}

TEST(HashTest, ThreadsDrawDifferentRandomBytes) {
  Uuid other;
  std::thread([&other] { other = RandomUuid(); }).join();

  EXPECT_NE(RandomUuid(), other);
}

TEST(HashTest, ForkedChildDrawsDifferentRandomBytes) {
  RandomUuid();  // so that the parent's pool is filled before the fork
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Uuid drawn = RandomUuid();
    const ssize_t written = write(ends[1], drawn.bytes.data(), drawn.bytes.size());
    _exit(written == 16 ? 0 : 1);
  }
  Uuid of_child;
  ASSERT_EQ(read(ends[0], of_child.bytes.data(), of_child.bytes.size()), 16);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);

  EXPECT_NE(RandomUuid(), of_child);
}

TEST(HashTest, RandomUuidHasVersionAndVariant) {
  const std::string text = RandomUuid().ToString();

  EXPECT_EQ(text[14], '4');
  EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos);
}

}  // namespace
}  // namespace scimledger::storage
