#include "projections/directory_contents.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace scimledger::projections {

std::vector<Credential> InOrderOfCreation(const std::map<Uuid, Credential>& credentials) {
  std::vector<Credential> ordered;
  for (const auto& [id, credential] : credentials) ordered.push_back(credential);
  std::sort(ordered.begin(), ordered.end(), [](const Credential& a, const Credential& b) {
    return std::tie(a.created_us, a.id) < std::tie(b.created_us, b.id);
  });
  return ordered;
}

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
