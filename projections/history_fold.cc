#include "projections/history_fold.h"

#include <algorithm>
#include <utility>

#include "projections/history_error.h"
#include "projections/numbering.h"
#include "projections/version_block.h"
#include "storage/big_endian.h"

namespace scimledger::projections {
namespace {

using storage::AppendBigEndian;
using storage::ReadBigEndian;

constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kPositionBytes = 1 + 2 * kUuidBytes + 8 + 4 + sizeof(Hash);

bool IsAboutResource(EventKind kind) {
  return kind == EventKind::kResourceCreated || kind == EventKind::kResourceReplaced ||
         kind == EventKind::kResourcePatched || kind == EventKind::kResourceDeleted;
}

std::string EncodeOrdinal(std::uint32_t ordinal) {
  std::string value;
  AppendBigEndian(value, ordinal);
  return value;
}

}  // namespace

std::string HistoryFold::EncodePosition(const HistoryPosition& position) {
  std::string value;
  value += static_cast<char>(kVersion);
  value += position.log_id.AsBytes();
  AppendBigEndian(value, position.sequence.value);
  value += position.event.AsBytes();
  AppendBigEndian(value, position.next_ordinal);
  value.append(reinterpret_cast<const char*>(position.numbering.data()), position.numbering.size());
  return value;
}

std::optional<HistoryPosition> HistoryFold::DecodePosition(std::string_view value) {
  if (value.size() != kPositionBytes || value.front() != static_cast<char>(kVersion)) {
    return std::nullopt;
  }
  HistoryPosition position;
  std::size_t at = 1;
  position.log_id = *Uuid::FromBytes(value.substr(at, kUuidBytes));
  at += kUuidBytes;
  position.sequence = {ReadBigEndian<std::uint64_t>(value, at)};
  at += sizeof(std::uint64_t);
  position.event = *Uuid::FromBytes(value.substr(at, kUuidBytes));
  at += kUuidBytes;
  position.next_ordinal = ReadBigEndian<std::uint32_t>(value, at);
  at += sizeof(std::uint32_t);
  std::copy_n(value.data() + at, position.numbering.size(),
              reinterpret_cast<char*>(position.numbering.data()));
  return position;
}

HistoryFold::HistoryFold(storage::KeyValueStore& store, const HistoryPosition& position)
    : store_(store),
      reader_(store),
      position_(position),
      batch_(store.MakeBatch()),
      lookups_(std::make_unique<LookupAttributes>(registry())) {
  SetHead(position.sequence);
  position_.numbering = HashNumbering(*registry());
}

storage::Result<void> HistoryFold::Fold(const Event& event) {
  members_.clear();
  const RegistryPtr before = registry();
  folding_ = &event;
  const auto applied = Apply(*this, event);
  folding_ = nullptr;
  SCIMLEDGER_TRY(applied);
  position_.sequence = event.sequence;
  position_.event = event.id;
  TouchedEvent touched{event.time_us};
  if (IsAboutResource(event.kind)) touched.ordinal = *OrdinalOf(event.resource);
  AppendTouched(touched_, touched);
  if (IsAdministration(event.kind)) {
    batch_.Put(HistoryKey(HistoryRow::kAdministration, event.sequence),
               EncodeStored(EncodeEvent(*before, event, position_.log_id)));
  }
  if (!members_.empty()) PutMembers(event);
  return {};
}

storage::Result<void> HistoryFold::Write() {
  if (!touched_.empty()) {
    const Sequence first{position_.sequence.value + 1 - CountTouched(touched_)};
    batch_.Put(HistoryKey(HistoryRow::kTouched, first), touched_);
    touched_.clear();
  }
  PutCreated();
  batch_.Put(std::string(1, static_cast<char>(HistoryRow::kPosition)), EncodePosition(position_));
  SCIMLEDGER_TRY(store_.Write(batch_));
  batch_.Clear();
  versions_.reset();
  Forget();
  // They go with the next rows: a set is read from what is written.
  PutDueSets();
  return {};
}

ResourcePtr HistoryFold::FindResource(const ResourceId& id) const {
  // One that the writer decided brings its own.
  const bool has_rows = folding_ != nullptr && (folding_->before || folding_->after);
  if (has_rows && folding_->resource == id) return folding_->before;
  if (const auto found = recent_.find(id); found != recent_.end()) return found->second;
  const auto ordinal = OrdinalOf(id);
  if (!ordinal) return nullptr;
  if (!versions_) versions_.emplace(store_);
  ResourcePtr resource = versions_->At(*ordinal, head());
  Remember(id, resource);
  return resource;
}

void HistoryFold::Remember(const ResourceId& id, const ResourcePtr& resource) const {
  // What an entry replaces is counted on: it only makes room earlier.
  constexpr std::size_t kEntryBytes = 200;
  recent_bytes_ += kEntryBytes + (resource != nullptr ? resource->document.size() : 0);
  recent_[id] = resource;
}

std::optional<std::uint32_t> HistoryFold::OrdinalOf(const ResourceId& id) const {
  if (const auto found = ordinals_.find(id); found != ordinals_.end()) return found->second;
  const auto ordinal = reader_.OrdinalOf(id);
  if (ordinal) ordinals_[id] = *ordinal;
  return ordinal;
}

void HistoryFold::PutResource(const ResourcePtr& before, const ResourcePtr& after) {
  const Resource& any = after != nullptr ? *after : *before;
  Remember(any.id, after);
  PutVersion(before.get(), after.get());
  if (before == nullptr) {
    position_.next_ordinal = any.ordinal + 1;
    ordinals_[any.id] = any.ordinal;
    created_.emplace_back(any.id, any.ordinal);
  }
  if (before == nullptr || (after != nullptr && before->document == after->document)) return;
  PutLostKeys(*before, after.get());
}

void HistoryFold::PutVersion(const Resource* before, const Resource* after) {
  const std::uint64_t version = after != nullptr ? after->version : before->version + 1;
  const std::uint32_t ordinal = after != nullptr ? after->ordinal : before->ordinal;
  const std::string key = VersionKey(ordinal, BlockOf(version));
  const bool is_first = IsFirstOfBlock(version);
  const std::string entry = EncodeBlockEntry(head().Next(), is_first ? nullptr : before, after);
  is_first ? batch_.Put(key, entry) : batch_.Append(key, entry);
}

void HistoryFold::PutLostKeys(const Resource& before, const Resource* after) {
  std::vector<KeyHash> kept;
  if (after != nullptr) kept = lookups_->KeysOf(*after);
  for (const KeyHash key : lookups_->KeysOf(before)) {
    if (std::binary_search(kept.begin(), kept.end(), key)) continue;
    batch_.Put(KeyHashKey(key, before.ordinal), {});
  }
}

void HistoryFold::SetMember(const ResourceId&, const ResourceId& member, bool is_member) {
  if (const auto ordinal = OrdinalOf(member)) members_.push_back({*ordinal, is_member});
}

void HistoryFold::PutMembers(const Event& event) {
  const std::uint32_t group = *OrdinalOf(event.resource);
  GroupState& state = StateOf(group);
  for (const MembershipChange& change : members_) {
    change.is_added ? ++state.size : --state.size;
    batch_.Put(GroupsKey(change.ordinal, event.sequence, group), change.is_added ? "+" : "-");
  }
  state.changes_since_set += static_cast<std::uint32_t>(members_.size());
  batch_.Put(HistoryKey(HistoryRow::kMembers, group, event.sequence),
             EncodeMembers({state.changes_since_set, state.size, members_}));
  if (state.changes_since_set >= std::max(kSetEvery, state.size / 8)) due_sets_.insert(group);
}

HistoryFold::GroupState& HistoryFold::StateOf(std::uint32_t group) {
  const auto [found, is_new] = groups_.try_emplace(group);
  if (is_new) {
    const MembersRow last = reader_.LastMembersRow(group);
    found->second = {last.changes_since_set, last.size};
  }
  return found->second;
}

void HistoryFold::PutDueSets() {
  for (const std::uint32_t group : due_sets_) {
    batch_.Put(HistoryKey(HistoryRow::kMemberSet, group, head()),
               EncodeMemberSet(reader_.MembersAt(group, head())));
    groups_[group].changes_since_set = 0;
  }
  due_sets_.clear();
}

/// In order of id: each is put near the one before, where one at random is a walk through all.
void HistoryFold::PutCreated() {
  std::sort(created_.begin(), created_.end());
  for (const auto& [id, ordinal] : created_) batch_.Put(IdKey(id), EncodeOrdinal(ordinal));
  created_.clear();
}

/// Only after a write: what is in a batch cannot be read back yet.
void HistoryFold::Forget() {
  if (recent_bytes_ > kRecentBytesMax) {
    recent_.clear();
    recent_bytes_ = 0;
  }
  if (ordinals_.size() > kOrdinalsMax) ordinals_.clear();
  if (groups_.size() > kGroupsMax) {
    groups_.clear();
    due_sets_.clear();
  }
}

void HistoryFold::SetRegistry(RegistryPtr registry) {
  AdministrationFold::SetRegistry(std::move(registry));
  lookups_ = std::make_unique<LookupAttributes>(this->registry());
  position_.numbering = HashNumbering(*this->registry());
}

}  // namespace scimledger::projections
