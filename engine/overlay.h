#pragma once

#include <map>
#include <unordered_map>

#include "engine/state.h"

namespace scimledger {

/// What the uncommitted commands of one batch changed, over the state before them. Holds only the
/// difference, so it costs what the batch changes. `base` must outlive it and must not change
/// meanwhile. One thread.
class Overlay final : public MutableState {
 public:
  explicit Overlay(const State& base);

  Sequence head() const override { return head_; }
  RegistryPtr registry() const override { return registry_; }
  ResourcePtr FindResource(const ResourceId& id) const override;
  std::optional<ResourceId> FindByUniqueKey(const UniqueKey& key) const override;
  bool IsMember(const ResourceId& group, const ResourceId& member) const override;
  void ForEachMember(const ResourceId& group,
                     const std::function<bool(const ResourceId&)>& visit) const override;
  std::vector<ResourceId> GroupsHolding(const ResourceId& member) const override;
  std::uint32_t next_ordinal() const override { return next_ordinal_; }
  std::optional<Credential> FindCredential(const Uuid& id) const override;

  void PutResource(const ResourcePtr& before, const ResourcePtr& after) override;
  void SetMember(const ResourceId& group, const ResourceId& member, bool is_member) override;
  void SetRegistry(RegistryPtr registry) override { registry_ = std::move(registry); }
  void PutCredential(const Credential& credential) override;
  void SetHead(Sequence head) override { head_ = head; }

 private:
  /// A row of this batch. The ordinal outlives the row: order of creation is asked for until the
  /// last set that holds a deleted resource has been changed.
  struct Row {
    ResourcePtr resource;  ///< nullptr: deleted
    std::uint32_t ordinal = 0;
  };
  /// One end of the memberships that differ from the base: the other ends, and whether they hold
  /// now.
  using Ends = std::unordered_map<ResourceId, bool, UuidHash>;
  using Memberships = std::unordered_map<ResourceId, Ends, UuidHash>;
  struct Placed {
    std::uint32_t ordinal = 0;
    ResourceId id;
  };

  bool IsDeleted(const ResourceId& id) const;
  std::uint32_t OrdinalOf(const ResourceId& id) const;
  std::vector<Placed> AddedInOrder(const Ends& ends) const;

  const State& base_;
  Sequence head_;
  RegistryPtr registry_;
  std::uint32_t next_ordinal_ = 0;
  std::unordered_map<ResourceId, Row, UuidHash> rows_;
  std::map<UniqueKey, std::optional<ResourceId>> unique_keys_;  ///< nullopt: free again
  Memberships members_;                                         ///< by group
  Memberships groups_;                                          ///< by member
  std::unordered_map<Uuid, Credential, UuidHash> credentials_;
};

}  // namespace scimledger
