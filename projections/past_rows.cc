#include "projections/past_rows.h"

#include <set>
#include <utility>
#include <vector>

namespace scimledger::projections {
namespace {

OrdinalSet OrdinalsIn(const std::vector<Membership>& memberships) {
  OrdinalSet ordinals;
  for (const Membership& membership : memberships) ordinals.Add(membership.ordinal);
  return ordinals;
}

void Assign(CopyOnWrite<OrdinalSet>& set, OrdinalSet ordinals) {
  set.Reset();
  if (!ordinals.empty()) set.Mutable() = std::move(ordinals);
}

class PastRows {
 public:
  PastRows(const History& history, const FrozenView& later, Sequence at)
      : history_(history.reader()),
        versions_(history_.versions()),
        later_(later.sequence()),
        at_(at),
        contents_(later.contents()) {
    const auto administration = history.AdministrationAt(at);
    contents_.head = at;
    contents_.lookups = administration->lookups;
    contents_.credentials.Mutable() = administration->credentials;
    contents_.departed.Reset();
  }

  std::shared_ptr<const FrozenView> Make(const FrozenView& later) {
    std::set<std::uint32_t> touched;
    history_.ForEachTouched(at_, later_,
                            [&](Sequence, std::uint32_t ordinal) { touched.insert(ordinal); });
    for (const std::uint32_t ordinal : touched) TakeBack(ordinal);
    for (const std::uint32_t member : members_) {
      if (contents_.Find(member) == nullptr) continue;
      Assign(contents_.rows.Mutable(member).groups, OrdinalsIn(history_.GroupsAt(member, at_)));
    }
    return std::make_shared<const FrozenView>(
        std::move(contents_), later.ids(),
        std::make_shared<const FrozenView::IdMap>(std::move(returned_)));
  }

 private:
  void TakeBack(std::uint32_t ordinal) {
    Row& row = contents_.rows.Mutable(ordinal);
    const ResourcePtr before = row.resource;
    row.resource = versions_.At(ordinal, at_);
    const Resource* any = row.resource != nullptr ? row.resource.get() : before.get();
    if (any == nullptr) return;  // came and went in between
    auto& of_type = contents_.by_type[static_cast<std::size_t>(any->type)];
    if (row.resource == nullptr) {
      of_type.Mutable().Remove(ordinal);
      row.members.Reset();
      row.groups.Reset();
    } else if (before == nullptr) {
      of_type.Mutable().Add(ordinal);
      returned_[any->id] = ordinal;
    }
    TakeBackMembers(ordinal, row, before == nullptr);
  }

  /// Whoever joined or left in between gets its groups of then; of a group that was deleted in
  /// between every member does, because rows let go of deleted groups when they like.
  void TakeBackMembers(std::uint32_t group, Row& row, bool is_returned) {
    bool is_changed = is_returned;
    history_.ForEachMembersChange(group, at_, later_, [&](Sequence, const auto& changes) {
      is_changed = true;
      for (const MembershipChange& change : changes) members_.insert(change.ordinal);
    });
    if (!is_changed || row.resource == nullptr) return;
    const std::vector<Membership> members = history_.MembersAt(group, at_);
    if (is_returned) {
      for (const Membership& member : members) members_.insert(member.ordinal);
      members_.insert(group);
    }
    Assign(row.members, OrdinalsIn(members));
  }

  const HistoryReader& history_;
  HistoryReader::Versions versions_;
  const Sequence later_;
  const Sequence at_;
  DirectoryContents contents_;
  std::set<std::uint32_t> members_;  ///< whose groups may be others
  FrozenView::IdMap returned_;       ///< deleted in between
};

}  // namespace

std::shared_ptr<const FrozenView> MakePastRows(const History& history, const FrozenView& later,
                                               Sequence at) {
  return PastRows(history, later, at).Make(later);
}

}  // namespace scimledger::projections
