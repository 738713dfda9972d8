#include "engine/supplied_attributes.h"

#include <algorithm>
#include <utility>

namespace scimledger {
namespace {

class Collector {
 public:
  explicit Collector(const SchemaRegistry& registry) : registry_(registry) {}

  void Note(AttributeId id) {
    if (registry_.attribute(id).returned != Returned::kRequest) return;
    if (std::find(found_.begin(), found_.end(), id) == found_.end()) found_.push_back(id);
  }
  void NoteParts(const Value& value) {
    if (const AttributeMap* parts = value.AsComplex()) {
      for (const auto& [id, part] : *parts) Note(id);
    } else if (const ValueList* list = value.AsList()) {
      for (const Value& element : *list) NoteParts(element);
    }
  }
  std::vector<AttributeId> Take() { return std::move(found_); }

 private:
  const SchemaRegistry& registry_;
  std::vector<AttributeId> found_;
};

}  // namespace

std::vector<AttributeId> SuppliedOnRequest(const SchemaRegistry& registry, const ResourceType& type,
                                           const ResourceDraft& draft) {
  Collector collector(registry);
  for (const auto& [id, value] : draft.attributes) {
    collector.Note(id);
    collector.NoteParts(value);
  }
  if (type.reference_set && draft.members) collector.Note(*type.reference_set);
  return collector.Take();
}

std::vector<AttributeId> SuppliedOnRequest(const SchemaRegistry& registry, const Patch& patch) {
  Collector collector(registry);
  for (const PatchOperation& operation : patch.operations) {
    collector.Note(operation.path.attribute);
    if (operation.path.sub) collector.Note(*operation.path.sub);
    collector.NoteParts(operation.value);
  }
  return collector.Take();
}

}  // namespace scimledger
