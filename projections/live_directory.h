#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <shared_mutex>

#include "projections/attribute_index.h"
#include "projections/directory.h"
#include "projections/directory_contents.h"
#include "projections/id_index.h"
#include "projections/key_index.h"

namespace scimledger::projections {

/// The directory itself. README.md tells how it keeps readers and the writer apart.
class LiveDirectory final : public Directory {
 public:
  LiveDirectory();
  /// From a snapshot: `contents` whole, `ids` of all its rows and departed resources.
  LiveDirectory(DirectoryContents contents, std::shared_ptr<IdIndex> ids);

  // State, on the writer's thread: no lock, because nobody else changes anything.
  Sequence head() const override { return contents_.head; }
  RegistryPtr registry() const override { return contents_.lookups->registry(); }
  ResourcePtr FindResource(const ResourceId& id) const override;
  std::optional<ResourceId> FindByUniqueKey(const UniqueKey& key) const override;
  bool IsMember(const ResourceId& group, const ResourceId& member) const override;
  void ForEachMember(const ResourceId& group,
                     const std::function<bool(const ResourceId&)>& visit) const override;
  std::vector<ResourceId> GroupsHolding(const ResourceId& member) const override;
  std::uint32_t next_ordinal() const override { return contents_.next_ordinal; }
  std::optional<Credential> FindCredential(const Uuid& id) const override;

  // MutableState, on the writer's thread under the lock that Commit, CatchUp and Replay hold.
  // Called by themselves they need a directory without readers.
  void PutResource(const ResourcePtr& before, const ResourcePtr& after) override;
  void SetMember(const ResourceId& group, const ResourceId& member, bool is_member) override;
  void SetRegistry(RegistryPtr registry) override;
  void PutCredential(const Credential& credential) override;
  void SetHead(Sequence head) override { contents_.head = head; }

  void Commit(std::span<const Event> events) override;
  [[nodiscard]] storage::Result<void> CatchUp(const storage::EventLog& log) override;
  [[nodiscard]] storage::Result<void> ReplayFeeding(const storage::EventLog& log, Sequence until,
                                                    const std::function<void(Sequence)>& progress,
                                                    const Feed& feed) override;
  void Exchange(Directory& rebuilt) override;

  // Readers, on any thread.
  Sequence position() const override;
  RegistryPtr current_registry() const override;
  std::shared_ptr<const DirectoryView> Freeze() const override;
  std::shared_ptr<const FrozenView> FreezeRows() const override;
  FoundResource Find(const ResourceId& id) const override;
  std::shared_ptr<const LookupAttributes> lookups() const override;
  FoundResources LookUp(ResourceTypeId type, const EqualityKey& key) const override;
  std::optional<FoundResources> LookUpAny(std::optional<ResourceTypeId> type,
                                          std::span<const EqualityKey> keys,
                                          std::size_t hits_max) const override;
  std::size_t CountHits(const EqualityKey& key) const override;
  std::optional<Credential> FindCredentialBySecret(const Hash& secret_hash) const override;
  std::optional<Credential> FindCredentialById(const Uuid& id) const override;

  AttributeIndex& attribute_index() const override { return index_; }

  /// For tests: where a row keeps its sets tells whether they were copied.
  const DirectoryContents& contents() const { return contents_; }

 private:
  /// Hashes by its own bits: it is a SHA-256.
  struct SecretHash {
    using is_avalanching = void;
    std::size_t operator()(const Hash& hash) const noexcept;
  };

  void Create(const ResourcePtr& resource);
  void Change(const ResourcePtr& before, const ResourcePtr& after);
  void Delete(const Resource& resource);
  void AddMember(std::uint32_t group, std::uint32_t member);
  void RemoveMember(std::uint32_t group, std::uint32_t member);
  void DropDeletedGroups(Row& row) const;
  [[nodiscard]] storage::Result<void> FoldTogether(std::span<const Event> events);
  [[nodiscard]] storage::Result<void> Fold(std::span<const Event> events);
  /// As Fold, with each event's rows. Needs a directory without readers.
  [[nodiscard]] storage::Result<void> FoldNotingRows(std::span<Event> events);

  static std::vector<std::uint32_t> OrdinalsOf(const FrozenView& view, const EqualityKey& key);

  mutable std::shared_mutex
      mutex_;  ///< everything below, but for ids_, which has a lock of its own
  DirectoryContents contents_;
  std::shared_ptr<IdIndex> ids_;
  KeyIndex keys_;
  boost::unordered_flat_map<Hash, Uuid, SecretHash> secrets_;
  /// Last, because its thread takes views.
  mutable AttributeIndex index_{[this] { return FreezeRows(); }};
};

}  // namespace scimledger::projections
