#pragma once

#include <bitset>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string_view>

#include "engine/event_terms.h"
#include "engine/schema_lookup.h"
#include "storage/identifiers.h"
#include "storage/key_value_store.h"

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

/// The audit index: which events have a term (engine/event_terms.h). A row of the store holds the
/// terms of one chunk whose hashes fall into one bucket: most terms are names and ids that occur
/// once, and rows of their own would cost more than all else. The newest, open chunk is in memory
/// and is made again at a start from its events.
///
/// Threads: one adds and closes; any number walks.
class TermIndex {
 public:
  /// Of an attribute and a value in comparison form.
  using Term = std::uint64_t;
  static Term HashTerm(EventAttribute attribute, std::string_view comparable);

  /// `registry`: in force right before the event.
  void Add(const SchemaRegistry& registry, const Event& event);
  /// Puts the open chunk's rows into `batch`; after it is written comes Open.
  void WriteTo(storage::KeyValueBatch& batch) const;
  void Open(std::uint32_t chunk);

  /// The chunks whose events have the term, as of now. `store` must outlive it.
  std::unique_ptr<ChunkWalk> Walk(const storage::KeyValueStore& store, Term term) const;

 private:
  class TermWalk;
  /// Most terms occur once or twice in a chunk.
  using Offsets = boost::container::small_vector<std::uint16_t, 4>;

  Term PathTerm(std::string_view path);

  mutable std::shared_mutex mutex_;
  std::uint32_t open_chunk_ = 0;
  boost::unordered_flat_map<Term, Offsets> open_;
  /// Of the adding thread: the paths of a schema come again with every event.
  NameMap<Term> path_terms_;
};

}  // namespace scimledger::projections
