#include "engine/resource_references.h"

#include <utility>

#include "engine/schema_roles.h"
#include "engine/text.h"
#include "engine/unique_keys.h"

namespace scimledger {
namespace {

bool NamesResource(const SchemaRegistry& registry, const Attribute& attribute) {
  if (ReferencesResources(attribute)) return true;
  if (!attribute.parent || !EqualsIgnoreAsciiCase(attribute.name, "value")) return false;
  const auto ref = registry.FindSubAttribute(*attribute.parent, "$ref");
  return ref && ReferencesResources(registry.attribute(*ref));
}

class ReferenceWalk {
 public:
  ReferenceWalk(const SchemaRegistry& registry, const ReferenceVisitor& visit)
      : registry_(registry), visit_(visit) {}

  Result<void> Walk(const Attribute& attribute, Value& value) const {
    if (ValueList* list = value.AsList()) {
      for (Value& element : *list) SCIMLEDGER_TRY(Walk(attribute, element));
      return {};
    }
    if (AttributeMap* parts = value.AsComplex()) {
      for (auto& [id, part] : *parts) SCIMLEDGER_TRY(Walk(registry_.attribute(id), part));
      return {};
    }
    const std::string* text = value.AsString();
    if (text == nullptr || !NamesResource(registry_, attribute)) return {};
    std::string changed = *text;
    SCIMLEDGER_TRY(visit_(changed));
    if (changed != *text) value = Value(std::move(changed));
    return {};
  }

  Result<void> Walk(Filter& filter) const {
    return std::visit([this](auto& node) { return WalkNode(node); }, filter.node);
  }

 private:
  Result<void> WalkNode(Filter::Compare& compare) const {
    const Attribute& leaf = registry_.attribute(compare.path.sub.value_or(compare.path.attribute));
    SCIMLEDGER_TRY(Walk(leaf, compare.operand.value));
    const std::string* text = compare.operand.value.AsString();
    if (text != nullptr && NamesResource(registry_, leaf)) {
      compare.operand.folded = ComparisonKey(leaf, *text);
    }
    return {};
  }
  Result<void> WalkNode(Filter::Present& /*node*/) const { return {}; }
  Result<void> WalkNode(Filter::ValuePath& node) const { return Walk(*node.inner); }
  Result<void> WalkNode(Filter::Not& node) const { return Walk(*node.term); }
  Result<void> WalkNode(Filter::And& node) const { return WalkTerms(node.terms); }
  Result<void> WalkNode(Filter::Or& node) const { return WalkTerms(node.terms); }
  Result<void> WalkTerms(std::vector<Filter>& terms) const {
    for (Filter& term : terms) SCIMLEDGER_TRY(Walk(term));
    return {};
  }

  const SchemaRegistry& registry_;
  const ReferenceVisitor& visit_;
};

}  // namespace

Result<void> VisitReferences(const SchemaRegistry& registry, ResourceDraft& draft,
                             const ReferenceVisitor& visit) {
  const ReferenceWalk walk(registry, visit);
  for (auto& [id, value] : draft.attributes) {
    SCIMLEDGER_TRY(walk.Walk(registry.attribute(id), value));
  }
  if (!draft.members) return {};
  for (std::string& member : *draft.members) SCIMLEDGER_TRY(visit(member));
  return {};
}

Result<void> VisitReferences(const SchemaRegistry& registry, Patch& patch,
                             const ReferenceVisitor& visit) {
  const ReferenceWalk walk(registry, visit);
  for (PatchOperation& operation : patch.operations) {
    PatchPath& path = operation.path;
    if (path.value_filter) SCIMLEDGER_TRY(walk.Walk(*path.value_filter));
    SCIMLEDGER_TRY(
        walk.Walk(registry.attribute(path.sub.value_or(path.attribute)), operation.value));
    if (!operation.members) continue;
    for (std::string& member : *operation.members) SCIMLEDGER_TRY(visit(member));
  }
  return {};
}

}  // namespace scimledger
