#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/event.h"

namespace scimledger {

/// What events on one resource came to, told as one event: kind, resource, versions, changes and
/// members are those of the difference; `sequence` is the last one's. Nothing else is set.
struct NetChange {
  Event difference;
  Sequence first;           ///< of those events
  std::uint64_t count = 0;  ///< of them
};

/// Folds a run of resource events, in their order, into the difference between the states before
/// and after it. What was created and deleted on the way, and what came back to what it was, is no
/// difference. Memory grows with the resources and values that changed.
class NetChanges {
 public:
  void Add(const Event& event);
  std::size_t resource_count() const { return order_.size(); }
  /// In order of the first event on each.
  void ForEach(const std::function<void(const NetChange&)>& visit) const;

 private:
  struct Values {
    Value before;
    Value after;
    bool is_secret = false;  ///< supplied, and only that is known
  };
  struct Tally {
    Event last;  ///< without changes and members
    std::uint64_t version_before = 0;
    Sequence first;
    std::uint64_t count = 0;
    std::map<AttributeId, Values> values;
    /// True: it came; false: it went. In and out again leaves no entry.
    std::map<ResourceId, bool> members;
  };

  static void AddMember(Tally& resource, const ResourceId& member, bool is_added);
  static std::optional<NetChange> Difference(const Tally& resource);

  std::unordered_map<ResourceId, Tally, UuidHash> resources_;
  std::vector<ResourceId> order_;
};

/// One line of JSON without the line end: as an event (DESIGN §8), with `events`, `first` and
/// `last` (count and sequences of what it sums up) instead of what only one event has.
void AppendNetChangeJson(const SchemaRegistry& registry, const NetChange& change, std::string& out);

}  // namespace scimledger
