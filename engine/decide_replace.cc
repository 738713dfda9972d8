#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "engine/decide_checks.h"
#include "engine/decide_steps.h"
#include "engine/document.h"

namespace scimledger {
namespace {

/// What a PUT leaves alone when it does not send it (RFC 7644 §3.5.1, DESIGN §8).
bool IsKeptWhenOmitted(const Attribute& attribute) {
  return !attribute.default_json.empty() || attribute.returned == Returned::kNever ||
         attribute.mutability != Mutability::kReadWrite;
}

/// Carries over from `before` what the draft left out, and refuses changed immutable values. A
/// singular complex attribute is treated part by part.
class OmittedValues {
 public:
  OmittedValues(const SchemaRegistry& registry, const std::vector<AttributeId>& cleared)
      : registry_(registry), cleared_(cleared) {}

  Result<void> MergeInto(AttributeMap& draft, const AttributeMap& before) const {
    for (const auto& [id, old_value] : before) {
      const Attribute& attribute = registry_.attribute(id);
      if (attribute.type == AttributeType::kComplex && !attribute.multi_valued &&
          !IsKeptWhenOmitted(attribute)) {
        SCIMLEDGER_TRY(MergeParts(id, old_value, draft));
        continue;
      }
      const Value* new_value = draft.Find(id);
      if (new_value == nullptr) {
        if (IsKeptWhenOmitted(attribute) && !IsCleared(attribute)) draft.Set(id, old_value);
      } else if (attribute.mutability == Mutability::kImmutable && *new_value != old_value) {
        return Refuse(ScimType::kMutability,
                      fmt::format("{} is immutable: it has a value, which cannot be changed",
                                  attribute.path));
      }
    }
    return {};
  }

 private:
  Result<void> MergeParts(AttributeId id, const Value& old_value, AttributeMap& draft) const {
    const Value* sent = draft.Find(id);
    AttributeMap parts = sent != nullptr ? *sent->AsComplex() : AttributeMap();
    SCIMLEDGER_TRY(MergeInto(parts, *old_value.AsComplex()));
    draft.Set(id, Value(std::move(parts)));
    return {};
  }

  /// null takes a kept value away; to an immutable attribute it is the same as not sending it.
  bool IsCleared(const Attribute& attribute) const {
    return attribute.mutability != Mutability::kImmutable &&
           std::find(cleared_.begin(), cleared_.end(), attribute.id) != cleared_.end();
  }

  const SchemaRegistry& registry_;
  const std::vector<AttributeId>& cleared_;
};

struct MemberChange {
  std::vector<ResourceId> added;
  std::vector<ResourceId> removed;
};

/// A PUT names the whole set, so both sets are walked. 413 where that is too much work.
Result<MemberChange> CompareMembers(const State& state, const ResourceType& type,
                                    const ReplaceResource& command) {
  MemberChange change;
  if (!type.reference_set) return change;
  std::vector<ResourceId> wanted;
  WorkBudget work;
  if (command.draft.members) {
    SCIMLEDGER_TRY_ASSIGN(wanted,
                          ResolveMembers(state, *type.reference_set, *command.draft.members, work));
  }
  for (const ResourceId& id : wanted) {
    if (!state.IsMember(command.id, id)) change.added.push_back(id);
  }
  const std::unordered_set<ResourceId, UuidHash> wanted_set(wanted.begin(), wanted.end());
  state.ForEachMember(command.id, [&](const ResourceId& id) {
    work.Spend(kStepsOfMemberAsked);
    if (!wanted_set.contains(id)) change.removed.push_back(id);
    return !work.IsSpent();
  });
  work.Spend((change.added.size() + change.removed.size()) * kStepsOfMemberChanged);
  SCIMLEDGER_TRY(work.Check());
  return change;
}

}  // namespace

Result<Decision> DecideReplace(const Deciding& deciding, ReplaceResource& command) {
  const SchemaRegistry& registry = *deciding.registry;
  const ResourceType& type = registry.type(command.type);
  SCIMLEDGER_TRY_ASSIGN(const ResourcePtr before, FindTarget(deciding.state, type, command.id));
  SCIMLEDGER_TRY(CheckExpected(registry, *before, command.expected));
  const AttributeMap attributes_before = DecodeDocument(before->document);
  AttributeMap attributes_after = std::move(command.draft.attributes);
  SCIMLEDGER_TRY(OmittedValues(registry, command.draft.cleared)
                     .MergeInto(attributes_after, attributes_before));
  DropSecrets(command.draft.secrets, attributes_after);
  SCIMLEDGER_TRY_ASSIGN(MemberChange members, CompareMembers(deciding.state, type, command));
  return DecideChange(
      deciding, {EventKind::kResourceReplaced, before, attributes_before, attributes_after,
                 command.draft.secrets, std::move(members.added), std::move(members.removed)});
}

}  // namespace scimledger
