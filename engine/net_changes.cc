#include "engine/net_changes.h"

#include <optional>
#include <utility>

namespace scimledger {
namespace {

bool IsOfResource(EventKind kind) {
  return kind == EventKind::kResourceCreated || kind == EventKind::kResourceReplaced ||
         kind == EventKind::kResourcePatched || kind == EventKind::kResourceDeleted;
}

/// What says which resource it is and how it ended.
Event HeadOf(const Event& event) {
  Event head;
  head.sequence = event.sequence;
  head.kind = event.kind;
  head.resource_type = event.resource_type;
  head.resource = event.resource;
  head.resource_name = event.resource_name;
  head.version_after = event.version_after;
  return head;
}

}  // namespace

void NetChanges::Add(const Event& event) {
  if (!IsOfResource(event.kind)) return;
  const auto [entry, is_new] = resources_.try_emplace(event.resource);
  Tally& tally = entry->second;
  if (is_new) {
    order_.push_back(event.resource);
    tally.first = event.sequence;
    tally.version_before = event.version_before;
  }
  ++tally.count;
  tally.last = HeadOf(event);
  for (const AttributeChange& change : event.changes) {
    const auto [value, is_first] = tally.values.try_emplace(change.attribute);
    if (is_first) value->second.before = change.before;
    value->second.after = change.after;
    const bool is_secret = change.before.IsUnassigned() && change.after.IsUnassigned();
    value->second.is_secret = value->second.is_secret || is_secret;
  }
  for (const ResourceId& id : event.members_added) AddMember(tally, id, true);
  for (const ResourceId& id : event.members_removed) AddMember(tally, id, false);
}

void NetChanges::AddMember(Tally& tally, const ResourceId& member, bool is_added) {
  const auto [entry, is_new] = tally.members.try_emplace(member, is_added);
  if (!is_new && entry->second != is_added) tally.members.erase(entry);
}

std::optional<NetChange> NetChanges::Difference(const Tally& tally) {
  const bool was_there = tally.version_before != 0;
  const bool is_there = tally.last.version_after != 0;
  if (!was_there && !is_there) return std::nullopt;
  NetChange change{tally.last, tally.first, tally.count};
  Event& difference = change.difference;
  difference.version_before = tally.version_before;
  difference.kind = !was_there  ? EventKind::kResourceCreated
                    : !is_there ? EventKind::kResourceDeleted
                                : EventKind::kResourcePatched;
  for (const auto& [attribute, values] : tally.values) {
    if (values.before == values.after && !values.is_secret) continue;
    difference.changes.push_back({attribute, values.before, values.after});
  }
  for (const auto& [member, is_added] : tally.members) {
    (is_added ? difference.members_added : difference.members_removed).push_back(member);
  }
  const bool is_same = was_there && is_there && difference.changes.empty() &&
                       difference.members_added.empty() && difference.members_removed.empty();
  if (is_same) return std::nullopt;
  return change;
}

void NetChanges::ForEach(const std::function<void(const NetChange&)>& visit) const {
  for (const ResourceId& id : order_) {
    if (const auto change = Difference(resources_.at(id))) visit(*change);
  }
}

}  // namespace scimledger
