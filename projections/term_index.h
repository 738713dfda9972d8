#pragma once

#include <bitset>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "engine/event_terms.h"
#include "storage/identifiers.h"
#include "storage/key_value_store.h"

namespace scimledger::projections {

/// Events are indexed in chunks of this many sequences: one row for each term that occurs in one.
inline constexpr std::uint32_t kChunkEvents = 4096;

/// Which events of a chunk; bit 0 is its first sequence.
using ChunkEvents = std::bitset<kChunkEvents>;

constexpr std::uint32_t ChunkOf(Sequence sequence) {
  return static_cast<std::uint32_t>((sequence.value - 1) / kChunkEvents);
}
constexpr Sequence FirstOf(std::uint32_t chunk) {
  return {std::uint64_t{chunk} * kChunkEvents + 1};
}
constexpr std::uint32_t OffsetOf(Sequence sequence) {
  return static_cast<std::uint32_t>((sequence.value - 1) % kChunkEvents);
}

/// The audit index: which events have a term (engine/event_terms.h). Whole chunks are rows of the
/// store; the newest, open one is in memory and is made again at a start from its events.
///
/// Threads: one adds and closes; any number reads.
class TermIndex {
 public:
  /// Of an attribute and a value in comparison form.
  using Term = std::uint64_t;
  static Term HashTerm(EventAttribute attribute, std::string_view comparable);

  void Add(const Event& event);
  /// Puts the open chunk's rows into `batch`; after it is written comes Open.
  void WriteTo(storage::KeyValueBatch& batch) const;
  void Open(std::uint32_t chunk);

  /// Throws HistoryError.
  ChunkEvents Find(const storage::KeyValueStore& store, Term term, std::uint32_t chunk) const;

 private:
  using Offsets = std::vector<std::uint16_t>;

  mutable std::shared_mutex mutex_;
  std::uint32_t open_chunk_ = 0;
  boost::unordered_flat_map<Term, Offsets> open_;
};

}  // namespace scimledger::projections
