#include "projections/live_directory.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/unique_keys.h"
#include "projections/key_index_builder.h"

namespace scimledger::projections {
namespace {

/// Deleted groups are dropped from a row when its set has grown to a power of two: rarely enough
/// that adding a member costs the same whatever the set's size (I-9), often enough to bound them.
bool IsTimeToDropDeleted(std::size_t size) { return size >= 8 && (size & (size - 1)) == 0; }

}  // namespace

std::size_t LiveDirectory::SecretHash::operator()(const Hash& hash) const noexcept {
  std::size_t bits;
  std::memcpy(&bits, hash.data(), sizeof bits);
  return bits;
}

LiveDirectory::LiveDirectory() : ids_(std::make_shared<IdIndex>()) {
  SetRegistry(SchemaRegistry::BuiltIn());
}

LiveDirectory::LiveDirectory(DirectoryContents contents, std::shared_ptr<IdIndex> ids)
    : contents_(std::move(contents)), ids_(std::move(ids)) {
  AddKeysOfAllRows(contents_, keys_);
  if (!contents_.credentials) return;
  for (const auto& [id, credential] : *contents_.credentials) {
    secrets_[credential.secret_hash] = id;
  }
}

std::unique_ptr<Directory> Directory::Make() { return std::make_unique<LiveDirectory>(); }

ResourcePtr LiveDirectory::FindResource(const ResourceId& id) const {
  const std::optional<std::uint32_t> ordinal = ids_->FindUnlocked(id);
  return ordinal ? contents_.Share(*ordinal) : nullptr;
}

std::optional<ResourceId> LiveDirectory::FindByUniqueKey(const UniqueKey& key) const {
  std::vector<std::uint32_t> ordinals;
  keys_.AppendTo(HashKey(key.attribute, key.key), ordinals);
  for (const std::uint32_t ordinal : ordinals) {
    const Resource* resource = contents_.Find(ordinal);
    const std::vector<UniqueKey> held = UniqueKeysOf(*registry(), *resource);
    if (std::binary_search(held.begin(), held.end(), key)) return resource->id;
  }
  return std::nullopt;
}

bool LiveDirectory::IsMember(const ResourceId& group, const ResourceId& member) const {
  const std::optional<std::uint32_t> group_ordinal = ids_->FindUnlocked(group);
  const std::optional<std::uint32_t> member_ordinal = ids_->FindUnlocked(member);
  return group_ordinal && member_ordinal && contents_.IsMember(*group_ordinal, *member_ordinal);
}

void LiveDirectory::ForEachMember(const ResourceId& group,
                                  const std::function<bool(const ResourceId&)>& visit) const {
  const std::optional<std::uint32_t> ordinal = ids_->FindUnlocked(group);
  const OrdinalSet* members = ordinal ? contents_.MembersOf(*ordinal) : nullptr;
  if (members == nullptr) return;
  members->Any([&](std::uint32_t member) { return !visit(contents_.IdAt(member)); });
}

std::vector<ResourceId> LiveDirectory::GroupsHolding(const ResourceId& member) const {
  std::vector<ResourceId> groups;
  const std::optional<std::uint32_t> ordinal = ids_->FindUnlocked(member);
  if (!ordinal) return groups;
  contents_.AnyGroupOf(*ordinal, [&](const Resource& group) {
    groups.push_back(group.id);
    return false;
  });
  return groups;
}

std::optional<Credential> LiveDirectory::FindCredential(const Uuid& id) const {
  if (!contents_.credentials) return std::nullopt;
  const auto found = contents_.credentials->find(id);
  if (found == contents_.credentials->end()) return std::nullopt;
  return found->second;
}

void LiveDirectory::PutResource(const ResourcePtr& before, const ResourcePtr& after) {
  if (before == nullptr) {
    Create(after);
  } else if (after == nullptr) {
    Delete(*before);
  } else {
    Change(before, after);
  }
}

void LiveDirectory::Create(const ResourcePtr& resource) {
  const std::uint32_t ordinal = resource->ordinal;
  SCIMLEDGER_INVARIANT(ordinal >= contents_.next_ordinal, "a new resource reuses an ordinal");
  contents_.rows.Mutable(ordinal).resource = resource;
  contents_.by_type[static_cast<std::size_t>(resource->type)].Mutable().Add(ordinal);
  contents_.next_ordinal = ordinal + 1;
  ids_->Add(resource->id, ordinal);
  for (const KeyHash key : contents_.lookups->KeysOf(*resource)) keys_.Add(key, ordinal);
}

void LiveDirectory::Change(const ResourcePtr& before, const ResourcePtr& after) {
  const std::uint32_t ordinal = after->ordinal;
  contents_.rows.Mutable(ordinal).resource = after;
  if (before->document == after->document) return;

  const std::vector<KeyHash> old_keys = contents_.lookups->KeysOf(*before);
  const std::vector<KeyHash> new_keys = contents_.lookups->KeysOf(*after);
  for (const KeyHash key : old_keys) {
    if (!std::binary_search(new_keys.begin(), new_keys.end(), key)) keys_.Remove(key, ordinal);
  }
  for (const KeyHash key : new_keys) {
    if (!std::binary_search(old_keys.begin(), old_keys.end(), key)) keys_.Add(key, ordinal);
  }
}

void LiveDirectory::Delete(const Resource& resource) {
  const std::uint32_t ordinal = resource.ordinal;
  for (const KeyHash key : contents_.lookups->KeysOf(resource)) keys_.Remove(key, ordinal);
  contents_.by_type[static_cast<std::size_t>(resource.type)].Mutable().Remove(ordinal);
  const ResourceId id = resource.id;
  Row& row = contents_.rows.Mutable(ordinal);
  row.resource = nullptr;
  // Its members keep its ordinal among their groups until their own next change: a group of a
  // million is deleted at the cost of one (I-9).
  row.members.Reset();
  if (!row.groups) return;
  DropDeletedGroups(row);
  if (row.groups->empty()) {
    row.groups.Reset();
  } else {
    contents_.departed.Mutable()[ordinal] = id;
  }
}

void LiveDirectory::SetMember(const ResourceId& group, const ResourceId& member, bool is_member) {
  const std::optional<std::uint32_t> group_ordinal = ids_->FindUnlocked(group);
  const std::optional<std::uint32_t> member_ordinal = ids_->FindUnlocked(member);
  if (is_member) {
    SCIMLEDGER_INVARIANT(group_ordinal && member_ordinal && contents_.Find(*group_ordinal) &&
                             contents_.Find(*member_ordinal),
                         "a membership names an unknown resource");
    AddMember(*group_ordinal, *member_ordinal);
  } else if (group_ordinal && member_ordinal) {
    RemoveMember(*group_ordinal, *member_ordinal);
  }
}

void LiveDirectory::AddMember(std::uint32_t group, std::uint32_t member) {
  if (!contents_.rows.Mutable(group).members.Mutable().Add(member)) return;
  Row& row = contents_.rows.Mutable(member);
  row.groups.Mutable().Add(group);
  if (IsTimeToDropDeleted(row.groups->size())) DropDeletedGroups(row);
}

void LiveDirectory::RemoveMember(std::uint32_t group, std::uint32_t member) {
  if (!contents_.IsMember(group, member)) return;
  Row& group_row = contents_.rows.Mutable(group);
  group_row.members.Mutable().Remove(member);
  if (group_row.members->empty()) group_row.members.Reset();

  Row& row = contents_.rows.Mutable(member);
  row.groups.Mutable().Remove(group);
  if (row.groups->empty()) row.groups.Reset();
  if (row.resource == nullptr && !row.groups) contents_.departed.Mutable().erase(member);
}

void LiveDirectory::DropDeletedGroups(Row& row) const {
  std::vector<std::uint32_t> deleted;
  row.groups->Any([&](std::uint32_t group) {
    if (contents_.Find(group) == nullptr) deleted.push_back(group);
    return false;
  });
  for (const std::uint32_t group : deleted) row.groups.Mutable().Remove(group);
}

void LiveDirectory::SetRegistry(RegistryPtr registry) {
  // Rows need no new keys: an attribute that has values has had its lookup from the start, because
  // a schema does not turn from an extension into a base.
  contents_.lookups = std::make_shared<const LookupAttributes>(std::move(registry));
  contents_.by_type.resize(contents_.lookups->registry()->resource_types().size());
}

void LiveDirectory::PutCredential(const Credential& credential) {
  contents_.credentials.Mutable()[credential.id] = credential;
  secrets_[credential.secret_hash] = credential.id;
}

}  // namespace scimledger::projections
