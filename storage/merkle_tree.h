#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// The hash of a leaf of the tree: SHA-256(00 ‖ entry) (RFC 6962 §2.1, RFC 9162 §2.1.1).
Hash MerkleLeafHash(std::string_view entry);

/// An append-only Merkle tree (RFC 9162 §2.1.1) reduced to its right edge: the roots of the perfect
/// subtrees, largest first, at most 64 of them. Appending a leaf costs one node hash on average.
class MerkleTree {
 public:
  void Append(const Hash& leaf_hash);

  std::uint64_t size() const { return size_; }
  /// Of the empty tree: SHA-256 of nothing.
  Hash Root() const;

  /// The frontier as it is stored (LOG_FORMAT.md §6).
  std::string Encode() const;
  /// kCorrupt: not a frontier. kIncompatible: of another record version.
  [[nodiscard]] static Result<MerkleTree> Decode(std::string_view stored);

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> right_edge_;
};

}  // namespace scimledger::storage
