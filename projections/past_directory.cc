#include "projections/past_directory.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace scimledger::projections {
namespace {

/// Keys with more hits than this are alike to whoever chooses between them.
constexpr std::size_t kCountMax = 10'000;

KeyHash HashOf(const EqualityKey& key) {
  return HashKey(key.path.sub.value_or(key.path.attribute), key.key);
}

}  // namespace

PastDirectory::PastDirectory(std::shared_ptr<History> history, const DirectoryReader& live,
                             Sequence at)
    : live_(live),
      view_(std::make_shared<const PastView>(std::move(history), live.FreezeRows(), at,
                                             live.attribute_index().budget())) {}

Sequence PastDirectory::position() const { return view_->sequence(); }

RegistryPtr PastDirectory::current_registry() const { return view_->registry(); }

std::shared_ptr<const DirectoryView> PastDirectory::Freeze() const { return view_; }

std::shared_ptr<const FrozenView> PastDirectory::FreezeRows() const { return view_->Rows(); }

bool PastDirectory::has_rows() const { return view_->has_rows(); }

std::shared_ptr<IndexSegment> PastDirectory::segment() const { return view_->segment(); }

bool PastDirectory::looks_up_at_once() const {
  return view_->history().position() >= live_.position();
}

FoundResource PastDirectory::Find(const ResourceId& id) const {
  return {view_->FindRow(id), view_};
}

std::shared_ptr<const LookupAttributes> PastDirectory::lookups() const { return view_->lookups(); }

FoundResources PastDirectory::LookUp(ResourceTypeId type, const EqualityKey& key) const {
  return *LookUpAny(type, {&key, 1}, std::numeric_limits<std::size_t>::max());
}

std::optional<FoundResources> PastDirectory::LookUpAny(std::optional<ResourceTypeId> type,
                                                       std::span<const EqualityKey> keys,
                                                       std::size_t hits_max) const {
  FoundResources found;
  found.view = view_;
  std::vector<ResourcePtr>& rows = found.resources;
  std::size_t hits = 0;
  for (const EqualityKey& key : keys) {
    const std::size_t left = hits_max - hits;
    const bool is_bounded = left < std::numeric_limits<std::size_t>::max();
    const auto ordinals = OrdinalsOf(key, is_bounded ? left + 1 : left);
    if (!ordinals || ordinals->size() > left) return std::nullopt;
    hits += ordinals->size();
    for (const std::uint32_t ordinal : *ordinals) {
      ResourcePtr row = view_->RowAt(ordinal);
      if (row == nullptr || (type && row->type != *type)) continue;
      if (key.kind == EqualityKey::Kind::kAttribute &&
          !view_->lookups()->Holds(*row, key.path, key.key)) {
        continue;
      }
      rows.push_back(std::move(row));
    }
  }
  const auto by_ordinal = [](const ResourcePtr& a, const ResourcePtr& b) {
    return a->ordinal < b->ordinal;
  };
  std::sort(rows.begin(), rows.end(), by_ordinal);
  const auto is_same = [](const ResourcePtr& a, const ResourcePtr& b) {
    return a->ordinal == b->ordinal;
  };
  rows.erase(std::unique(rows.begin(), rows.end(), is_same), rows.end());
  return found;
}

std::optional<std::vector<std::uint32_t>> PastDirectory::OrdinalsOf(const EqualityKey& key,
                                                                    std::size_t count_max) const {
  if (key.kind == EqualityKey::Kind::kAttribute) return HoldersOf(key, count_max);
  std::vector<std::uint32_t> ordinals;
  const std::optional<ResourceId> id = ResourceId::Parse(key.key);
  const ResourcePtr row = id ? view_->FindRow(*id) : nullptr;
  if (row == nullptr) return ordinals;
  if (key.kind == EqualityKey::Kind::kId) {
    ordinals.push_back(row->ordinal);
    return ordinals;
  }
  for (const ResourcePtr& group : view_->GroupsOf(row->ordinal)) {
    ordinals.push_back(group->ordinal);
  }
  return ordinals;
}

std::optional<std::vector<std::uint32_t>> PastDirectory::HoldersOf(const EqualityKey& key,
                                                                   std::size_t count_max) const {
  // Who held it then holds it still, or gave it up by an event that the history has once it is
  // where the present was looked up.
  const auto present = live_.LookUpAny(std::nullopt, {&key, 1}, count_max);
  if (!present) return std::nullopt;
  view_->WaitFor(present->view->sequence());
  std::vector<std::uint32_t> ordinals =
      view_->history().reader().PastHoldersOf(HashOf(key), count_max);
  for (const ResourcePtr& holder : present->resources) ordinals.push_back(holder->ordinal);
  std::sort(ordinals.begin(), ordinals.end());
  ordinals.erase(std::unique(ordinals.begin(), ordinals.end()), ordinals.end());
  return ordinals;
}

std::size_t PastDirectory::CountHits(const EqualityKey& key) const {
  switch (key.kind) {
    case EqualityKey::Kind::kId:
      return 1;
    case EqualityKey::Kind::kMember:
      return OrdinalsOf(key, kCountMax)->size();
    case EqualityKey::Kind::kAttribute:
      break;
  }
  // Without waiting for the history: it is only a choice between keys.
  return live_.CountHits(key) +
         view_->history().reader().PastHoldersOf(HashOf(key), kCountMax).size();
}

std::optional<Credential> PastDirectory::FindCredentialBySecret(const Hash& secret_hash) const {
  for (const auto& [id, credential] : view_->administration().credentials) {
    if (credential.secret_hash == secret_hash) return credential;
  }
  return std::nullopt;
}

std::optional<Credential> PastDirectory::FindCredentialById(const Uuid& id) const {
  const auto& credentials = view_->administration().credentials;
  const auto found = credentials.find(id);
  if (found == credentials.end()) return std::nullopt;
  return found->second;
}

}  // namespace scimledger::projections
