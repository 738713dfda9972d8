#pragma once

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

#include "engine/unique_keys.h"
#include "engine/writer.h"

namespace scimledger {

/// The plainest state that can be right: sorted maps, everything recomputed. What other
/// implementations of MutableState are compared with, and a commit target for the writer's tests.
class FakeState final : public CommitTarget {
 public:
  Sequence head() const override { return head_; }
  RegistryPtr registry() const override { return registry_; }
  ResourcePtr FindResource(const ResourceId& id) const override {
    const auto found = rows_.find(id);
    return found != rows_.end() ? found->second : nullptr;
  }
  std::optional<ResourceId> FindByUniqueKey(const UniqueKey& key) const override {
    const auto found = keys_.find(key);
    return found != keys_.end() ? std::optional(found->second) : std::nullopt;
  }
  bool IsMember(const ResourceId& group, const ResourceId& member) const override {
    ++is_member_calls;
    const auto found = members_.find(group);
    return found != members_.end() && found->second.contains(Place(member));
  }
  void ForEachMember(const ResourceId& group,
                     const std::function<bool(const ResourceId&)>& visit) const override {
    const auto found = members_.find(group);
    if (found == members_.end()) return;
    for (const auto& [ordinal, member] : found->second) {
      ++visited_members;
      if (!visit(member)) return;
    }
  }
  std::vector<ResourceId> GroupsHolding(const ResourceId& member) const override {
    std::set<Placed> holding;
    for (const auto& [group, members] : members_) {
      if (members.contains(Place(member))) holding.insert(Place(group));
    }
    std::vector<ResourceId> groups;
    for (const auto& [ordinal, group] : holding) groups.push_back(group);
    return groups;
  }
  std::uint32_t next_ordinal() const override { return next_ordinal_; }
  std::optional<Credential> FindCredential(const Uuid& id) const override {
    const auto found = credentials_.find(id);
    return found != credentials_.end() ? std::optional(found->second) : std::nullopt;
  }

  void PutResource(const ResourcePtr& before, const ResourcePtr& after) override {
    if (before != nullptr) {
      for (const UniqueKey& key : UniqueKeysOf(*registry_, *before)) keys_.erase(key);
    }
    if (after == nullptr) {
      rows_.erase(before->id);
      members_.erase(before->id);
      return;
    }
    if (before == nullptr) next_ordinal_ = after->ordinal + 1;
    for (const UniqueKey& key : UniqueKeysOf(*registry_, *after)) keys_[key] = after->id;
    rows_[after->id] = after;
    ordinals_[after->id] = after->ordinal;
  }
  void SetMember(const ResourceId& group, const ResourceId& member, bool is_member) override {
    if (is_member) {
      members_[group].insert(Place(member));
    } else {
      members_[group].erase(Place(member));
    }
  }
  void SetRegistry(RegistryPtr registry) override {
    registry_ = std::move(registry);
    // Settings decide which attributes are unique.
    keys_.clear();
    for (const auto& [id, row] : rows_) {
      for (const UniqueKey& key : UniqueKeysOf(*registry_, *row)) keys_[key] = id;
    }
  }
  void PutCredential(const Credential& credential) override {
    credentials_[credential.id] = credential;
  }
  void SetHead(Sequence head) override { head_ = head; }

  void Commit(std::span<const Event> events) override {
    for (const Event& event : events) {
      const auto applied = Apply(*this, event);
      SCIMLEDGER_INVARIANT(applied, applied.error().message.c_str());
    }
    ++commits;
  }
  storage::Result<void> CatchUp(const storage::EventLog& log) override {
    ++catch_ups;
    SCIMLEDGER_TRY_ASSIGN(const auto reader, log.Read(head_.Next(), storage::ReadCheck::kVerify));
    while (true) {
      SCIMLEDGER_TRY_ASSIGN(const auto stored, reader->Next());
      if (!stored) return {};
      SCIMLEDGER_TRY_ASSIGN(const Event event, DecodeEvent(*registry_, *stored));
      SCIMLEDGER_TRY(Apply(*this, event));
    }
  }

  const std::map<ResourceId, ResourcePtr>& rows() const { return rows_; }

  /// Everything there is, as text: equal texts mean equal states.
  std::string Render() const {
    std::string text = fmt::format("head {} next {}\n", head_.value, next_ordinal_);
    for (const auto& [id, row] : rows_) {
      text += fmt::format("row {} type {} ordinal {} version {} at {} {} doc", id.ToString(),
                          static_cast<int>(row->type), row->ordinal, row->version, row->created_us,
                          row->last_modified_us);
      for (const char c : row->document)
        text += fmt::format(" {:02x}", static_cast<unsigned char>(c));
      text += '\n';
    }
    for (const auto& [key, id] : keys_) {
      text +=
          fmt::format("key {} {} {}\n", static_cast<int>(key.attribute), key.key, id.ToString());
    }
    for (const auto& [group, members] : members_) {
      for (const auto& [ordinal, member] : members) {
        text += fmt::format("member {} {}\n", group.ToString(), member.ToString());
      }
    }
    for (const auto& [id, credential] : credentials_) {
      text += fmt::format("credential {} {} {} {}\n", id.ToString(), credential.name,
                          credential.created_us, credential.revoked_us);
    }
    for (const SchemaDefinition& added : registry_->added()) text += "schema " + added.json + '\n';
    return text;
  }

  mutable std::size_t is_member_calls = 0;
  mutable std::size_t visited_members = 0;
  std::size_t commits = 0;
  std::size_t catch_ups = 0;

 private:
  using Placed = std::pair<std::uint32_t, ResourceId>;

  /// Unknown ids come last; nothing holds them.
  Placed Place(const ResourceId& id) const {
    const auto found = ordinals_.find(id);
    return {found != ordinals_.end() ? found->second : UINT32_MAX, id};
  }

  Sequence head_;
  RegistryPtr registry_ = SchemaRegistry::BuiltIn();
  std::uint32_t next_ordinal_ = 0;
  std::map<ResourceId, ResourcePtr> rows_;
  std::map<ResourceId, std::uint32_t> ordinals_;  ///< of deleted resources too
  std::map<UniqueKey, ResourceId> keys_;
  std::map<ResourceId, std::set<Placed>> members_;
  std::map<Uuid, Credential> credentials_;
};

}  // namespace scimledger
