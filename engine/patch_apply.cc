#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "engine/document.h"
#include "engine/patch.h"
#include "engine/patch_elements.h"
#include "engine/patch_members.h"
#include "engine/resource_json.h"
#include "engine/state.h"
#include "engine/work_budget.h"
#include "storage/result.h"

namespace scimledger {
namespace {

constexpr std::size_t kStepsOfOperation = 4;

/// RFC 7643 §7: a required attribute keeps a value, an immutable one its first.
Result<void> CheckWritten(const Attribute& attribute, PatchOp op, const Value& before,
                          const Value& after) {
  if (before.IsUnassigned() || before == after) return {};
  if (attribute.mutability == Mutability::kImmutable) {
    return Refuse(ScimType::kMutability,
                  fmt::format("'{}' is immutable and has a value already", attribute.path));
  }
  if (attribute.required && after.IsUnassigned()) {
    return Refuse(op == PatchOp::kRemove ? ScimType::kMutability : ScimType::kInvalidValue,
                  fmt::format("'{}' is required and cannot be removed", attribute.path));
  }
  return {};
}

class PatchApplier {
 public:
  PatchApplier(const State& state, const SchemaRegistry& registry, const ResourceType& type,
               const Resource& resource)
      : registry_(registry), attributes_(DecodeDocument(resource.document)) {
    if (type.reference_set) {
      members_.emplace(state, registry, registry.attribute(*type.reference_set), resource.id,
                       work_);
    }
  }

  Result<PatchEffect> Apply(const Patch& patch) {
    for (const PatchOperation& operation : patch.operations) {
      SCIMLEDGER_TRY(ApplyOne(operation));
      SCIMLEDGER_TRY(work_.Check());
    }
    for (auto& [id, elements] : elements_) {
      SCIMLEDGER_TRY_ASSIGN(Value taken, elements.Take());
      attributes_.Set(id, std::move(taken));
      const Value* value = attributes_.Find(id);
      if (value != nullptr) SCIMLEDGER_TRY(CheckRequiredParts(registry_, id, *value));
    }
    PatchEffect effect{std::move(attributes_), {}, {}, 0};
    if (members_) members_->AppendTo(effect);
    SCIMLEDGER_TRY(work_.Check());
    effect.steps = work_.spent();
    return effect;
  }

 private:
  Result<void> ApplyOne(const PatchOperation& operation) {
    work_.Spend(kStepsOfOperation);
    const Attribute& attribute = registry_.attribute(operation.path.attribute);
    if (attribute.role == AttributeRole::kReferenceSet) return members_->Apply(operation);
    if (attribute.multi_valued || attribute.type == AttributeType::kComplex) {
      return ApplyToElements(attribute, operation);
    }
    work_.Spend(StepsToRead(operation.value));
    const Value* stored = attributes_.Find(attribute.id);
    const Value before = stored != nullptr && IsGuarded(attribute) ? *stored : Value();
    Value after = operation.op != PatchOp::kRemove ? operation.value : Value();
    SCIMLEDGER_TRY(CheckWritten(attribute, operation.op, before, after));
    attributes_.Set(attribute.id, std::move(after));
    return {};
  }

  /// All operations on one attribute share its elements, which are put back at the end.
  Result<void> ApplyToElements(const Attribute& attribute, const PatchOperation& operation) {
    auto found = elements_.find(attribute.id);
    if (found == elements_.end()) {
      Value* stored = attributes_.Find(attribute.id);
      Value value = stored == nullptr ? Value() : std::move(*stored);
      found =
          elements_.try_emplace(attribute.id, registry_, attribute, std::move(value), work_).first;
    }
    PatchElements& elements = found->second;
    if (!IsGuarded(attribute)) return elements.Apply(operation);
    const Value before = elements.Copy();
    work_.Spend(2 * StepsToRead(before));
    SCIMLEDGER_TRY(elements.Apply(operation));
    return CheckWritten(attribute, operation.op, before, elements.Copy());
  }

  static bool IsGuarded(const Attribute& attribute) {
    return attribute.required || attribute.mutability == Mutability::kImmutable;
  }

  const SchemaRegistry& registry_;
  WorkBudget work_;
  AttributeMap attributes_;
  std::map<AttributeId, PatchElements> elements_;  ///< taken out of attributes_
  std::optional<PatchMembers> members_;
};

}  // namespace

Result<PatchEffect> ApplyPatch(const State& state, const ResourceType& type,
                               const Resource& resource, const Patch& patch) {
  const RegistryPtr registry = state.registry();
  return PatchApplier(state, *registry, type, resource).Apply(patch);
}

}  // namespace scimledger
