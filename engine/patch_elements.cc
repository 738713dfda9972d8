#include "engine/patch_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/attribute_reader.h"
#include "engine/evaluator.h"
#include "engine/resource_json.h"
#include "storage/result.h"

namespace scimledger {
namespace {

/// A key made, and looked up or kept.
constexpr std::size_t kStepsToIndex = 4;

bool FitsType(const Attribute& attribute, const Value& value) {
  switch (attribute.type) {
    case AttributeType::kBoolean:
      return value.AsBool() != nullptr;
    case AttributeType::kInteger:
      return value.AsInteger() != nullptr;
    case AttributeType::kDecimal:
      return value.AsInteger() != nullptr || value.AsDecimal() != nullptr;
    case AttributeType::kString:
    case AttributeType::kDateTime:
    case AttributeType::kBinary:
    case AttributeType::kReference:
      return value.AsString() != nullptr;
    case AttributeType::kComplex:
      break;
  }
  return false;
}

/// Collects the parts an element must have to match; false: the filter asks for something else than
/// equalities joined by `and`, so no element can be made from it.
bool CollectEqualities(const SchemaRegistry& registry, const Filter& filter, AttributeMap& parts) {
  if (const auto* both = std::get_if<Filter::And>(&filter.node)) {
    return std::all_of(both->terms.begin(), both->terms.end(), [&](const Filter& term) {
      return CollectEqualities(registry, term, parts);
    });
  }
  const auto* compare = std::get_if<Filter::Compare>(&filter.node);
  if (compare == nullptr || compare->op != CompareOperator::kEq) return false;
  if (!compare->path.sub) return true;
  const Attribute& part = registry.attribute(*compare->path.sub);
  const bool is_writable = part.mutability != Mutability::kReadOnly && !part.multi_valued &&
                           FitsType(part, compare->operand.value);
  if (!is_writable) return false;
  // A whole number that is compared with a decimal: kept as every decimal is.
  const std::int64_t* whole = compare->operand.value.AsInteger();
  const bool is_decimal = part.type == AttributeType::kDecimal && whole != nullptr;
  parts.Set(part.id, is_decimal ? Value(static_cast<double>(*whole)) : compare->operand.value);
  return true;
}

/// What a filter says becomes a value here, so it must be welcome as one.
Result<void> CheckTexts(const SchemaRegistry& registry, const AttributeMap& parts) {
  for (const auto& [id, value] : parts) {
    const Attribute& attribute = registry.attribute(id);
    const std::string* text = value.AsString();
    if (text == nullptr) continue;
    if (const auto wanted = DescribeUnwantedText(registry.settings(), attribute, *text)) {
      return Refuse(ScimType::kInvalidValue, fmt::format("{}: {}", attribute.path, *wanted));
    }
  }
  return {};
}

}  // namespace

PatchElements::PatchElements(const SchemaRegistry& registry, const Attribute& attribute,
                             Value value, WorkBudget& work)
    : registry_(registry),
      attribute_(attribute),
      keys_(registry, attribute),
      value_part_(attribute.parts.value),
      type_part_(attribute.parts.type),
      primary_part_(attribute.parts.primary),
      ref_part_(attribute.parts.ref),
      work_(work) {
  if (ValueList* list = value.AsList()) {
    elements_ = std::move(*list);
  } else if (!value.IsUnassigned()) {
    elements_.push_back(std::move(value));
  }
}

Value PatchElements::Copy() const {
  if (elements_.empty()) return Value();
  if (attribute_.multi_valued) return Value(elements_);
  return elements_.front();
}

Result<Value> PatchElements::Take() {
  if (may_repeat_) SCIMLEDGER_TRY(MergeRepeated());
  if (elements_.empty()) return Value();
  if (attribute_.multi_valued) return Value(std::move(elements_));
  return std::move(elements_.front());
}

Result<void> PatchElements::Apply(const PatchOperation& operation) {
  made_primary_.clear();
  work_.Spend(StepsToRead(operation.value));
  const bool is_on_parts = operation.path.value_filter || operation.path.sub;
  SCIMLEDGER_TRY(is_on_parts ? ApplyToMatches(operation) : ApplyToAll(operation));
  if (elements_.size() > kAttributeValuesMax) {
    return Refuse(ScimType::kInvalidValue, fmt::format("'{}' would have more than {} values",
                                                       attribute_.path, kAttributeValuesMax));
  }
  return SettlePrimary();
}

Result<void> PatchElements::ApplyToAll(const PatchOperation& operation) {
  const bool is_unassigned = operation.value.IsUnassigned();
  if (operation.op == PatchOp::kRemove && !is_unassigned) {
    RemoveListed(operation.value);
    return {};
  }
  const bool is_emptied = is_unassigned || operation.op == PatchOp::kReplace;
  if (is_emptied && (is_unassigned || attribute_.multi_valued)) {
    elements_.clear();
    known_.reset();
  }
  if (is_unassigned) return {};
  if (!attribute_.multi_valued) {
    if (elements_.empty()) return Append(operation.value);
    if (operation.replaces_whole) return Replace(0, operation);
    return Merge(0, *operation.value.AsComplex());
  }
  return AddDistinct(operation.value);
}

PatchElements::Indexes PatchElements::Matching(const std::optional<Filter>& filter) const {
  Indexes matches;
  const std::size_t steps_to_match = filter ? StepsToMatch(*filter) : 1;
  for (std::size_t i = 0; i < elements_.size() && !work_.IsSpent(); ++i) {
    work_.Spend(StepsToRead(elements_[i]) * steps_to_match);
    if (!filter || MatchesElement(registry_, *filter, elements_[i])) matches.push_back(i);
  }
  return matches;
}

Result<void> PatchElements::ApplyToMatches(const PatchOperation& operation) {
  const Indexes matches = Matching(operation.path.value_filter);
  work_.Spend(matches.size() * StepsToRead(operation.value));
  SCIMLEDGER_TRY(work_.Check());
  const bool is_clearing = operation.op == PatchOp::kRemove || operation.value.IsUnassigned();
  if (!matches.empty()) known_.reset();
  if (!matches.empty() && (operation.path.sub || !is_clearing)) ForgetKeys();
  if (is_clearing) return Clear(operation, matches);
  return matches.empty() ? Create(operation) : Write(operation, matches);
}

Result<void> PatchElements::Clear(const PatchOperation& operation, const Indexes& matches) {
  std::vector<bool> is_dropped(elements_.size());
  for (const std::size_t index : matches) {
    if (operation.path.sub) {
      SCIMLEDGER_TRY(SetPart(index, *operation.path.sub, Value(), operation.op));
      is_dropped[index] = IsBare(elements_[index]);
    } else {
      is_dropped[index] = true;
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    if (is_dropped[i]) continue;
    if (kept != i) elements_[kept] = std::move(elements_[i]);
    ++kept;
  }
  elements_.resize(kept);
  return {};
}

Result<void> PatchElements::Write(const PatchOperation& operation, const Indexes& matches) {
  for (const std::size_t index : matches) {
    if (operation.path.sub) {
      SCIMLEDGER_TRY(SetPart(index, *operation.path.sub, operation.value, operation.op));
    } else if (operation.op == PatchOp::kAdd && operation.value.AsComplex() != nullptr) {
      SCIMLEDGER_TRY(Merge(index, *operation.value.AsComplex()));
    } else {
      SCIMLEDGER_TRY(Replace(index, operation));
    }
  }
  return {};
}

/// Entra writes `emails[type eq "work"].value` whether the element exists or not.
Result<void> PatchElements::Create(const PatchOperation& operation) {
  AttributeMap parts;
  const auto& filter = operation.path.value_filter;
  const bool has_room = attribute_.multi_valued || elements_.empty();
  if (!has_room || (filter && !CollectEqualities(registry_, *filter, parts))) {
    return Refuse(ScimType::kNoTarget,
                  fmt::format("'{}' matches no value, and only from equalities joined by 'and' can "
                              "one be made",
                              operation.path_text));
  }
  if (operation.path.sub) {
    parts.Set(*operation.path.sub, operation.value);
  } else if (const AttributeMap* sent = operation.value.AsComplex()) {
    for (const auto& [sub, value] : *sent) parts.Set(sub, value);
  } else {
    return AddDistinct(operation.value);
  }
  SCIMLEDGER_TRY(CheckTexts(registry_, parts));
  return AddDistinct(Value(std::move(parts)));
}

Result<void> PatchElements::IndexElements() {
  if (may_repeat_) return MergeRepeated();
  if (known_) return {};
  known_.emplace();
  for (std::size_t i = 0; i < elements_.size() && !work_.IsSpent(); ++i) {
    work_.Spend(kStepsToIndex + StepsToRead(elements_[i]));
    known_->emplace(keys_.Of(elements_[i]), i);
  }
  return {};
}

/// Elements were written, or lost parts: they may have become the same value.
void PatchElements::ForgetKeys() {
  known_.reset();
  may_repeat_ = attribute_.multi_valued;
}

Result<void> PatchElements::MergeRepeated() {
  may_repeat_ = false;
  known_.emplace();
  Indexes places;  ///< where each element went
  std::size_t kept = 0;
  for (Value& element : elements_) {
    work_.Spend(kStepsToIndex + StepsToRead(element));
    SCIMLEDGER_TRY(work_.Check());
    const auto [place, is_new] = known_->emplace(keys_.Of(element), kept);
    places.push_back(place->second);
    if (!is_new) {
      keys_.Merge(elements_[place->second], element);
      continue;
    }
    if (&elements_[kept] != &element) elements_[kept] = std::move(element);
    ++kept;
  }
  elements_.resize(kept);
  for (std::size_t& index : made_primary_) index = places[index];
  return {};
}

/// What is merged into an element has its key, so the index stays right. Reading `sent` is spent.
Result<void> PatchElements::AddDistinct(const Value& sent) {
  SCIMLEDGER_TRY(IndexElements());
  const ValueList* list = sent.AsList();
  const ValueList single = list == nullptr ? ValueList{sent} : ValueList{};
  for (const Value& element : list == nullptr ? single : *list) {
    work_.Spend(kStepsToIndex);
    SCIMLEDGER_TRY(work_.Check());
    const auto [found, is_new] = known_->emplace(keys_.Of(element), elements_.size());
    if (is_new) {
      SCIMLEDGER_TRY(Append(element));
    } else if (const AttributeMap* parts = element.AsComplex()) {
      SCIMLEDGER_TRY(Merge(found->second, *parts));
    }
  }
  return {};
}

/// An element goes when its value was listed, unless both sides say of which type it is and differ.
void PatchElements::RemoveListed(const Value& sent) {
  std::unordered_set<std::string> whole, values, untyped_values;
  const auto collect = [&](const Value& element) {
    whole.insert(keys_.Of(element));
    const AttributeMap* parts = element.AsComplex();
    const Value* value = parts != nullptr && value_part_ ? parts->Find(*value_part_) : nullptr;
    if (value == nullptr) return;
    const std::string key = keys_.OfSimple(*value_part_, *value);
    values.insert(key);
    if (!type_part_ || parts->Find(*type_part_) == nullptr) untyped_values.insert(key);
  };
  if (const ValueList* list = sent.AsList()) {
    std::for_each(list->begin(), list->end(), collect);
  } else {
    collect(sent);
  }
  known_.reset();
  std::erase_if(elements_, [&](const Value& element) {
    if (work_.IsSpent()) return false;
    work_.Spend(kStepsToIndex + StepsToRead(element));
    if (whole.contains(keys_.Of(element))) return true;
    const AttributeMap* parts = element.AsComplex();
    const Value* value = parts != nullptr && value_part_ ? parts->Find(*value_part_) : nullptr;
    if (value == nullptr) return false;
    const bool has_type = type_part_ && parts->Find(*type_part_) != nullptr;
    return (has_type ? untyped_values : values).contains(keys_.OfSimple(*value_part_, *value));
  });
}

Result<void> PatchElements::Merge(std::size_t index, const AttributeMap& parts) {
  // `value` first: a new one drops the old `$ref`, a `$ref` sent along comes after it.
  const Value* value = value_part_ ? parts.Find(*value_part_) : nullptr;
  if (value != nullptr) SCIMLEDGER_TRY(SetPart(index, *value_part_, *value, PatchOp::kAdd));
  for (const auto& [sub, part] : parts) {
    if (&part != value) SCIMLEDGER_TRY(SetPart(index, sub, part, PatchOp::kAdd));
  }
  return {};
}

/// The new element keeps what the filter chose it by, where the value says nothing else of it.
Result<void> PatchElements::Replace(std::size_t index, const PatchOperation& operation) {
  const AttributeMap* sent = operation.value.AsComplex();
  if (sent == nullptr) {
    elements_[index] = operation.value;
    return {};
  }
  AttributeMap parts;
  const auto& filter = operation.path.value_filter;
  if (filter && !CollectEqualities(registry_, *filter, parts)) parts = AttributeMap();
  for (const auto& [sub, value] : *sent) parts.Set(sub, value);
  for (const auto& [sub, before] : *elements_[index].AsComplex()) {
    const Value* after = parts.Find(sub);
    const bool changes = after == nullptr || *after != before;
    if (changes && registry_.attribute(sub).mutability == Mutability::kImmutable) {
      return Refuse(ScimType::kMutability,
                    fmt::format("'{}' is immutable", registry_.attribute(sub).path));
    }
  }
  elements_[index] = Value(std::move(parts));
  NotePrimary(index);
  return {};
}

Result<void> PatchElements::SetPart(std::size_t index, AttributeId sub, Value value, PatchOp op) {
  AttributeMap& parts = *elements_[index].AsComplex();
  const Attribute& attribute = registry_.attribute(sub);
  const Value* before = parts.Find(sub);
  if (attribute.multi_valued && op == PatchOp::kAdd && before != nullptr && value.AsList()) {
    work_.Spend(StepsToRead(*before));
    SCIMLEDGER_TRY(work_.Check());
    PatchElements values(registry_, attribute, *before, work_);
    SCIMLEDGER_TRY(values.AddDistinct(value));
    SCIMLEDGER_TRY_ASSIGN(value, values.Take());
  }
  const bool is_changed = before == nullptr ? !value.IsUnassigned() : *before != value;
  if (before != nullptr && is_changed) {
    if (attribute.mutability == Mutability::kImmutable) {
      return Refuse(ScimType::kMutability, fmt::format("'{}' is immutable", attribute.path));
    }
    if (attribute.required && value.IsUnassigned()) {
      return Refuse(op == PatchOp::kRemove ? ScimType::kMutability : ScimType::kInvalidValue,
                    fmt::format("'{}' is required and cannot be removed", attribute.path));
    }
  }
  if (is_changed) {
    parts.Set(sub, std::move(value));
    // A reference that goes with another value would point to the wrong resource.
    if (sub == value_part_ && ref_part_ && before != nullptr) parts.Erase(*ref_part_);
  }
  if (sub == primary_part_) NotePrimary(index);
  return {};
}

Result<void> PatchElements::Append(Value element) {
  elements_.push_back(std::move(element));
  NotePrimary(elements_.size() - 1);
  return {};
}

void PatchElements::NotePrimary(std::size_t index) {
  const AttributeMap* parts = elements_[index].AsComplex();
  const Value* primary = parts != nullptr && primary_part_ ? parts->Find(*primary_part_) : nullptr;
  const bool* is_primary = primary == nullptr ? nullptr : primary->AsBool();
  if (is_primary == nullptr || !*is_primary) return;
  made_primary_.push_back(index);
}

/// RFC 7644 §3.5.2: setting primary on one value sets it to false on all others.
Result<void> PatchElements::SettlePrimary() {
  if (made_primary_.empty() || !attribute_.multi_valued) return {};
  const auto are_several = [this] {
    return std::any_of(made_primary_.begin(), made_primary_.end(),
                       [this](std::size_t index) { return index != made_primary_.front(); });
  };
  if (may_repeat_ && are_several()) SCIMLEDGER_TRY(MergeRepeated());
  if (are_several()) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("'{}' can have one primary value only", attribute_.path));
  }
  work_.Spend(elements_.size());
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    AttributeMap* parts = elements_[i].AsComplex();
    Value* primary = parts != nullptr ? parts->Find(*primary_part_) : nullptr;
    if (i == made_primary_.front() || primary == nullptr) continue;
    *primary = Value(false);
    // Elements without a value part are known by all of their parts.
    ForgetKeys();
  }
  return {};
}

/// Type and primary describe a value; without one they say nothing.
bool PatchElements::IsBare(const Value& element) const {
  const AttributeMap& parts = *element.AsComplex();
  if (parts.empty()) return true;
  return attribute_.multi_valued && std::all_of(parts.begin(), parts.end(), [&](const auto& entry) {
           return entry.first == type_part_ || entry.first == primary_part_;
         });
}

}  // namespace scimledger
