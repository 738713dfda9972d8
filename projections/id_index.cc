#include "projections/id_index.h"

#include <mutex>

namespace scimledger::projections {

std::optional<std::uint32_t> IdIndex::Find(const ResourceId& id) const {
  const std::shared_lock lock(mutex_);
  return FindUnlocked(id);
}

std::optional<std::uint32_t> IdIndex::FindUnlocked(const ResourceId& id) const {
  const Map& part = parts_[PartOf(id)];
  const auto found = part.find(id);
  if (found == part.end()) return std::nullopt;
  return found->second;
}

void IdIndex::Add(const ResourceId& id, std::uint32_t ordinal) {
  const std::unique_lock lock(mutex_);
  parts_[PartOf(id)].insert_or_assign(id, ordinal);
}

bool IdIndex::AddNew(const ResourceId& id, std::uint32_t ordinal) {
  return parts_[PartOf(id)].emplace(id, ordinal).second;
}

void IdIndex::Reserve(std::size_t count) {
  const std::unique_lock lock(mutex_);
  for (Map& part : parts_) part.reserve(count / kParts + count / kParts / 8 + 1);
}

}  // namespace scimledger::projections
