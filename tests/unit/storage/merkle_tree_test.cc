#include "storage/merkle_tree.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>

#include "storage/hash.h"

namespace scimledger::storage {
namespace {

using namespace std::string_view_literals;

// The entries and roots of the RFC 6962 reference implementation, sizes 1 to 8.
constexpr std::array kEntries = {
    ""sv,
    "\x00"sv,
    "\x10"sv,
    "\x20\x21"sv,
    "\x30\x31"sv,
    "\x40\x41\x42\x43"sv,
    "\x50\x51\x52\x53\x54\x55\x56\x57"sv,
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"sv};
constexpr std::array kRoots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"sv,
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"sv,
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"sv,
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"sv,
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"sv,
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"sv,
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"sv,
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"sv};

Hash LeafNumber(std::size_t number) { return MerkleLeafHash(std::to_string(number)); }

/// RFC 9162 §2.1.1 word for word: the slow way that the frontier must agree with.
Hash RootByDefinition(std::size_t first, std::size_t size) {
  if (size == 0) return Sha256({});
  if (size == 1) return LeafNumber(first);
  const std::size_t split = std::bit_floor(size - 1);
  const Hash left = RootByDefinition(first, split);
  const Hash right = RootByDefinition(first + split, size - split);
  return Sha256({"\x01", AsBytes(left), AsBytes(right)});
}

TEST(MerkleTreeTest, RootsMatchRfc6962Vectors) {
  MerkleTree tree;
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    tree.Append(MerkleLeafHash(kEntries[i]));
    EXPECT_EQ(ToHex(tree.Root()), kRoots[i]) << "size " << i + 1;
  }
}

TEST(MerkleTreeTest, EmptyTreeHasTheHashOfNothing) { EXPECT_EQ(MerkleTree().Root(), Sha256({})); }

TEST(MerkleTreeTest, RootsMatchTheDefinitionAtEverySize) {
  MerkleTree tree;
  for (std::size_t size = 1; size <= 130; ++size) {
    tree.Append(LeafNumber(size - 1));
    ASSERT_EQ(tree.Root(), RootByDefinition(0, size)) << "size " << size;
  }
}

TEST(MerkleTreeTest, DecodedFrontierGrowsLikeTheOriginal) {
  for (std::size_t size = 0; size <= 33; ++size) {
    MerkleTree tree;
    for (std::size_t i = 0; i < size; ++i) tree.Append(LeafNumber(i));

    auto decoded = MerkleTree::Decode(tree.Encode());
    ASSERT_TRUE(decoded.has_value()) << size;
    EXPECT_EQ(decoded->size(), size);
    EXPECT_EQ(decoded->Root(), tree.Root());
    decoded->Append(LeafNumber(size));
    EXPECT_EQ(decoded->Root(), RootByDefinition(0, size + 1));
  }
}

TEST(MerkleTreeTest, DecodeRefusesEveryOtherLength) {
  MerkleTree tree;
  for (std::size_t i = 0; i < 7; ++i) tree.Append(LeafNumber(i));
  const std::string stored = tree.Encode();

  for (std::size_t length = 0; length < stored.size(); ++length) {
    const auto decoded = MerkleTree::Decode(std::string_view(stored).substr(0, length));
    ASSERT_FALSE(decoded.has_value()) << length;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(MerkleTree::Decode(stored + "x").has_value());
}

TEST(MerkleTreeTest, DecodeRefusesAnotherRecordVersion) {
  std::string stored = MerkleTree().Encode();
  stored[0] = 1;

  const auto decoded = MerkleTree::Decode(stored);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::kIncompatible);
}

}  // namespace
}  // namespace scimledger::storage
