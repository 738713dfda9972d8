#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "projections/frozen_view.h"
#include "projections/history.h"
#include "projections/index_segment.h"
#include "projections/lookup_attributes.h"

namespace scimledger::projections {

/// What a PastDirectory shows (past_directory.h). Thread-safe; throws HistoryError.
class PastView final : public DirectoryView {
 public:
  /// `later`: a view after `at`, which the history has passed. `budget`: what the columns of its
  /// segment are counted on.
  PastView(std::shared_ptr<History> history, std::shared_ptr<const FrozenView> later, Sequence at,
           std::shared_ptr<IndexBudget> budget);

  Sequence sequence() const override { return at_; }
  RegistryPtr registry() const override { return administration_->registry; }
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

  const History& history() const { return *history_; }
  /// Until the history has come to a sequence of the present; throws when it does not in a while.
  void WaitFor(Sequence sequence) const;
  const Administration& administration() const { return *administration_; }
  const std::shared_ptr<const LookupAttributes>& lookups() const {
    return administration_->lookups;
  }
  /// nullptr: not there then.
  ResourcePtr RowAt(std::uint32_t ordinal) const;
  ResourcePtr FindRow(const ResourceId& id) const;
  /// Groups that hold it directly, in order of creation.
  std::vector<ResourcePtr> GroupsOf(std::uint32_t ordinal) const;
  /// All rows; the first call makes them.
  std::shared_ptr<const FrozenView> Rows() const;
  bool has_rows() const;
  /// Of those rows that are not the later view's. nullptr: without has_rows.
  std::shared_ptr<IndexSegment> segment() const;

 private:
  using Memberships = std::shared_ptr<const std::vector<Membership>>;

  Memberships MembersOf(std::uint32_t group) const;
  std::vector<std::uint32_t> IndirectGroupsOf(std::uint32_t ordinal) const;
  ReferencedResource Refer(const Resource& resource) const;

  const std::shared_ptr<History> history_;
  const std::shared_ptr<const FrozenView> later_;
  const Sequence at_;
  const std::shared_ptr<IndexBudget> budget_;
  const std::int64_t next_time_us_;  ///< recorded time of the event after `at`
  const std::shared_ptr<const Administration> administration_;

  mutable std::mutex mutex_;       ///< last_group_, last_members_, rows_, segment_
  mutable std::mutex rows_mutex_;  ///< held while rows are made: once is enough
  mutable std::optional<std::uint32_t> last_group_;
  mutable Memberships last_members_;
  mutable std::shared_ptr<const FrozenView> rows_;
  mutable std::shared_ptr<IndexSegment> segment_;  ///< there with rows_
};

}  // namespace scimledger::projections
