#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/resource.h"
#include "storage/identifiers.h"

namespace scimledger::projections {

/// Versions of one resource that follow each other, in one value of the history: the first one
/// whole, the others as what differs from the one before, which is little and costs little to read
/// over.
inline constexpr std::uint32_t kBlockVersions = 16;

/// Where a version is. The event that deletes a resource counts as one more.
constexpr std::uint32_t BlockOf(std::uint64_t version) {
  return static_cast<std::uint32_t>((version - 1) / kBlockVersions);
}
constexpr bool IsFirstOfBlock(std::uint64_t version) { return (version - 1) % kBlockVersions == 0; }

/// What the event at `sequence` made of the resource, to be put behind the versions before it.
/// `before`: right before it; nullptr: it is the first of its block. `after`: nullptr: deleted.
std::string EncodeBlockEntry(Sequence sequence, const Resource* before, const Resource* after);

/// Of the block's first version. Throws HistoryError, as everything here does that reads, when the
/// block is none.
Sequence FirstInBlock(std::string_view block);
/// Of its versions, ascending.
std::vector<Sequence> SequencesInBlock(std::string_view block);
/// The resource as of `at`, which is not before the first. nullptr: deleted.
ResourcePtr ResourceInBlock(std::uint32_t ordinal, std::string_view block, Sequence at);

}  // namespace scimledger::projections
