#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>

#include "engine/resource.h"

namespace scimledger::projections {

/// Ids to ordinals, shared by the live directory and all its views. An id keeps its ordinal for
/// good, deleted or not, so a view of any age looks ids up here and then in its own rows. A deleted
/// resource costs its entry until the process ends.
///
/// Threads: Add and FindUnlocked belong to the writer's thread; Find is for any.
class IdIndex {
 public:
  std::optional<std::uint32_t> Find(const ResourceId& id) const;
  /// On the writer's thread, which alone changes the index.
  std::optional<std::uint32_t> FindUnlocked(const ResourceId& id) const;
  void Add(const ResourceId& id, std::uint32_t ordinal);
  /// While nobody shares the index yet, so without a lock. False: the id is there already.
  bool AddNew(const ResourceId& id, std::uint32_t ordinal);
  void Reserve(std::size_t count);

 private:
  using Map = boost::unordered_flat_map<ResourceId, std::uint32_t, UuidHash>;

  /// In parts, so that growing moves one part's entries and not all of them.
  static constexpr std::size_t kParts = 256;
  static std::size_t PartOf(const ResourceId& id) { return id.bytes[15]; }

  mutable std::shared_mutex mutex_;
  std::array<Map, kParts> parts_;
};

}  // namespace scimledger::projections
