#include "storage/merkle_tree.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "storage/big_endian.h"
#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr std::string_view kLeafPrefix{"\x00", 1};
constexpr std::string_view kNodePrefix{"\x01", 1};
constexpr char kRecordVersion = 0;
constexpr std::size_t kSizeAt = 1;
constexpr std::size_t kHashesAt = 9;

Hash NodeHash(const Hash& left, const Hash& right) {
  return Sha256({kNodePrefix, AsBytes(left), AsBytes(right)});
}

}  // namespace

Hash MerkleLeafHash(std::string_view entry) { return Sha256({kLeafPrefix, entry}); }

void MerkleTree::Append(const Hash& leaf_hash) {
  Hash subtree = leaf_hash;
  // Every low 1 bit of the size is a perfect subtree as large as the one growing beside it.
  for (std::uint64_t bits = size_; (bits & 1U) != 0; bits >>= 1U) {
    subtree = NodeHash(right_edge_.back(), subtree);
    right_edge_.pop_back();
  }
  right_edge_.push_back(subtree);
  ++size_;
}

Hash MerkleTree::Root() const {
  if (right_edge_.empty()) return Sha256({});
  Hash root = right_edge_.back();
  for (std::size_t i = right_edge_.size() - 1; i > 0; --i) {
    root = NodeHash(right_edge_[i - 1], root);
  }
  return root;
}

std::string MerkleTree::Encode() const {
  std::string stored;
  stored.reserve(kHashesAt + right_edge_.size() * sizeof(Hash));
  stored += kRecordVersion;
  AppendBigEndian(stored, size_);
  for (const Hash& subtree : right_edge_) stored += AsBytes(subtree);
  return stored;
}

Result<MerkleTree> MerkleTree::Decode(std::string_view stored) {
  if (stored.size() < kHashesAt) return Fail(ErrorCode::kCorrupt, "the tree frontier is cut off");
  if (stored[0] != kRecordVersion) {
    return Fail(ErrorCode::kIncompatible,
                fmt::format("the tree frontier has record version {}, this version reads {}",
                            static_cast<unsigned char>(stored[0]), +kRecordVersion));
  }
  MerkleTree tree;
  tree.size_ = ReadBigEndian<std::uint64_t>(stored, kSizeAt);
  const auto subtrees = static_cast<std::size_t>(std::popcount(tree.size_));
  if (stored.size() != kHashesAt + subtrees * sizeof(Hash)) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("the tree frontier of size {} has {} bytes instead of {}", tree.size_,
                            stored.size(), kHashesAt + subtrees * sizeof(Hash)));
  }
  tree.right_edge_.resize(subtrees);
  for (std::size_t i = 0; i < subtrees; ++i) {
    std::memcpy(tree.right_edge_[i].data(), stored.data() + kHashesAt + i * sizeof(Hash),
                sizeof(Hash));
  }
  return tree;
}

}  // namespace scimledger::storage
