#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "engine/filter.h"
#include "engine/text.h"
#include "engine/unique_keys.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using Literal = FilterSyntax::Literal;

template <typename... Args>
std::unexpected<ScimError> RefuseFilter(fmt::format_string<Args...> format, Args&&... args) {
  return Refuse(ScimType::kInvalidFilter,
                "filter: " + fmt::format(format, std::forward<Args>(args)...));
}

Filter NegationOf(Filter filter) {
  return {Filter::Not{std::make_unique<Filter>(std::move(filter))}};
}

Filter Never() { return {Filter::Or{}}; }

bool IsOrdering(CompareOperator op) {
  return op == CompareOperator::kGt || op == CompareOperator::kGe || op == CompareOperator::kLt ||
         op == CompareOperator::kLe;
}
bool IsSubstring(CompareOperator op) {
  return op == CompareOperator::kCo || op == CompareOperator::kSw || op == CompareOperator::kEw;
}

bool IsOrdered(AttributeType type) {
  return type != AttributeType::kBoolean && type != AttributeType::kBinary;
}
bool IsText(AttributeType type) {
  return type == AttributeType::kString || type == AttributeType::kReference;
}

/// RFC 7644 table 3, per data type.
Result<void> CheckOperator(const Attribute& attribute, CompareOperator op) {
  if (IsOrdering(op) && !IsOrdered(attribute.type)) {
    return RefuseFilter("'{}' is {} and has no order; use eq or ne, not {}", attribute.path,
                        ToString(attribute.type), ToString(op));
  }
  if (IsSubstring(op) && !IsText(attribute.type)) {
    return RefuseFilter("'{}' is {} and not text, so {} cannot be used on it", attribute.path,
                        ToString(attribute.type), ToString(op));
  }
  return {};
}

std::unexpected<ScimError> RefuseOperand(const Attribute& attribute, std::string_view expected) {
  return RefuseFilter("'{}' compares with {}", attribute.path, expected);
}

Result<Operand> BindBoolean(const Attribute& attribute, const Literal& literal) {
  if (const bool* value = std::get_if<bool>(&literal)) return Operand{Value(*value), {}, 0};
  if (const auto* text = std::get_if<std::string>(&literal)) {
    if (EqualsIgnoreAsciiCase(*text, "true")) return Operand{Value(true), {}, 0};
    if (EqualsIgnoreAsciiCase(*text, "false")) return Operand{Value(false), {}, 0};
  }
  return RefuseOperand(attribute, "true or false");
}

template <typename Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Operand> BindNumber(const Attribute& attribute, const Literal& literal) {
  if (const auto* integer = std::get_if<std::int64_t>(&literal)) {
    return Operand{Value(*integer), {}, 0};
  }
  if (const auto* decimal = std::get_if<double>(&literal)) return Operand{Value(*decimal), {}, 0};
  if (const auto* text = std::get_if<std::string>(&literal)) {
    if (const auto integer = ReadNumber<std::int64_t>(*text)) {
      return Operand{Value(*integer), {}, 0};
    }
    const bool may_be_decimal = text->find_first_not_of("0123456789+-.eE") == std::string::npos;
    const auto decimal = may_be_decimal ? ReadNumber<double>(*text) : std::nullopt;
    if (decimal) return Operand{Value(*decimal), {}, 0};
  }
  return RefuseOperand(attribute, "a number");
}

Result<Operand> BindText(const Attribute& attribute, const Literal& literal) {
  const auto* text = std::get_if<std::string>(&literal);
  if (text == nullptr) return RefuseOperand(attribute, "a string in double quotes");
  return Operand{Value(*text), ComparisonKey(attribute, *text), 0};
}

Result<Operand> BindDateTime(const Attribute& attribute, const Literal& literal) {
  const auto* text = std::get_if<std::string>(&literal);
  const auto instant_us = text == nullptr ? std::nullopt : ParseDateTime(*text);
  if (!instant_us) {
    return RefuseOperand(attribute, "a dateTime such as \"2026-11-23T10:00:00Z\"");
  }
  return Operand{Value(*text), ComparisonKey(attribute, *text), *instant_us};
}

Result<Operand> BindOperand(const Attribute& attribute, const Literal& literal) {
  switch (attribute.type) {
    case AttributeType::kBoolean:
      return BindBoolean(attribute, literal);
    case AttributeType::kInteger:
    case AttributeType::kDecimal:
      return BindNumber(attribute, literal);
    case AttributeType::kDateTime:
      return BindDateTime(attribute, literal);
    case AttributeType::kString:
    case AttributeType::kReference:
    case AttributeType::kBinary:
      return BindText(attribute, literal);
    case AttributeType::kComplex:
      break;
  }
  return RefuseFilter("'{}' is complex; name one of its sub-attributes", attribute.path);
}

/// Binds over one of two scopes: a whole resource, or one element of an attribute.
class FilterBinder {
 public:
  /// What an attribute means that the type does not have.
  enum class Foreign : std::uint8_t { kUnknown, kHasNoValue };

  FilterBinder(const SchemaRegistry& registry, const ResourceType& type, Foreign foreign)
      : registry_(registry), type_(&type), foreign_(foreign) {}
  FilterBinder(const SchemaRegistry& registry, AttributeId element)
      : registry_(registry), element_(element) {}

  Result<Filter> Bind(const FilterSyntax& syntax) {
    return std::visit([this](const auto& node) { return BindNode(node); }, syntax.node);
  }

 private:
  Result<AttributePath> Resolve(std::string_view text) const {
    const auto path = type_ != nullptr ? ResolvePath(registry_, *type_, text) : ResolvePart(text);
    if (!path) return RefuseUnknown(text);
    SCIMLEDGER_TRY(CheckReturned(path->attribute));
    if (path->sub) SCIMLEDGER_TRY(CheckReturned(*path->sub));
    return *path;
  }

  std::optional<AttributePath> ResolvePart(std::string_view name) const {
    if (registry_.attribute(element_).type != AttributeType::kComplex) {
      if (!EqualsIgnoreAsciiCase(name, "value")) return std::nullopt;
      return AttributePath{element_, std::nullopt};
    }
    const auto sub = registry_.FindSubAttribute(element_, name);
    if (!sub) return std::nullopt;
    return AttributePath{element_, sub};
  }

  /// Whether only other types have it.
  bool IsForeign(std::string_view text) const {
    if (foreign_ == Foreign::kUnknown || Names(*type_, text)) return false;
    const auto types = registry_.resource_types();
    return std::any_of(types.begin(), types.end(),
                       [&](const ResourceType& type) { return Names(type, text); });
  }
  bool Names(const ResourceType& type, std::string_view text) const {
    return ResolvePath(registry_, type, text) || ResolveSchemaPath(registry_, type, text);
  }

  std::unexpected<ScimError> RefuseUnknown(std::string_view text) const {
    if (type_ != nullptr) return RefuseFilter("{}", DescribeUnknownPath(*type_, text));
    return RefuseFilter("'{}' has no sub-attribute '{}'", registry_.attribute(element_).path, text);
  }

  /// A filter would answer questions about a value that is never shown.
  Result<void> CheckReturned(AttributeId id) const {
    const Attribute& attribute = registry_.attribute(id);
    if (attribute.returned != Returned::kNever) return {};
    return RefuseFilter("'{}' is never returned and cannot be filtered on", attribute.path);
  }

  const Attribute& Target(const AttributePath& path) const {
    return registry_.attribute(path.sub.value_or(path.attribute));
  }

  /// RFC 7644 §3.4.2.2: `emails co "x"` means `emails.value co "x"`.
  Result<AttributePath> ResolveComparable(std::string_view text) const {
    SCIMLEDGER_TRY_ASSIGN(AttributePath path, Resolve(text));
    const Attribute& attribute = Target(path);
    if (attribute.type != AttributeType::kComplex) return path;
    path.sub = registry_.FindSubAttribute(attribute.id, "value");
    if (!path.sub) {
      return RefuseFilter("'{}' is complex; name one of its sub-attributes", attribute.path);
    }
    SCIMLEDGER_TRY(CheckReturned(*path.sub));
    return path;
  }

  Result<Filter> BindNode(const FilterSyntax::Compare& node) {
    const bool is_null = std::holds_alternative<std::monostate>(node.literal);
    if (is_null) return BindNullComparison(node);
    if (IsForeign(node.path)) {
      return node.op == CompareOperator::kNe ? NegationOf(Never()) : Never();
    }
    SCIMLEDGER_TRY_ASSIGN(const AttributePath path, ResolveComparable(node.path));
    const Attribute& attribute = Target(path);
    SCIMLEDGER_TRY(CheckOperator(attribute, node.op));
    SCIMLEDGER_TRY_ASSIGN(Operand operand, BindOperand(attribute, node.literal));
    return Filter{Filter::Compare{path, node.op, std::move(operand)}};
  }

  Result<Filter> BindNullComparison(const FilterSyntax::Compare& node) {
    SCIMLEDGER_TRY_ASSIGN(Filter present, BindNode(FilterSyntax::Present{node.path}));
    if (node.op == CompareOperator::kNe) return present;
    if (node.op == CompareOperator::kEq) return NegationOf(std::move(present));
    return RefuseFilter("'{}' can be compared with null by eq and ne only, not {}", node.path,
                        ToString(node.op));
  }

  Result<Filter> BindNode(const FilterSyntax::Present& node) {
    if (IsForeign(node.path)) return Never();
    if (type_ != nullptr) {
      if (const Schema* schema = ResolveSchemaPath(registry_, *type_, node.path)) {
        return AnyPresent(*schema);
      }
    }
    SCIMLEDGER_TRY_ASSIGN(const AttributePath path, Resolve(node.path));
    return Filter{Filter::Present{path}};
  }

  Filter AnyPresent(const Schema& schema) const {
    Filter::Or any;
    for (const AttributeId id : schema.attributes) {
      if (!CheckReturned(id)) continue;
      any.terms.push_back(Filter{Filter::Present{AttributePath{id, std::nullopt}}});
    }
    return Filter{std::move(any)};
  }

  Result<Filter> BindNode(const FilterSyntax::ValuePath& node) {
    if (type_ == nullptr) return RefuseFilter("'{}[': no brackets inside brackets", node.path);
    if (IsForeign(node.path)) return Never();
    SCIMLEDGER_TRY_ASSIGN(const AttributePath path, Resolve(node.path));
    const Attribute& attribute = Target(path);
    const bool has_elements =
        !path.sub && (attribute.type == AttributeType::kComplex || attribute.multi_valued);
    if (!has_elements) {
      return RefuseFilter("'{}' has neither parts nor several values, so [ ] cannot follow it",
                          attribute.path);
    }
    SCIMLEDGER_TRY_ASSIGN(Filter inner, BindElementFilter(registry_, path.attribute, *node.inner));
    return Filter{Filter::ValuePath{path.attribute, std::make_unique<Filter>(std::move(inner))}};
  }

  Result<std::vector<Filter>> BindTerms(const std::vector<FilterSyntax>& terms) {
    std::vector<Filter> bound;
    bound.reserve(terms.size());
    for (const FilterSyntax& term : terms) {
      SCIMLEDGER_TRY_ASSIGN(Filter filter, Bind(term));
      bound.push_back(std::move(filter));
    }
    return bound;
  }

  Result<Filter> BindNode(const FilterSyntax::And& node) {
    SCIMLEDGER_TRY_ASSIGN(auto terms, BindTerms(node.terms));
    return Filter{Filter::And{std::move(terms)}};
  }
  Result<Filter> BindNode(const FilterSyntax::Or& node) {
    SCIMLEDGER_TRY_ASSIGN(auto terms, BindTerms(node.terms));
    return Filter{Filter::Or{std::move(terms)}};
  }
  Result<Filter> BindNode(const FilterSyntax::Not& node) {
    SCIMLEDGER_TRY_ASSIGN(Filter term, Bind(*node.term));
    return NegationOf(std::move(term));
  }

  const SchemaRegistry& registry_;
  const ResourceType* type_ = nullptr;
  AttributeId element_{};
  Foreign foreign_ = Foreign::kUnknown;
};

}  // namespace

Result<Filter> BindFilter(const SchemaRegistry& registry, const ResourceType& type,
                          const FilterSyntax& syntax) {
  return FilterBinder(registry, type, FilterBinder::Foreign::kUnknown).Bind(syntax);
}

Result<Filter> BindFilterAcrossTypes(const SchemaRegistry& registry, const ResourceType& type,
                                     const FilterSyntax& syntax) {
  return FilterBinder(registry, type, FilterBinder::Foreign::kHasNoValue).Bind(syntax);
}

Result<Filter> BindElementFilter(const SchemaRegistry& registry, AttributeId attribute,
                                 const FilterSyntax& syntax) {
  return FilterBinder(registry, attribute).Bind(syntax);
}

}  // namespace scimledger
