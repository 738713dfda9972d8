#include "engine/decide_diff.h"

namespace scimledger {
namespace {

/// Visits the ids of both maps in order, each once, with the values they have.
template <typename Visit>
void ForEachPair(const AttributeMap& before, const AttributeMap& after, Visit visit) {
  auto old_entry = before.begin();
  auto new_entry = after.begin();
  while (old_entry != before.end() || new_entry != after.end()) {
    if (new_entry == after.end() ||
        (old_entry != before.end() && old_entry->first < new_entry->first)) {
      visit(old_entry->first, &old_entry->second, nullptr);
      ++old_entry;
    } else if (old_entry == before.end() || new_entry->first < old_entry->first) {
      visit(new_entry->first, nullptr, &new_entry->second);
      ++new_entry;
    } else {
      visit(old_entry->first, &old_entry->second, &new_entry->second);
      ++old_entry;
      ++new_entry;
    }
  }
}

const AttributeMap& PartsOf(const Value* value) {
  static const AttributeMap kNone;
  const AttributeMap* parts = value != nullptr ? value->AsComplex() : nullptr;
  return parts != nullptr ? *parts : kNone;
}

class DiffWriter {
 public:
  DiffWriter(const SchemaRegistry& registry, std::vector<AttributeChange>& changes)
      : registry_(registry), changes_(changes) {}

  void Compare(const AttributeMap& before, const AttributeMap& after) {
    ForEachPair(before, after,
                [this](AttributeId id, const Value* old_value, const Value* new_value) {
                  const Attribute& attribute = registry_.attribute(id);
                  if (attribute.type == AttributeType::kComplex && !attribute.multi_valued) {
                    return Compare(PartsOf(old_value), PartsOf(new_value));
                  }
                  AppendUnlessEqual(id, old_value, new_value);
                });
  }

 private:
  void AppendUnlessEqual(AttributeId id, const Value* before, const Value* after) {
    if (before != nullptr && after != nullptr && *before == *after) return;
    AttributeChange& change = changes_.emplace_back();
    change.attribute = id;
    if (before != nullptr) change.before = *before;
    if (after != nullptr) change.after = *after;
  }

  const SchemaRegistry& registry_;
  std::vector<AttributeChange>& changes_;
};

}  // namespace

std::vector<AttributeChange> Diff(const SchemaRegistry& registry, const AttributeMap& before,
                                  const AttributeMap& after) {
  std::vector<AttributeChange> changes;
  DiffWriter(registry, changes).Compare(before, after);
  return changes;
}

}  // namespace scimledger
