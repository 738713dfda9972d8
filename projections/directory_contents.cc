#include "projections/directory_contents.h"

#include <utility>

namespace scimledger::projections {

OrdinalSet DirectoryContents::IndirectGroupsOf(std::uint32_t ordinal) const {
  const Row* row = rows.Find(ordinal);
  if (row == nullptr || !row->groups) return {};
  OrdinalSet known = *row->groups;
  OrdinalSet latest = known;
  while (!latest.empty()) {
    OrdinalSet above;
    latest.Any([&](std::uint32_t group) {
      const Row* at = rows.Find(group);
      if (at != nullptr && at->resource != nullptr && at->groups) above.AddAll(*at->groups);
      return false;
    });
    above.RemoveAll(known);
    known.AddAll(above);
    latest = std::move(above);
  }
  known.RemoveAll(*row->groups);
  return known;
}

}  // namespace scimledger::projections
