#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <utility>

#include "projections/directory.h"
#include "projections/directory_contents.h"
#include "projections/id_index.h"

namespace scimledger::projections {

/// The directory's contents at one sequence. Immutable, so safe from any number of threads; it may
/// outlive the directory.
class FrozenView final : public DirectoryView {
 public:
  using IdMap = boost::unordered_flat_map<ResourceId, std::uint32_t, UuidHash>;

  /// `more_ids`: of rows that `ids` may not know any more; nullptr for none.
  FrozenView(DirectoryContents contents, std::shared_ptr<const IdIndex> ids,
             std::shared_ptr<const IdMap> more_ids = nullptr)
      : contents_(std::move(contents)), ids_(std::move(ids)), more_ids_(std::move(more_ids)) {}

  Sequence sequence() const override { return contents_.head; }
  RegistryPtr registry() const override { return contents_.lookups->registry(); }
  std::size_t resource_count(ResourceTypeId type) const override;
  void ForEachResource(ResourceTypeId type,
                       const std::function<bool(const ResourcePtr&)>& visit) const override;
  void ForEachResourceFrom(ResourceTypeId type, std::uint64_t index,
                           const std::function<bool(const ResourcePtr&)>& visit) const override;
  void ForEachResourceAtLeast(std::optional<ResourceTypeId> type, std::uint32_t ordinal,
                              const std::function<bool(const ResourcePtr&)>& visit) const override;
  bool IsMember(const Resource& group, const ResourceId& member) const override;
  bool AnyMember(const Resource& group,
                 const std::function<bool(const ReferencedResource&)>& visit) const override;
  bool AnyGroup(const Resource& member,
                const std::function<bool(const ReferencedResource&)>& visit) const override;
  bool AnyIndirectGroup(const Resource& member,
                        const std::function<bool(const ReferencedResource&)>& visit) const override;
  void ForEachMemberId(const Resource& group,
                       const std::function<void(const ResourceId&)>& visit) const override;
  void ForEachGroupId(const Resource& member,
                      const std::function<void(const ResourceId&)>& visit) const override;
  std::vector<Credential> credentials() const override;

  std::optional<std::size_t> VisitMembers(
      const Resource& group, std::size_t index,
      const std::function<bool(const ReferencedResource&)>& visit) const override;
  void ForEachGroup(const Resource& member,
                    const std::function<void(const ReferencedResource&)>& visit) const override;
  void ForEachIndirectGroup(
      const Resource& member,
      const std::function<void(const ReferencedResource&)>& visit) const override;
  std::optional<ReferencedResource> Find(const ResourceId& id) const override;

  /// nullptr: not there at this sequence.
  ResourcePtr FindRow(const ResourceId& id) const;
  const DirectoryContents& contents() const { return contents_; }
  const std::shared_ptr<const IdIndex>& ids() const { return ids_; }

 private:
  /// nullopt: not a resource of this sequence.
  std::optional<std::uint32_t> OrdinalOf(const ResourceId& id) const;
  ReferencedResource Refer(const Resource& resource) const;

  DirectoryContents contents_;
  std::shared_ptr<const IdIndex> ids_;
  std::shared_ptr<const IdMap> more_ids_;
};

}  // namespace scimledger::projections
