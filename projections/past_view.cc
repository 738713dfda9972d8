#include "projections/past_view.h"

#include <algorithm>
#include <set>
#include <utility>

#include "projections/history_error.h"
#include "projections/past_rows.h"

namespace scimledger::projections {
namespace {

/// How long a question about the past may wait for the history to come to the present.
constexpr std::chrono::seconds kHistoryWait{10};

}  // namespace

PastView::PastView(std::shared_ptr<History> history, std::shared_ptr<const FrozenView> later,
                   Sequence at, std::shared_ptr<IndexBudget> budget)
    : history_(std::move(history)),
      later_(std::move(later)),
      at_(at),
      budget_(std::move(budget)),
      next_time_us_(history_->reader().TimeOf(at.Next())),
      administration_(history_->AdministrationAt(at)) {}

ResourcePtr PastView::RowAt(std::uint32_t ordinal) const {
  const Resource* later = later_->contents().Find(ordinal);
  if (later != nullptr) {
    // Times never decrease, so what was last changed before the next event is as it was.
    if (later->last_modified_us < next_time_us_) return later_->contents().Share(ordinal);
    if (later->created_us > next_time_us_) return nullptr;
  }
  return history_->reader().ResourceAt(ordinal, at_);
}

ResourcePtr PastView::FindRow(const ResourceId& id) const {
  if (ResourcePtr later = later_->FindRow(id)) return RowAt(later->ordinal);
  const auto ordinal = history_->reader().OrdinalOf(id);
  return ordinal ? RowAt(*ordinal) : nullptr;
}

ReferencedResource PastView::Refer(const Resource& resource) const {
  return {resource.id, resource.type, lookups()->DisplayOf(resource)};
}

std::optional<ReferencedResource> PastView::Find(const ResourceId& id) const {
  const ResourcePtr row = FindRow(id);
  if (row == nullptr) return std::nullopt;
  return Refer(*row);
}

void PastView::WaitFor(Sequence sequence) const {
  const auto come = history_->WaitFor(sequence, std::chrono::steady_clock::now() + kHistoryWait);
  // Whatever keeps it: the moment may be asked for again later.
  if (!come) throw HistoryError({storage::ErrorCode::kUnavailable, come.error().message});
}

std::shared_ptr<const FrozenView> PastView::Rows() const {
  const std::lock_guard making(rows_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (rows_) return rows_;
  }
  WaitFor(later_->sequence());
  PastRows rows = MakePastRows(*history_, *later_, at_);
  auto segment = std::make_shared<IndexSegment>(*rows.view, std::move(rows.touched), budget_);
  const std::lock_guard lock(mutex_);
  rows_ = std::move(rows.view);
  segment_ = std::move(segment);
  return rows_;
}

bool PastView::has_rows() const {
  const std::lock_guard lock(mutex_);
  return rows_ != nullptr;
}

std::shared_ptr<IndexSegment> PastView::segment() const {
  const std::lock_guard lock(mutex_);
  return segment_;
}

std::size_t PastView::resource_count(ResourceTypeId type) const {
  return Rows()->resource_count(type);
}

void PastView::ForEachResource(ResourceTypeId type,
                               const std::function<bool(const ResourcePtr&)>& visit) const {
  Rows()->ForEachResource(type, visit);
}

void PastView::ForEachResourceFrom(ResourceTypeId type, std::uint64_t index,
                                   const std::function<bool(const ResourcePtr&)>& visit) const {
  Rows()->ForEachResourceFrom(type, index, visit);
}

void PastView::ForEachResourceAtLeast(std::optional<ResourceTypeId> type, std::uint32_t ordinal,
                                      const std::function<bool(const ResourcePtr&)>& visit) const {
  Rows()->ForEachResourceAtLeast(type, ordinal, visit);
}

PastView::Memberships PastView::MembersOf(std::uint32_t group) const {
  {
    const std::lock_guard lock(mutex_);
    if (last_group_ == group) return last_members_;
  }
  auto members =
      std::make_shared<const std::vector<Membership>>(history_->reader().MembersAt(group, at_));
  const std::lock_guard lock(mutex_);
  last_group_ = group;
  last_members_ = members;
  return members;
}

bool PastView::IsMember(const Resource& group, const ResourceId& member) const {
  const ResourcePtr row = FindRow(member);
  if (row == nullptr) return false;
  const auto groups = history_->reader().GroupsAt(row->ordinal, at_);
  return std::any_of(groups.begin(), groups.end(),
                     [&](const Membership& held) { return held.ordinal == group.ordinal; });
}

std::optional<std::size_t> PastView::VisitMembers(
    const Resource& group, std::size_t index,
    const std::function<bool(const ReferencedResource&)>& visit) const {
  const Memberships members = MembersOf(group.ordinal);
  for (std::size_t at = index; at < members->size(); ++at) {
    const ResourcePtr member = RowAt((*members)[at].ordinal);
    if (member == nullptr || visit(Refer(*member))) continue;
    if (at + 1 == members->size()) break;
    return at + 1;
  }
  return std::nullopt;
}

bool PastView::AnyMember(const Resource& group,
                         const std::function<bool(const ReferencedResource&)>& visit) const {
  bool is_found = false;
  VisitMembers(group, 0, [&](const ReferencedResource& member) {
    is_found = visit(member);
    return !is_found;
  });
  return is_found;
}

void PastView::ForEachMemberId(const Resource& group,
                               const std::function<void(const ResourceId&)>& visit) const {
  VisitMembers(group, 0, [&](const ReferencedResource& member) {
    visit(member.id);
    return true;
  });
}

std::vector<ResourcePtr> PastView::GroupsOf(std::uint32_t ordinal) const {
  std::vector<ResourcePtr> groups;
  for (const Membership& held : history_->reader().GroupsAt(ordinal, at_)) {
    if (ResourcePtr group = RowAt(held.ordinal)) groups.push_back(std::move(group));
  }
  return groups;
}

bool PastView::AnyGroup(const Resource& member,
                        const std::function<bool(const ReferencedResource&)>& visit) const {
  const std::vector<ResourcePtr> groups = GroupsOf(member.ordinal);
  return std::any_of(groups.begin(), groups.end(),
                     [&](const ResourcePtr& group) { return visit(Refer(*group)); });
}

std::vector<std::uint32_t> PastView::IndirectGroupsOf(std::uint32_t ordinal) const {
  std::set<std::uint32_t> direct;
  for (const ResourcePtr& group : GroupsOf(ordinal)) direct.insert(group->ordinal);
  std::set<std::uint32_t> known = direct;
  std::vector<std::uint32_t> waiting(direct.begin(), direct.end());
  while (!waiting.empty()) {
    const std::uint32_t group = waiting.back();
    waiting.pop_back();
    for (const ResourcePtr& above : GroupsOf(group)) {
      if (known.insert(above->ordinal).second) waiting.push_back(above->ordinal);
    }
  }
  std::vector<std::uint32_t> indirect;
  std::set_difference(known.begin(), known.end(), direct.begin(), direct.end(),
                      std::back_inserter(indirect));
  return indirect;
}

bool PastView::AnyIndirectGroup(const Resource& member,
                                const std::function<bool(const ReferencedResource&)>& visit) const {
  const std::vector<std::uint32_t> groups = IndirectGroupsOf(member.ordinal);
  return std::any_of(groups.begin(), groups.end(),
                     [&](std::uint32_t group) { return visit(Refer(*RowAt(group))); });
}

void PastView::ForEachGroup(const Resource& member,
                            const std::function<void(const ReferencedResource&)>& visit) const {
  AnyGroup(member, [&](const ReferencedResource& group) {
    visit(group);
    return false;
  });
}

void PastView::ForEachIndirectGroup(
    const Resource& member, const std::function<void(const ReferencedResource&)>& visit) const {
  AnyIndirectGroup(member, [&](const ReferencedResource& group) {
    visit(group);
    return false;
  });
}

void PastView::ForEachGroupId(const Resource& member,
                              const std::function<void(const ResourceId&)>& visit) const {
  for (const ResourcePtr& group : GroupsOf(member.ordinal)) visit(group->id);
}

std::vector<Credential> PastView::credentials() const {
  return InOrderOfCreation(administration_->credentials);
}

}  // namespace scimledger::projections
