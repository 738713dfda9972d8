#include "engine/overlay.h"

#include <algorithm>

#include "engine/unique_keys.h"

namespace scimledger {
namespace {

/// Notes `holds` for one end, or forgets it where it says what the base says.
template <typename Memberships>
void Note(Memberships& memberships, const ResourceId& from, const ResourceId& to, bool holds,
          bool held_by_base) {
  if (holds != held_by_base) {
    memberships[from][to] = holds;
    return;
  }
  const auto found = memberships.find(from);
  if (found != memberships.end()) found->second.erase(to);
}

}  // namespace

Overlay::Overlay(const State& base)
    : base_(base),
      head_(base.head()),
      registry_(base.registry()),
      next_ordinal_(base.next_ordinal()) {}

ResourcePtr Overlay::FindResource(const ResourceId& id) const {
  const auto found = rows_.find(id);
  return found != rows_.end() ? found->second.resource : base_.FindResource(id);
}

std::optional<ResourceId> Overlay::FindByUniqueKey(const UniqueKey& key) const {
  const auto found = unique_keys_.find(key);
  return found != unique_keys_.end() ? found->second : base_.FindByUniqueKey(key);
}

bool Overlay::IsDeleted(const ResourceId& id) const {
  const auto found = rows_.find(id);
  return found != rows_.end() && found->second.resource == nullptr;
}

std::uint32_t Overlay::OrdinalOf(const ResourceId& id) const {
  const auto found = rows_.find(id);
  if (found != rows_.end()) return found->second.ordinal;
  const ResourcePtr row = base_.FindResource(id);
  SCIMLEDGER_INVARIANT(row != nullptr, "a membership names an unknown resource");
  return row->ordinal;
}

bool Overlay::IsMember(const ResourceId& group, const ResourceId& member) const {
  if (IsDeleted(group)) return false;
  if (const auto ends = members_.find(group); ends != members_.end()) {
    if (const auto end = ends->second.find(member); end != ends->second.end()) return end->second;
  }
  return base_.IsMember(group, member);
}

std::vector<Overlay::Placed> Overlay::AddedInOrder(const Ends& ends) const {
  std::vector<Placed> added;
  for (const auto& [id, holds] : ends) {
    if (holds) added.push_back({OrdinalOf(id), id});
  }
  std::sort(added.begin(), added.end(),
            [](const Placed& a, const Placed& b) { return a.ordinal < b.ordinal; });
  return added;
}

void Overlay::ForEachMember(const ResourceId& group,
                            const std::function<bool(const ResourceId&)>& visit) const {
  if (IsDeleted(group)) return;
  const auto ends = members_.find(group);
  if (ends == members_.end()) return base_.ForEachMember(group, visit);

  const std::vector<Placed> added = AddedInOrder(ends->second);
  auto next_added = added.begin();
  bool wants_more = true;
  base_.ForEachMember(group, [&](const ResourceId& member) {
    if (ends->second.contains(member)) return true;
    if (next_added != added.end()) {
      const std::uint32_t ordinal = OrdinalOf(member);
      while (wants_more && next_added != added.end() && next_added->ordinal < ordinal) {
        wants_more = visit((next_added++)->id);
      }
    }
    if (wants_more) wants_more = visit(member);
    return wants_more;
  });
  while (wants_more && next_added != added.end()) wants_more = visit((next_added++)->id);
}

std::vector<ResourceId> Overlay::GroupsHolding(const ResourceId& member) const {
  const auto ends = groups_.find(member);
  std::vector<ResourceId> groups = base_.GroupsHolding(member);
  const auto is_gone = [&](const ResourceId& group) {
    return IsDeleted(group) || (ends != groups_.end() && ends->second.contains(group));
  };
  groups.erase(std::remove_if(groups.begin(), groups.end(), is_gone), groups.end());
  if (ends == groups_.end()) return groups;

  const auto by_ordinal = [this](const ResourceId& a, const ResourceId& b) {
    return OrdinalOf(a) < OrdinalOf(b);
  };
  const auto kept = static_cast<std::ptrdiff_t>(groups.size());
  for (const Placed& added : AddedInOrder(ends->second)) {
    if (!IsDeleted(added.id)) groups.push_back(added.id);
  }
  std::inplace_merge(groups.begin(), groups.begin() + kept, groups.end(), by_ordinal);
  return groups;
}

std::optional<Credential> Overlay::FindCredential(const Uuid& id) const {
  const auto found = credentials_.find(id);
  return found != credentials_.end() ? found->second : base_.FindCredential(id);
}

void Overlay::PutResource(const ResourcePtr& before, const ResourcePtr& after) {
  const Resource& either = after != nullptr ? *after : *before;
  rows_[either.id] = {after, either.ordinal};
  if (before == nullptr) next_ordinal_ = after->ordinal + 1;
  if (before != nullptr && after != nullptr && before->document == after->document) return;
  if (before != nullptr) {
    for (UniqueKey& key : UniqueKeysOf(*registry_, *before)) unique_keys_[std::move(key)].reset();
  }
  if (after != nullptr) {
    for (UniqueKey& key : UniqueKeysOf(*registry_, *after))
      unique_keys_[std::move(key)] = after->id;
  }
}

void Overlay::SetMember(const ResourceId& group, const ResourceId& member, bool is_member) {
  const bool in_base = base_.IsMember(group, member);
  Note(members_, group, member, is_member, in_base);
  Note(groups_, member, group, is_member, in_base);
}

void Overlay::PutCredential(const Credential& credential) {
  credentials_[credential.id] = credential;
}

}  // namespace scimledger
