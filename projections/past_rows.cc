#include "projections/past_rows.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <set>
#include <span>
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

/// Rows that a thread reads at least, and threads at most.
constexpr std::size_t kPartRows = 20'000;
constexpr std::size_t kPartsMax = 4;

class PastRowsMaker {
 public:
  PastRowsMaker(const History& history, const FrozenView& later, Sequence at)
      : history_(history.reader()),
        later_(later.sequence()),
        at_(at),
        registry_(later.registry()),
        contents_(later.contents()) {
    const auto administration = history.AdministrationAt(at);
    contents_.head = at;
    contents_.lookups = administration->lookups;
    contents_.credentials.Mutable() = administration->credentials;
    contents_.departed.Reset();
  }

  PastRows Make(const FrozenView& later) {
    std::vector<std::uint32_t> touched = Touched();
    const std::vector<ResourcePtr> before = RowsThen(touched);
    for (std::size_t at = 0; at < touched.size(); ++at) TakeBack(touched[at], before[at]);
    for (const std::uint32_t member : members_) {
      if (contents_.Find(member) == nullptr) continue;
      Assign(contents_.rows.Mutable(member).groups, OrdinalsIn(history_.GroupsAt(member, at_)));
    }
    auto view = std::make_shared<const FrozenView>(
        std::move(contents_), later.ids(),
        std::make_shared<const FrozenView::IdMap>(std::move(returned_)));
    return {std::move(view), std::move(touched)};
  }

 private:
  /// Whatever an event was about since then, ascending.
  std::vector<std::uint32_t> Touched() const {
    std::vector<bool> is_touched(contents_.next_ordinal);
    history_.ForEachTouched(at_, later_, [&](Sequence, std::uint32_t ordinal) {
      if (ordinal < is_touched.size()) is_touched[ordinal] = true;
    });
    std::vector<std::uint32_t> touched;
    for (std::uint32_t ordinal = 0; ordinal < contents_.next_ordinal; ++ordinal) {
      if (is_touched[ordinal]) touched.push_back(ordinal);
    }
    return touched;
  }

  /// Many are read on several threads.
  std::vector<ResourcePtr> RowsThen(std::span<const std::uint32_t> ordinals) const {
    std::vector<std::future<std::vector<ResourcePtr>>> parts;
    for (; ordinals.size() > kPartRows && parts.size() < kPartsMax;) {
      const std::size_t count = std::max(kPartRows, ordinals.size() / (kPartsMax - parts.size()));
      parts.push_back(std::async(std::launch::async, [this, part = ordinals.first(count)] {
        return history_.ResourcesAt(part, at_);
      }));
      ordinals = ordinals.subspan(count);
    }
    std::vector<ResourcePtr> rest = history_.ResourcesAt(ordinals, at_);
    if (parts.empty()) return rest;
    std::vector<ResourcePtr> rows;
    const auto append = [&rows](std::vector<ResourcePtr> read) {
      rows.insert(rows.end(), std::make_move_iterator(read.begin()),
                  std::make_move_iterator(read.end()));
    };
    for (auto& part : parts) append(part.get());
    append(std::move(rest));
    return rows;
  }

  void TakeBack(std::uint32_t ordinal, const ResourcePtr& then) {
    Row& row = contents_.rows.Mutable(ordinal);
    const ResourcePtr before = row.resource;
    row.resource = then;
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
    if (!registry_->type(any->type).reference_set) return;
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
  const Sequence later_;
  const Sequence at_;
  const RegistryPtr registry_;  ///< the later one: it knows every type
  DirectoryContents contents_;
  std::set<std::uint32_t> members_;  ///< whose groups may be others
  FrozenView::IdMap returned_;       ///< deleted in between
};

}  // namespace

PastRows MakePastRows(const History& history, const FrozenView& later, Sequence at) {
  return PastRowsMaker(history, later, at).Make(later);
}

}  // namespace scimledger::projections
