#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "storage/identifiers.h"

namespace scimledger::projections {

/// Events are indexed in chunks of this many sequences.
inline constexpr std::uint32_t kChunkEvents = 4096;

/// Which events of a chunk; bit 0 is its first sequence.
using ChunkEvents = std::bitset<kChunkEvents>;

constexpr std::uint32_t ChunkOf(Sequence sequence) {
  return static_cast<std::uint32_t>((sequence.value - 1) / kChunkEvents);
}
constexpr Sequence FirstOf(std::uint32_t chunk) {
  return {std::uint64_t{chunk} * kChunkEvents + 1};
}
constexpr Sequence LastOf(std::uint32_t chunk) { return {FirstOf(chunk + 1).value - 1}; }
constexpr std::uint32_t OffsetOf(Sequence sequence) {
  return static_cast<std::uint32_t>((sequence.value - 1) % kChunkEvents);
}

/// The chunks that hold events somebody looks for, one after the other in either direction. One
/// thread; throws HistoryError.
class ChunkWalk {
 public:
  virtual ~ChunkWalk() = default;
  /// The first chunk at or after `chunk` that may hold some; nullopt: none does.
  virtual std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) = 0;
  /// The last one at or before it.
  virtual std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) = 0;
  /// Which events of the chunk that was found last.
  virtual ChunkEvents events() = 0;
};

/// Sequences from the first to the last; none when the first is after the last.
struct SequenceRange {
  Sequence first{1};
  Sequence last{UINT64_MAX};
};

/// The events of a range.
std::unique_ptr<ChunkWalk> WalkRange(const SequenceRange& range);

/// Visits sequences in [first, last], in that order or the other, until `visit` returns false.
using SequenceSource = std::function<void(Sequence first, Sequence last, bool is_descending,
                                          const std::function<bool(Sequence)>& visit)>;
/// The events that a source has in order.
std::unique_ptr<ChunkWalk> WalkSequences(SequenceSource source);

/// Where all of them are, at least one; where any of them is.
std::unique_ptr<ChunkWalk> WalkAll(std::vector<std::unique_ptr<ChunkWalk>> walks);
std::unique_ptr<ChunkWalk> WalkAny(std::vector<std::unique_ptr<ChunkWalk>> walks);

}  // namespace scimledger::projections
