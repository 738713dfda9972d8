#include "engine/value.h"

#include <algorithm>

namespace scimledger {
namespace {

template <typename Entries>
auto LowerBound(Entries& entries, AttributeId id) {
  return std::lower_bound(
      entries.begin(), entries.end(), id,
      [](const AttributeMap::Entry& entry, AttributeId wanted) { return entry.first < wanted; });
}

}  // namespace

const Value* AttributeMap::Find(AttributeId id) const {
  const auto at = LowerBound(entries_, id);
  return at != entries_.end() && at->first == id ? &at->second : nullptr;
}

Value* AttributeMap::Find(AttributeId id) {
  const auto at = LowerBound(entries_, id);
  return at != entries_.end() && at->first == id ? &at->second : nullptr;
}

void AttributeMap::Set(AttributeId id, Value value) {
  if (value.IsUnassigned()) {
    Erase(id);
    return;
  }
  const auto at = LowerBound(entries_, id);
  if (at != entries_.end() && at->first == id) {
    at->second = std::move(value);
  } else {
    entries_.emplace(at, id, std::move(value));
  }
}

bool AttributeMap::Erase(AttributeId id) {
  const auto at = LowerBound(entries_, id);
  if (at == entries_.end() || at->first != id) return false;
  entries_.erase(at);
  return true;
}

void AttributeMap::Reserve(std::size_t count) { entries_.reserve(count); }

bool AttributeMap::empty() const { return entries_.empty(); }
std::size_t AttributeMap::size() const { return entries_.size(); }
std::vector<AttributeMap::Entry>::const_iterator AttributeMap::begin() const {
  return entries_.begin();
}
std::vector<AttributeMap::Entry>::const_iterator AttributeMap::end() const {
  return entries_.end();
}
std::vector<AttributeMap::Entry>::iterator AttributeMap::begin() { return entries_.begin(); }
std::vector<AttributeMap::Entry>::iterator AttributeMap::end() { return entries_.end(); }

bool operator==(const AttributeMap& a, const AttributeMap& b) { return a.entries_ == b.entries_; }

bool Value::IsUnassigned() const {
  if (std::holds_alternative<std::monostate>(variant_)) return true;
  if (const ValueList* list = AsList()) return list->empty();
  if (const AttributeMap* complex = AsComplex()) {
    return std::all_of(complex->begin(), complex->end(),
                       [](const AttributeMap::Entry& part) { return part.second.IsUnassigned(); });
  }
  return false;
}

}  // namespace scimledger
