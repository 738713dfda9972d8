#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "engine/event.h"
#include "projections/lookup_attributes.h"
#include "projections/row_table.h"

namespace scimledger::projections {

/// As DirectoryView::credentials.
std::vector<Credential> InOrderOfCreation(const std::map<Uuid, Credential>& credentials);

/// Everything a view freezes. A copy shares all of it and costs a handful of increments.
struct DirectoryContents {
  Sequence head;
  std::shared_ptr<const LookupAttributes> lookups;
  RowTable rows;
  std::vector<CopyOnWrite<OrdinalSet>> by_type;  ///< ordinals in use, by resource type
  std::uint32_t next_ordinal = 0;
  CopyOnWrite<std::map<Uuid, Credential>> credentials;
  /// Resources deleted while groups still hold them: only between a delete and the last event of
  /// its cascade.
  CopyOnWrite<std::map<std::uint32_t, ResourceId>> departed;

  /// nullptr: none at this ordinal.
  const Resource* Find(std::uint32_t ordinal) const {
    const Row* row = rows.Find(ordinal);
    return row == nullptr ? nullptr : row->resource.get();
  }
  ResourcePtr Share(std::uint32_t ordinal) const {
    const Row* row = rows.Find(ordinal);
    return row == nullptr ? nullptr : row->resource;
  }
  /// nullptr: the set is empty.
  const OrdinalSet* MembersOf(std::uint32_t ordinal) const {
    const Row* row = rows.Find(ordinal);
    return row == nullptr ? nullptr : row->members.get();
  }
  bool IsMember(std::uint32_t group, std::uint32_t member) const {
    const OrdinalSet* members = MembersOf(group);
    return members != nullptr && members->Contains(member);
  }
  /// Visits the groups that hold it in order of creation, until `visit` returns true; tells whether
  /// it did.
  bool AnyGroupOf(std::uint32_t ordinal, const std::function<bool(const Resource&)>& visit) const {
    const Row* row = rows.Find(ordinal);
    if (row == nullptr || !row->groups) return false;
    return row->groups->Any([&](std::uint32_t group) {
      const Resource* resource = Find(group);
      return resource != nullptr && visit(*resource);
    });
  }
  /// Groups that hold it only through other groups. Deleted ones may be among them. Costs a look at
  /// each group above it, loops included, so no more than showing them does.
  OrdinalSet IndirectGroupsOf(std::uint32_t ordinal) const;
  /// Of a resource or of one that has departed.
  ResourceId IdAt(std::uint32_t ordinal) const {
    const Resource* resource = Find(ordinal);
    return resource != nullptr ? resource->id : departed->at(ordinal);
  }
};

}  // namespace scimledger::projections
