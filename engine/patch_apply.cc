#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "engine/document.h"
#include "engine/patch.h"
#include "engine/patch_elements.h"
#include "engine/patch_members.h"
#include "engine/resource_json.h"
#include "engine/state.h"
#include "storage/result.h"

namespace scimledger {
namespace {

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
      members_.emplace(state, registry, registry.attribute(*type.reference_set), resource.id);
    }
  }

  Result<PatchEffect> Apply(const Patch& patch) {
    for (std::size_t i = 0; i < patch.operations.size(); ++i) {
      if (auto applied = ApplyOne(patch.operations[i]); !applied) {
        return std::unexpected(std::move(applied).error());
      }
    }
    for (const AttributeId id : touched_) {
      const Value* value = attributes_.Find(id);
      if (value != nullptr) SCIMLEDGER_TRY(CheckRequiredParts(registry_, id, *value));
    }
    PatchEffect effect{std::move(attributes_), {}, {}};
    if (members_) members_->AppendTo(effect);
    return effect;
  }

 private:
  Result<void> ApplyOne(const PatchOperation& operation) {
    const Attribute& attribute = registry_.attribute(operation.path.attribute);
    if (attribute.role == AttributeRole::kReferenceSet) return members_->Apply(operation);
    Value* stored = attributes_.Find(attribute.id);
    const bool is_guarded = attribute.required || attribute.mutability == Mutability::kImmutable;
    const Value before = is_guarded && stored != nullptr ? *stored : Value();
    Value after;
    if (attribute.multi_valued || attribute.type == AttributeType::kComplex) {
      PatchElements elements(registry_, attribute,
                             stored == nullptr ? Value() : std::move(*stored));
      SCIMLEDGER_TRY(elements.Apply(operation));
      after = elements.Take();
      touched_.insert(attribute.id);
    } else if (operation.op != PatchOp::kRemove) {
      after = operation.value;
    }
    if (is_guarded) SCIMLEDGER_TRY(CheckWritten(attribute, operation.op, before, after));
    attributes_.Set(attribute.id, std::move(after));
    return {};
  }

  const SchemaRegistry& registry_;
  AttributeMap attributes_;
  std::set<AttributeId> touched_;  ///< those that may have lost a required part
  std::optional<PatchMembers> members_;
};

}  // namespace

Result<PatchEffect> ApplyPatch(const State& state, const ResourceType& type,
                               const Resource& resource, const Patch& patch) {
  const RegistryPtr registry = state.registry();
  return PatchApplier(state, *registry, type, resource).Apply(patch);
}

}  // namespace scimledger
