#include "engine/patch_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "engine/document.h"
#include "engine/evaluator.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

constexpr std::size_t kNamedIdsMax = 20;
constexpr std::size_t kNamedIdBytesMax = 100;
/// A member made into the element that a filter is asked about.
constexpr std::size_t kStepsToShow = 10;

std::optional<Value> DisplayOf(const SchemaRegistry& registry, const Resource& resource) {
  const ResourceType& type = registry.type(resource.type);
  const auto display_name = registry.FindAttribute(type, "displayName");
  auto display = display_name ? FindInDocument(resource.document, *display_name) : std::nullopt;
  if (!display && type.naming_attribute) {
    display = FindInDocument(resource.document, *type.naming_attribute);
  }
  return display;
}

}  // namespace

PatchMembers::PatchMembers(const State& state, const SchemaRegistry& registry, const Attribute& set,
                           const ResourceId& group, WorkBudget& work)
    : state_(state), registry_(registry), set_(set), group_(group), work_(work) {
  const auto ref = registry_.FindSubAttribute(set_.id, "$ref");
  if (!ref) return;
  allowed_types_.emplace();
  for (const std::string& name : registry_.attribute(*ref).reference_types) {
    const ResourceType* type = registry_.FindTypeByName(name);
    if (type != nullptr) allowed_types_->push_back(type->id);
  }
}

/// nullopt: any id may match.
std::optional<PatchMembers::CandidateIds> PatchMembers::FindCandidates(const Filter& filter,
                                                                       AttributeId value_part) {
  if (const auto* compare = std::get_if<Filter::Compare>(&filter.node)) {
    const bool names_id = compare->op == CompareOperator::kEq && compare->path.sub == value_part;
    const std::string* id = compare->operand.value.AsString();
    if (!names_id || id == nullptr) return std::nullopt;
    return CandidateIds{{*id}, true};
  }
  if (const auto* all = std::get_if<Filter::And>(&filter.node)) {
    for (const Filter& term : all->terms) {
      auto candidates = FindCandidates(term, value_part);
      if (candidates) candidates->are_all = false;
      if (candidates) return candidates;
    }
  }
  if (const auto* any = std::get_if<Filter::Or>(&filter.node)) {
    CandidateIds united;
    for (const Filter& term : any->terms) {
      const auto candidates = FindCandidates(term, value_part);
      if (!candidates) return std::nullopt;
      united.ids.insert(united.ids.end(), candidates->ids.begin(), candidates->ids.end());
      united.are_all &= candidates->are_all;
    }
    return united;
  }
  return std::nullopt;
}

Result<void> PatchMembers::Apply(const PatchOperation& operation) {
  if (operation.path.value_filter) {
    RemoveMatching(*operation.path.value_filter);
    return {};
  }
  if (!operation.members) {
    RemoveAll();
    return {};
  }
  switch (operation.op) {
    case PatchOp::kAdd:
      return Add(*operation.members);
    case PatchOp::kReplace:
      return Replace(*operation.members);
    case PatchOp::kRemove:
      Remove(*operation.members);
      return {};
  }
  return {};
}

void PatchMembers::AppendTo(PatchEffect& effect) const {
  for (const ResourceId& id : order_) {
    const Membership& membership = touched_.at(id);
    if (membership.now == membership.before) continue;
    work_.Spend(kStepsOfMemberChanged);
    (membership.now ? effect.added : effect.removed).push_back(id);
  }
}

PatchMembers::Membership& PatchMembers::Touch(const ResourceId& id) {
  work_.Spend(kStepsOfMemberAsked);
  const auto [found, is_new] = touched_.try_emplace(id);
  if (is_new) {
    const bool is_member = state_.IsMember(group_, id);
    found->second = {is_member, is_member};
    order_.push_back(id);
  }
  return found->second;
}

bool PatchMembers::IsAllowed(const ResourceId& id) const {
  const ResourcePtr resource = state_.FindResource(id);
  if (resource == nullptr) return false;
  if (!allowed_types_) return true;
  return std::find(allowed_types_->begin(), allowed_types_->end(), resource->type) !=
         allowed_types_->end();
}

Result<void> PatchMembers::Add(const std::vector<std::string>& ids) {
  std::vector<std::string> unknown;
  for (const std::string& text : ids) {
    if (work_.IsSpent()) return {};
    const auto id = ResourceId::Parse(text);
    Membership* const membership = id ? &Touch(*id) : nullptr;
    if (membership == nullptr || (!membership->now && !IsAllowed(*id))) {
      unknown.push_back(text);
    } else {
      membership->now = true;
    }
  }
  if (!unknown.empty()) return RefuseUnknown(unknown);
  return {};
}

void PatchMembers::Remove(const std::vector<std::string>& ids) {
  for (const std::string& text : ids) {
    if (work_.IsSpent()) return;
    if (const auto id = ResourceId::Parse(text)) Touch(*id).now = false;
  }
}

Result<void> PatchMembers::Replace(const std::vector<std::string>& ids) {
  std::unordered_set<ResourceId, UuidHash> kept;
  work_.Spend(ids.size());
  for (const std::string& text : ids) {
    if (const auto id = ResourceId::Parse(text)) kept.insert(*id);
  }
  for (const ResourceId& member : CurrentMembers()) {
    if (!kept.contains(member)) Touch(member).now = false;
  }
  return Add(ids);
}

void PatchMembers::RemoveAll() {
  for (const ResourceId& member : CurrentMembers()) Touch(member).now = false;
}

void PatchMembers::RemoveMatching(const Filter& filter) {
  const auto value_part = registry_.FindSubAttribute(set_.id, "value");
  if (const auto candidates = value_part ? FindCandidates(filter, *value_part) : std::nullopt) {
    return RemoveNamed(filter, *candidates);
  }
  for (const ResourceId& member : CurrentMembers()) {
    if (work_.IsSpent()) return;
    if (Matches(filter, member)) Touch(member).now = false;
  }
}

void PatchMembers::RemoveNamed(const Filter& filter, const CandidateIds& candidates) {
  for (const std::string& text : candidates.ids) {
    if (work_.IsSpent()) return;
    // Filters fold case; where that or another condition matters, Matches has the last word.
    const auto id = ResourceId::Parse(AsciiLower(text));
    if (!id || !Touch(*id).now) continue;
    const bool is_certain = candidates.are_all && id->ToString() == text;
    if (is_certain || Matches(filter, *id)) Touch(*id).now = false;
  }
}

std::vector<ResourceId> PatchMembers::CurrentMembers() const {
  std::vector<ResourceId> members;
  state_.ForEachMember(group_, [&](const ResourceId& id) {
    work_.Spend(kStepsOfMemberAsked);
    if (!touched_.contains(id)) members.push_back(id);
    return !work_.IsSpent();
  });
  work_.Spend(order_.size());
  for (const ResourceId& id : order_) {
    if (touched_.at(id).now) members.push_back(id);
  }
  return members;
}

bool PatchMembers::Matches(const Filter& filter, const ResourceId& id) const {
  work_.Spend(kStepsToShow * StepsToMatch(filter));
  AttributeMap parts;
  const auto set = [&](std::string_view name, Value value) {
    const auto part = registry_.FindSubAttribute(set_.id, name);
    if (part) parts.Set(*part, std::move(value));
  };
  set("value", Value(id.ToString()));
  if (const ResourcePtr resource = state_.FindResource(id)) {
    set("type", Value(registry_.type(resource->type).name));
    if (auto display = DisplayOf(registry_, *resource)) set("display", *std::move(display));
  }
  return MatchesElement(registry_, filter, Value(std::move(parts)));
}

std::unexpected<ScimError> PatchMembers::RefuseUnknown(const std::vector<std::string>& ids) const {
  std::string names;
  for (std::size_t i = 0; i < std::min(ids.size(), kNamedIdsMax); ++i) {
    const bool is_long = ids[i].size() > kNamedIdBytesMax;
    names += fmt::format("{}'{}'", i == 0 ? "" : ", ", is_long ? "(too long for an id)" : ids[i]);
  }
  if (ids.size() > kNamedIdsMax) names += fmt::format(" and {} more", ids.size() - kNamedIdsMax);
  const auto ref = registry_.FindSubAttribute(set_.id, "$ref");
  const std::string types =
      ref ? fmt::format("{}", fmt::join(registry_.attribute(*ref).reference_types, " or ")) : "";
  return Refuse(ScimType::kInvalidValue,
                fmt::format("'{}' takes ids of existing resources ({}); not found: {}", set_.path,
                            types, names));
}

}  // namespace scimledger
