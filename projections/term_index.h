#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event_terms.h"
#include "engine/schema_lookup.h"
#include "projections/chunk_walk.h"
#include "storage/key_value_store.h"

namespace scimledger::projections {

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

  /// `place`: which of the event's paths it is.
  Term PathTerm(std::string_view path, std::size_t place);

  mutable std::shared_mutex mutex_;
  std::uint32_t open_chunk_ = 0;
  boost::unordered_flat_map<Term, Offsets> open_;
  // Of the adding thread.
  NameMap<Term> path_terms_;  ///< the paths of a schema come again with every event
  struct SeenPath {
    std::string path;
    Term term = 0;
  };
  std::vector<SeenPath> last_paths_;  ///< of the last events, by place: most are alike
};

}  // namespace scimledger::projections
