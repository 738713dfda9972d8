#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "projections/frozen_view.h"
#include "projections/live_directory.h"

namespace scimledger::projections {

Sequence LiveDirectory::position() const {
  const std::shared_lock lock(mutex_);
  return contents_.head;
}

std::shared_ptr<const LookupAttributes> LiveDirectory::lookups() const {
  const std::shared_lock lock(mutex_);
  return contents_.lookups;
}

RegistryPtr LiveDirectory::current_registry() const {
  const std::shared_lock lock(mutex_);
  return contents_.lookups->registry();
}

std::shared_ptr<const FrozenView> LiveDirectory::FreezeRows() const {
  const std::shared_lock lock(mutex_);
  return std::make_shared<const FrozenView>(contents_, ids_);
}

std::shared_ptr<const DirectoryView> LiveDirectory::Freeze() const { return FreezeRows(); }

FoundResource LiveDirectory::Find(const ResourceId& id) const {
  std::shared_ptr<const FrozenView> view = FreezeRows();
  ResourcePtr resource = view->FindRow(id);
  return {std::move(resource), std::move(view)};
}

FoundResources LiveDirectory::LookUp(ResourceTypeId type, const EqualityKey& key) const {
  return *LookUpAny(type, {&key, 1}, std::numeric_limits<std::size_t>::max());
}

std::optional<FoundResources> LiveDirectory::LookUpAny(std::optional<ResourceTypeId> type,
                                                       std::span<const EqualityKey> keys,
                                                       std::size_t hits_max) const {
  struct Hit {
    std::uint32_t ordinal;
    const EqualityKey* key;
  };
  std::vector<Hit> hits;
  std::vector<std::uint32_t> ordinals;
  std::shared_ptr<const FrozenView> view;
  {
    const std::shared_lock lock(mutex_);
    view = std::make_shared<const FrozenView>(contents_, ids_);
    for (const EqualityKey& key : keys) {
      if (key.kind != EqualityKey::Kind::kAttribute) continue;
      ordinals.clear();
      const KeyHash hash = HashKey(key.path.sub.value_or(key.path.attribute), key.key);
      if (!keys_.AppendUpTo(hash, hits_max - hits.size(), ordinals)) return std::nullopt;
      for (const std::uint32_t ordinal : ordinals) hits.push_back({ordinal, &key});
    }
  }
  // Nothing below needs the lock: the view does not change, and different keys that share a hash
  // are told apart by the rows themselves.
  for (const EqualityKey& key : keys) {
    if (key.kind == EqualityKey::Kind::kAttribute) continue;
    for (const std::uint32_t ordinal : OrdinalsOf(*view, key)) hits.push_back({ordinal, &key});
    if (hits.size() > hits_max) return std::nullopt;
  }
  const DirectoryContents& contents = view->contents();
  ordinals.clear();
  for (const Hit& hit : hits) {
    const Resource& row = *contents.Find(hit.ordinal);
    if (type && row.type != *type) continue;
    const bool is_sure = hit.key->kind != EqualityKey::Kind::kAttribute;
    if (is_sure || contents.lookups->Holds(row, hit.key->path, hit.key->key)) {
      ordinals.push_back(hit.ordinal);
    }
  }
  std::sort(ordinals.begin(), ordinals.end());
  ordinals.erase(std::unique(ordinals.begin(), ordinals.end()), ordinals.end());

  FoundResources found;
  found.resources.reserve(ordinals.size());
  for (const std::uint32_t ordinal : ordinals) found.resources.push_back(contents.Share(ordinal));
  found.view = std::move(view);
  return found;
}

std::vector<std::uint32_t> LiveDirectory::OrdinalsOf(const FrozenView& view,
                                                     const EqualityKey& key) {
  std::vector<std::uint32_t> ordinals;
  const std::optional<ResourceId> id = ResourceId::Parse(key.key);
  const ResourcePtr row = id ? view.FindRow(*id) : nullptr;
  if (row == nullptr) return ordinals;
  if (key.kind == EqualityKey::Kind::kId) return {row->ordinal};
  view.contents().AnyGroupOf(row->ordinal, [&](const Resource& group) {
    ordinals.push_back(group.ordinal);
    return false;
  });
  return ordinals;
}

std::size_t LiveDirectory::CountHits(const EqualityKey& key) const {
  switch (key.kind) {
    case EqualityKey::Kind::kId:
      return 1;
    case EqualityKey::Kind::kMember:
      return OrdinalsOf(*FreezeRows(), key).size();
    case EqualityKey::Kind::kAttribute:
      break;
  }
  const std::shared_lock lock(mutex_);
  return keys_.Count(HashKey(key.path.sub.value_or(key.path.attribute), key.key));
}

std::optional<Credential> LiveDirectory::FindCredentialBySecret(const Hash& secret_hash) const {
  const std::shared_lock lock(mutex_);
  const auto found = secrets_.find(secret_hash);
  if (found == secrets_.end()) return std::nullopt;
  return contents_.credentials->at(found->second);
}

std::optional<Credential> LiveDirectory::FindCredentialById(const Uuid& id) const {
  const std::shared_lock lock(mutex_);
  return FindCredential(id);
}

}  // namespace scimledger::projections
