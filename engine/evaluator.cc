#include "engine/evaluator.h"

#include <cmath>
#include <compare>
#include <variant>

#include "engine/document.h"
#include "engine/text.h"
#include "engine/unique_keys.h"

namespace scimledger {
namespace {

/// Exact also where an int64 has no double of its own.
std::partial_ordering CompareNumbers(std::int64_t integer, double decimal) {
  if (std::isnan(decimal)) return std::partial_ordering::unordered;
  if (decimal >= 0x1p63) return std::partial_ordering::less;
  if (decimal < -0x1p63) return std::partial_ordering::greater;
  const double whole = std::trunc(decimal);
  const auto truncated = static_cast<std::int64_t>(whole);
  if (integer != truncated) return integer <=> truncated;
  return 0.0 <=> (decimal - whole);
}

std::partial_ordering CompareNumbers(const Value& left, const Value& right) {
  const std::int64_t* left_integer = left.AsInteger();
  const std::int64_t* right_integer = right.AsInteger();
  const double* left_decimal = left.AsDecimal();
  const double* right_decimal = right.AsDecimal();
  if (left_integer != nullptr && right_integer != nullptr) return *left_integer <=> *right_integer;
  if (left_decimal != nullptr && right_decimal != nullptr) return *left_decimal <=> *right_decimal;
  if (left_integer != nullptr && right_decimal != nullptr) {
    return CompareNumbers(*left_integer, *right_decimal);
  }
  if (left_decimal != nullptr && right_integer != nullptr) {
    const auto reversed = CompareNumbers(*right_integer, *left_decimal);
    return 0 <=> reversed;
  }
  return std::partial_ordering::unordered;
}

bool Holds(CompareOperator op, std::partial_ordering order) {
  switch (op) {
    case CompareOperator::kEq:
    case CompareOperator::kNe:
      return order == 0;
    case CompareOperator::kGt:
      return order > 0;
    case CompareOperator::kGe:
      return order >= 0;
    case CompareOperator::kLt:
      return order < 0;
    case CompareOperator::kLe:
      return order <= 0;
    case CompareOperator::kCo:
    case CompareOperator::kSw:
    case CompareOperator::kEw:
      break;
  }
  return false;
}

bool HoldsForText(CompareOperator op, std::string_view text, std::string_view operand) {
  switch (op) {
    case CompareOperator::kCo:
      return text.find(operand) != std::string_view::npos;
    case CompareOperator::kSw:
      return text.starts_with(operand);
    case CompareOperator::kEw:
      return text.ends_with(operand);
    case CompareOperator::kEq:
    case CompareOperator::kNe:
    case CompareOperator::kGt:
    case CompareOperator::kGe:
    case CompareOperator::kLt:
    case CompareOperator::kLe:
      return Holds(op, text <=> operand);
  }
  return false;
}

/// One simple value against one operand. `ne` tests equality: whoever asks negates the whole.
bool HoldsForValue(const Attribute& attribute, const Filter::Compare& compare, const Value& value) {
  switch (attribute.type) {
    case AttributeType::kBoolean: {
      const bool* boolean = value.AsBool();
      const bool* operand = compare.operand.value.AsBool();
      return boolean != nullptr && operand != nullptr && *boolean == *operand;
    }
    case AttributeType::kInteger:
    case AttributeType::kDecimal:
      return Holds(compare.op, CompareNumbers(value, compare.operand.value));
    case AttributeType::kDateTime: {
      const std::string* text = value.AsString();
      const auto instant_us = text == nullptr ? std::nullopt : ParseDateTime(*text);
      return instant_us && Holds(compare.op, *instant_us <=> compare.operand.instant_us);
    }
    case AttributeType::kString:
    case AttributeType::kReference:
    case AttributeType::kBinary: {
      const std::string* text = value.AsString();
      return text != nullptr &&
             HoldsForText(compare.op, ComparisonKey(attribute, *text), compare.operand.folded);
    }
    case AttributeType::kComplex:
      break;
  }
  return false;
}

using ValueTest = std::function<bool(const Value&)>;

/// Lists are looked into: an attribute with several values passes if one of them does.
bool AnyOf(const Value& value, const ValueTest& test) {
  if (const ValueList* list = value.AsList()) {
    for (const Value& element : *list) {
      if (AnyOf(element, test)) return true;
    }
    return false;
  }
  return !value.IsUnassigned() && test(value);
}

bool HasAny(const Value& value) {
  return AnyOf(value, [](const Value&) { return true; });
}

bool HasPart(const AttributeMap& parts, AttributeId sub) {
  const Value* part = parts.Find(sub);
  return part != nullptr && HasAny(*part);
}

bool HasPart(DocumentCursor parts, AttributeId sub) {
  while (parts.Next()) {
    if (parts.id() == sub) return HasAny(parts.value());
  }
  return false;
}

/// Where a filter's paths lead: every value behind a path is put to the test until one passes.
class Scope {
 public:
  explicit Scope(const SchemaRegistry& registry) : registry_(registry) {}
  virtual ~Scope() = default;
  /// A value of several that does not say whether it is primary is not: RFC 7643 §2.4.
  virtual bool AnyValue(const AttributePath& path, const ValueTest& test) const = 0;
  virtual bool HasValue(const AttributePath& path) const = 0;
  virtual bool AnyElement(const Filter::ValuePath& path) const = 0;

 protected:
  bool AnyPart(const AttributeMap& parts, const AttributePath& path, const ValueTest& test) const {
    if (!path.sub) return false;
    if (const Value* part = parts.Find(*path.sub)) return AnyOf(*part, test);
    return HoldsWithoutPart(path, test);
  }
  bool AnyPart(DocumentCursor parts, const AttributePath& path, const ValueTest& test) const {
    if (!path.sub) return false;
    while (parts.Next()) {
      if (parts.id() == *path.sub) return AnyOf(parts.value(), test);
    }
    return HoldsWithoutPart(path, test);
  }
  bool HoldsWithoutPart(const AttributePath& path, const ValueTest& test) const {
    const Attribute& whole = registry_.attribute(path.attribute);
    return whole.multi_valued && whole.parts.primary == path.sub && test(Value(false));
  }

  const SchemaRegistry& registry_;
};

class Evaluator {
 public:
  Evaluator(const SchemaRegistry& registry, const Scope& scope)
      : registry_(registry), scope_(scope) {}

  bool Evaluate(const Filter& filter) const {
    return std::visit([this](const auto& node) { return EvaluateNode(node); }, filter.node);
  }

 private:
  bool EvaluateNode(const Filter::Compare& node) const {
    const Attribute& attribute = registry_.attribute(node.path.sub.value_or(node.path.attribute));
    const bool holds = scope_.AnyValue(
        node.path, [&](const Value& value) { return HoldsForValue(attribute, node, value); });
    return node.op == CompareOperator::kNe ? !holds : holds;
  }
  bool EvaluateNode(const Filter::Present& node) const { return scope_.HasValue(node.path); }
  bool EvaluateNode(const Filter::ValuePath& node) const { return scope_.AnyElement(node); }
  bool EvaluateNode(const Filter::And& node) const {
    for (const Filter& term : node.terms) {
      if (!Evaluate(term)) return false;
    }
    return true;
  }
  bool EvaluateNode(const Filter::Or& node) const {
    for (const Filter& term : node.terms) {
      if (Evaluate(term)) return true;
    }
    return false;
  }
  bool EvaluateNode(const Filter::Not& node) const { return !Evaluate(*node.term); }

  const SchemaRegistry& registry_;
  const Scope& scope_;
};

/// One element: complex by its parts, or simple and standing for its own `value`.
class ElementScope : public Scope {
 public:
  ElementScope(const SchemaRegistry& registry, const AttributeMap& parts)
      : Scope(registry), parts_(&parts) {}
  ElementScope(const SchemaRegistry& registry, const Value& element)
      : Scope(registry), parts_(element.AsComplex()), simple_(&element) {}

  bool AnyValue(const AttributePath& path, const ValueTest& test) const override {
    if (parts_ != nullptr) return AnyPart(*parts_, path, test);
    return simple_ != nullptr && AnyOf(*simple_, test);
  }
  bool HasValue(const AttributePath& path) const override {
    if (parts_ != nullptr) return path.sub && HasPart(*parts_, *path.sub);
    return simple_ != nullptr && !simple_->IsUnassigned();
  }
  bool AnyElement(const Filter::ValuePath&) const override { return false; }

 private:
  const AttributeMap* parts_ = nullptr;
  const Value* simple_ = nullptr;
};

/// One complex element where it lies in the document.
class EncodedElementScope : public Scope {
 public:
  EncodedElementScope(const SchemaRegistry& registry, const DocumentCursor& parts)
      : Scope(registry), parts_(parts) {}

  bool AnyValue(const AttributePath& path, const ValueTest& test) const override {
    return AnyPart(parts_, path, test);
  }
  bool HasValue(const AttributePath& path) const override {
    return path.sub && HasPart(parts_, *path.sub);
  }
  bool AnyElement(const Filter::ValuePath&) const override { return false; }

 private:
  const DocumentCursor parts_;
};

class ResourceScope : public Scope {
 public:
  ResourceScope(const SchemaRegistry& registry, const ResourceReader& resource)
      : Scope(registry), resource_(resource) {}

  bool AnyValue(const AttributePath& path, const ValueTest& test) const override {
    if (path.sub) {
      return AnyParts(path.attribute,
                      [&](const auto& parts) { return AnyPart(parts, path, test); });
    }
    if (IsVisited(path.attribute)) return false;
    const auto value = resource_.Get(path.attribute);
    return value && AnyOf(*value, test);
  }

  bool HasValue(const AttributePath& path) const override {
    if (path.sub) {
      return AnyParts(path.attribute, [&](const auto& parts) { return HasPart(parts, *path.sub); });
    }
    if (IsVisited(path.attribute)) {
      return resource_.AnyElement(path.attribute, [](const AttributeMap&) { return true; });
    }
    return AnyValue(path, [](const Value&) { return true; });
  }

  bool AnyElement(const Filter::ValuePath& path) const override {
    if (IsVisited(path.attribute)) {
      return resource_.AnyElement(path.attribute, [&](const AttributeMap& parts) {
        return Evaluator(registry_, ElementScope(registry_, parts)).Evaluate(*path.inner);
      });
    }
    const auto found = AnyEncodedParts(path.attribute, [&](const DocumentCursor& parts) {
      return Evaluator(registry_, EncodedElementScope(registry_, parts)).Evaluate(*path.inner);
    });
    if (found) return *found;
    const auto value = resource_.Get(path.attribute);
    return value && AnyOf(*value, [&](const Value& element) {
             return Evaluator(registry_, ElementScope(registry_, element)).Evaluate(*path.inner);
           });
  }

 private:
  /// Whether one complex value of the attribute passes. nullopt: not to be told from its bytes.
  template <typename Test>
  std::optional<bool> AnyEncodedParts(AttributeId attribute, const Test& test) const {
    const auto encoded = resource_.GetEncoded(attribute);
    if (!encoded) return std::nullopt;
    // As AnyOf: what has no part at all is no value.
    const auto holds = [&](const DocumentCursor& parts) {
      return DocumentCursor(parts).Next() && test(parts);
    };
    const EncodedValue value = ReadEncoded(*encoded);
    if (const auto* parts = std::get_if<DocumentCursor>(&value)) return holds(*parts);
    const auto* list = std::get_if<ElementCursor>(&value);
    if (list == nullptr) return std::nullopt;
    for (ElementCursor elements = *list; elements.Next();) {
      const EncodedValue element = ReadEncoded(elements.encoded());
      const auto* parts = std::get_if<DocumentCursor>(&element);
      if (parts == nullptr) return std::nullopt;
      if (holds(*parts)) return true;
    }
    return false;
  }

  /// Whether one complex value of the attribute passes.
  template <typename Test>
  bool AnyParts(AttributeId attribute, const Test& test) const {
    if (IsVisited(attribute)) return resource_.AnyElement(attribute, test);
    if (const auto found = AnyEncodedParts(attribute, test)) return *found;
    const auto value = resource_.Get(attribute);
    return value && AnyOf(*value, [&](const Value& element) {
             const AttributeMap* parts = element.AsComplex();
             return parts != nullptr && test(*parts);
           });
  }

  bool IsVisited(AttributeId id) const {
    const AttributeRole role = registry_.attribute(id).role;
    return role == AttributeRole::kReferenceSet || role == AttributeRole::kMemberships;
  }

  const ResourceReader& resource_;
};

}  // namespace

bool Matches(const SchemaRegistry& registry, const Filter& filter, const ResourceReader& resource) {
  return Evaluator(registry, ResourceScope(registry, resource)).Evaluate(filter);
}

bool MatchesElement(const SchemaRegistry& registry, const Filter& filter, const Value& element) {
  return Evaluator(registry, ElementScope(registry, element)).Evaluate(filter);
}

}  // namespace scimledger
