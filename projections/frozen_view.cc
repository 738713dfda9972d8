#include "projections/frozen_view.h"


namespace scimledger::projections {

std::size_t FrozenView::resource_count(ResourceTypeId type) const {
  const auto index = static_cast<std::size_t>(type);
  if (index >= contents_.by_type.size() || !contents_.by_type[index]) return 0;
  return contents_.by_type[index]->size();
}

void FrozenView::ForEachResource(ResourceTypeId type,
                                 const std::function<bool(const ResourcePtr&)>& visit) const {
  ForEachResourceFrom(type, 0, visit);
}

void FrozenView::ForEachResourceFrom(ResourceTypeId type, std::uint64_t index,
                                     const std::function<bool(const ResourcePtr&)>& visit) const {
  if (index >= resource_count(type)) return;
  contents_.by_type[static_cast<std::size_t>(type)]->AnyFrom(
      static_cast<std::size_t>(index),
      [&](std::uint32_t ordinal) { return !visit(contents_.rows.Find(ordinal)->resource); });
}

void FrozenView::ForEachResourceAtLeast(
    std::optional<ResourceTypeId> type, std::uint32_t ordinal,
    const std::function<bool(const ResourcePtr&)>& visit) const {
  if (type) {
    if (resource_count(*type) == 0) return;
    contents_.by_type[static_cast<std::size_t>(*type)]->AnyAtLeast(
        ordinal, [&](std::uint32_t at) { return !visit(contents_.rows.Find(at)->resource); });
    return;
  }
  for (; ordinal < contents_.next_ordinal; ++ordinal) {
    const Row* row = contents_.rows.Find(ordinal);
    if (row != nullptr && row->resource != nullptr && !visit(row->resource)) return;
  }
}

std::optional<std::uint32_t> FrozenView::OrdinalOf(const ResourceId& id) const {
  std::optional<std::uint32_t> ordinal = ids_->Find(id);
  if (!ordinal && more_ids_ != nullptr) {
    const auto found = more_ids_->find(id);
    if (found != more_ids_->end()) ordinal = found->second;
  }
  if (!ordinal) return std::nullopt;
  const Resource* resource = contents_.Find(*ordinal);
  if (resource == nullptr || resource->id != id) return std::nullopt;
  return ordinal;
}

ResourcePtr FrozenView::FindRow(const ResourceId& id) const {
  const std::optional<std::uint32_t> ordinal = OrdinalOf(id);
  return ordinal ? contents_.Share(*ordinal) : nullptr;
}

ReferencedResource FrozenView::Refer(const Resource& resource) const {
  return {resource.id, resource.type, contents_.lookups->DisplayOf(resource)};
}

std::optional<ReferencedResource> FrozenView::Find(const ResourceId& id) const {
  const std::optional<std::uint32_t> ordinal = OrdinalOf(id);
  if (!ordinal) return std::nullopt;
  return Refer(*contents_.Find(*ordinal));
}

bool FrozenView::IsMember(const Resource& group, const ResourceId& member) const {
  const std::optional<std::uint32_t> ordinal = OrdinalOf(member);
  return ordinal && contents_.IsMember(group.ordinal, *ordinal);
}

bool FrozenView::AnyMember(const Resource& group,
                           const std::function<bool(const ReferencedResource&)>& visit) const {
  const OrdinalSet* members = contents_.MembersOf(group.ordinal);
  return members != nullptr && members->Any([&](std::uint32_t ordinal) {
    const Resource* member = contents_.Find(ordinal);
    return member != nullptr && visit(Refer(*member));
  });
}

bool FrozenView::AnyGroup(const Resource& member,
                          const std::function<bool(const ReferencedResource&)>& visit) const {
  return contents_.AnyGroupOf(member.ordinal,
                              [&](const Resource& group) { return visit(Refer(group)); });
}

bool FrozenView::AnyIndirectGroup(
    const Resource& member, const std::function<bool(const ReferencedResource&)>& visit) const {
  return contents_.IndirectGroupsOf(member.ordinal).Any([&](std::uint32_t ordinal) {
    const Resource* group = contents_.Find(ordinal);
    return group != nullptr && visit(Refer(*group));
  });
}

std::optional<std::size_t> FrozenView::VisitMembers(
    const Resource& group, std::size_t index,
    const std::function<bool(const ReferencedResource&)>& visit) const {
  const OrdinalSet* members = contents_.MembersOf(group.ordinal);
  if (members == nullptr) return std::nullopt;
  std::size_t next = index;
  members->AnyFrom(index, [&](std::uint32_t ordinal) {
    ++next;
    const Resource* member = contents_.Find(ordinal);
    return member != nullptr && !visit(Refer(*member));
  });
  if (next >= members->size()) return std::nullopt;
  return next;
}

void FrozenView::ForEachGroup(const Resource& member,
                              const std::function<void(const ReferencedResource&)>& visit) const {
  AnyGroup(member, [&](const ReferencedResource& group) {
    visit(group);
    return false;
  });
}

void FrozenView::ForEachIndirectGroup(
    const Resource& member, const std::function<void(const ReferencedResource&)>& visit) const {
  AnyIndirectGroup(member, [&](const ReferencedResource& group) {
    visit(group);
    return false;
  });
}

void FrozenView::ForEachMemberId(const Resource& group,
                                 const std::function<void(const ResourceId&)>& visit) const {
  const OrdinalSet* members = contents_.MembersOf(group.ordinal);
  if (members == nullptr) return;
  members->Any([&](std::uint32_t ordinal) {
    if (const Resource* member = contents_.Find(ordinal)) visit(member->id);
    return false;
  });
}

void FrozenView::ForEachGroupId(const Resource& member,
                                const std::function<void(const ResourceId&)>& visit) const {
  contents_.AnyGroupOf(member.ordinal, [&](const Resource& group) {
    visit(group.id);
    return false;
  });
}

std::vector<Credential> FrozenView::credentials() const {
  return contents_.credentials ? InOrderOfCreation(*contents_.credentials)
                               : std::vector<Credential>();
}

}  // namespace scimledger::projections
