#include <algorithm>
#include <mutex>
#include <utility>

#include "projections/frozen_view.h"
#include "projections/live_directory.h"

namespace scimledger::projections {

Sequence LiveDirectory::position() const {
  const std::shared_lock lock(mutex_);
  return contents_.head;
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

bool LiveDirectory::HasLookup(const AttributePath& path) const {
  std::shared_ptr<const LookupAttributes> lookups;
  {
    const std::shared_lock lock(mutex_);
    lookups = contents_.lookups;
  }
  return lookups->IsId(path) || lookups->IsKeyed(path) || lookups->IsMemberValue(path);
}

FoundResources LiveDirectory::LookUp(ResourceTypeId type, const EqualityKey& key) const {
  return LookUpAny(type, {&key, 1});
}

FoundResources LiveDirectory::LookUpAny(std::optional<ResourceTypeId> type,
                                        std::span<const EqualityKey> keys) const {
  std::vector<std::vector<std::uint32_t>> hashed(keys.size());
  std::shared_ptr<const FrozenView> view;
  {
    const std::shared_lock lock(mutex_);
    view = std::make_shared<const FrozenView>(contents_, ids_);
    for (std::size_t index = 0; index < keys.size(); ++index) {
      const EqualityKey& key = keys[index];
      if (key.kind != EqualityKey::Kind::kAttribute) continue;
      keys_.AppendTo(HashKey(key.path.sub.value_or(key.path.attribute), key.key), hashed[index]);
    }
  }
  // Nothing below needs the lock: the view does not change, and different keys that share a hash
  // are told apart by the rows themselves.
  const DirectoryContents& contents = view->contents();
  std::vector<std::uint32_t> ordinals;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const EqualityKey& key = keys[index];
    if (key.kind != EqualityKey::Kind::kAttribute) hashed[index] = OrdinalsOf(*view, key);
    for (const std::uint32_t ordinal : hashed[index]) {
      const Resource& row = *contents.Find(ordinal);
      if (type && row.type != *type) continue;
      if (key.kind == EqualityKey::Kind::kAttribute &&
          !contents.lookups->Holds(row, key.path, key.key)) {
        continue;
      }
      ordinals.push_back(ordinal);
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
                                                     const EqualityKey& key) const {
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
