#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/event_filter.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using Literal = FilterSyntax::Literal;

/// How the values of an attribute compare.
enum class Form : std::uint8_t {
  kNumber,
  kTime,
  kWord,    ///< one of a closed set, exact
  kId,      ///< opaque, exact: no order, no parts
  kText,    ///< without regard to letter case
  kHeader,  ///< what a client sent in a header: the same for ASCII letters, and maybe not UTF-8
  kValue,   ///< of a resource's attribute: whatever type that has
};

struct Definition {
  EventAttribute attribute;
  std::string_view name;
  Form form;
};

constexpr std::array kDefinitions = {
    Definition{EventAttribute::kSequence, "sequence", Form::kNumber},
    Definition{EventAttribute::kId, "id", Form::kId},
    Definition{EventAttribute::kTime, "time", Form::kTime},
    Definition{EventAttribute::kKind, "kind", Form::kWord},
    Definition{EventAttribute::kResourceType, "resource.type", Form::kText},
    Definition{EventAttribute::kResourceId, "resource.id", Form::kId},
    Definition{EventAttribute::kResourceName, "resource.name", Form::kText},
    Definition{EventAttribute::kVersionBefore, "version.before", Form::kNumber},
    Definition{EventAttribute::kVersionAfter, "version.after", Form::kNumber},
    Definition{EventAttribute::kTransaction, "transaction", Form::kId},
    Definition{EventAttribute::kCause, "cause", Form::kNumber},
    Definition{EventAttribute::kActorId, "actor.id", Form::kId},
    Definition{EventAttribute::kActorName, "actor.name", Form::kText},
    Definition{EventAttribute::kActorRole, "actor.role", Form::kText},
    Definition{EventAttribute::kActorMethod, "actor.method", Form::kWord},
    Definition{EventAttribute::kActorIssuer, "actor.issuer", Form::kText},
    Definition{EventAttribute::kActorSubject, "actor.subject", Form::kText},
    Definition{EventAttribute::kClientAddress, "client.address", Form::kHeader},
    Definition{EventAttribute::kClientForwarded, "client.forwarded", Form::kHeader},
    Definition{EventAttribute::kClientUserAgent, "client.userAgent", Form::kHeader},
    Definition{EventAttribute::kClientRequestId, "client.requestId", Form::kHeader},
    Definition{EventAttribute::kPath, "path", Form::kText},
    Definition{EventAttribute::kBefore, "before", Form::kValue},
    Definition{EventAttribute::kAfter, "after", Form::kValue},
    Definition{EventAttribute::kMember, "member", Form::kId},
    Definition{EventAttribute::kMemberAdded, "members.added", Form::kId},
    Definition{EventAttribute::kMemberRemoved, "members.removed", Form::kId},
};

constexpr std::string_view kChanges = "changes";
constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;
constexpr std::size_t kDateLength = 10;  // 2026-11-23

template <typename... Args>
std::unexpected<ScimError> RefuseFilter(fmt::format_string<Args...> format, Args&&... args) {
  return Refuse(ScimType::kInvalidFilter,
                "filter: " + fmt::format(format, std::forward<Args>(args)...));
}

bool IsOrdering(CompareOperator op) {
  return op == CompareOperator::kGt || op == CompareOperator::kGe || op == CompareOperator::kLt ||
         op == CompareOperator::kLe;
}
bool IsSubstring(CompareOperator op) {
  return op == CompareOperator::kCo || op == CompareOperator::kSw || op == CompareOperator::kEw;
}

Result<void> CheckOperator(const Definition& definition, CompareOperator op) {
  const bool has_order = definition.form != Form::kWord && definition.form != Form::kId;
  const bool is_text = definition.form == Form::kText || definition.form == Form::kHeader ||
                       definition.form == Form::kValue;
  if (IsOrdering(op) && !has_order) {
    return RefuseFilter("'{}' has no order; use eq or ne, not {}", definition.name, ToString(op));
  }
  if (IsSubstring(op) && !is_text) {
    return RefuseFilter("{} cannot be used on '{}', which is compared as a whole", ToString(op),
                        definition.name);
  }
  return {};
}

Result<EventFilter::Operand> BindNumber(const Definition& definition, const Literal& literal) {
  if (const auto* number = std::get_if<std::int64_t>(&literal)) return *number;
  if (const auto* text = std::get_if<std::string>(&literal)) {
    std::int64_t number = 0;
    const char* const end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return number;
  }
  return RefuseFilter("'{}' compares with a whole number", definition.name);
}

Result<EventFilter::Operand> BindTime(const Definition& definition, const Literal& literal) {
  if (const auto* text = std::get_if<std::string>(&literal)) {
    if (const auto instant = ParseDateTime(*text)) {
      return EventFilter::TimeSpan{*instant, *instant};
    }
    const auto midnight =
        text->size() == kDateLength ? ParseDateTime(*text + "T00:00:00Z") : std::nullopt;
    if (midnight) return EventFilter::TimeSpan{*midnight, *midnight + kDayUs - 1};
  }
  return RefuseFilter(
      "'{}' compares with a time such as \"2026-11-23T10:00:00Z\" or a date such as "
      "\"2026-11-23\"",
      definition.name);
}

std::vector<std::string_view> WordsOf(EventAttribute attribute) {
  if (attribute == EventAttribute::kActorMethod) {
    return {ToString(AuthMethod::kBearer), ToString(AuthMethod::kLocal),
            ToString(AuthMethod::kOauth), ToString(AuthMethod::kJwt)};
  }
  std::vector<std::string_view> kinds;
  for (std::uint8_t kind = 1; !ToString(static_cast<EventKind>(kind)).empty(); ++kind) {
    kinds.push_back(ToString(static_cast<EventKind>(kind)));
  }
  return kinds;
}

/// A word that does not exist would match nothing for ever, which reads like an answer.
Result<EventFilter::Operand> BindWord(const Definition& definition, const std::string& text) {
  const auto words = WordsOf(definition.attribute);
  if (std::find(words.begin(), words.end(), text) != words.end()) return text;
  return RefuseFilter("'{}' is one of {}, not \"{}\"", definition.name, fmt::join(words, ", "),
                      text);
}

Result<EventFilter::Operand> BindText(const Definition& definition, const Literal& literal) {
  const auto* text = std::get_if<std::string>(&literal);
  if (text == nullptr) {
    return RefuseFilter("'{}' compares with a string in double quotes", definition.name);
  }
  if (definition.form == Form::kWord) return BindWord(definition, *text);
  if (definition.form == Form::kHeader) return AsciiLower(*text);
  return definition.form == Form::kId ? *text : FoldCase(*text);
}

Result<EventFilter::Operand> BindValue(const Definition& definition, CompareOperator op,
                                       const Literal& literal) {
  const bool is_text = std::holds_alternative<std::string>(literal);
  if (is_text) return BindText(definition, literal);
  if (IsSubstring(op)) {
    return RefuseFilter("{} on '{}' takes a string in double quotes", ToString(op),
                        definition.name);
  }
  if (const auto* integer = std::get_if<std::int64_t>(&literal)) return *integer;
  if (const auto* decimal = std::get_if<double>(&literal)) return *decimal;
  if (IsOrdering(op)) {
    return RefuseFilter("'{}' compares with true and false by eq or ne, not {}", definition.name,
                        ToString(op));
  }
  return std::get<bool>(literal);
}

Result<EventFilter::Operand> BindOperand(const Definition& definition, CompareOperator op,
                                         const Literal& literal) {
  switch (definition.form) {
    case Form::kNumber:
      return BindNumber(definition, literal);
    case Form::kTime:
      return BindTime(definition, literal);
    case Form::kWord:
    case Form::kId:
    case Form::kText:
    case Form::kHeader:
      return BindText(definition, literal);
    case Form::kValue:
      break;
  }
  return BindValue(definition, op, literal);
}

bool IsOfChange(EventAttribute attribute) {
  return attribute == EventAttribute::kPath || attribute == EventAttribute::kBefore ||
         attribute == EventAttribute::kAfter;
}

class EventFilterBinder {
 public:
  explicit EventFilterBinder(bool within_change) : within_change_(within_change) {}

  Result<EventFilter> Bind(const FilterSyntax& syntax) const {
    return std::visit([this](const auto& node) { return BindNode(node); }, syntax.node);
  }

 private:
  Result<Definition> Find(std::string_view name) const {
    for (const Definition& definition : kDefinitions) {
      if (!EqualsIgnoreAsciiCase(definition.name, name)) continue;
      if (!within_change_ || IsOfChange(definition.attribute)) return definition;
    }
    if (within_change_) {
      return RefuseFilter(
          "a change has no '{}'; inside changes[ ] there are path, before and after", name);
    }
    std::vector<std::string_view> names;
    for (const Definition& definition : kDefinitions) names.push_back(definition.name);
    return RefuseFilter("events have no '{}'; they have {} and changes[ ]", name,
                        fmt::join(names, ", "));
  }

  Result<EventFilter> BindNode(const FilterSyntax::Compare& node) const {
    SCIMLEDGER_TRY_ASSIGN(const Definition definition, Find(node.path));
    if (std::holds_alternative<std::monostate>(node.literal)) {
      return BindNull(definition, node.op);
    }
    SCIMLEDGER_TRY(CheckOperator(definition, node.op));
    SCIMLEDGER_TRY_ASSIGN(auto operand, BindOperand(definition, node.op, node.literal));
    return EventFilter{EventFilter::Compare{definition.attribute, node.op, std::move(operand)}};
  }

  Result<EventFilter> BindNull(const Definition& definition, CompareOperator op) const {
    EventFilter present{EventFilter::Present{definition.attribute}};
    if (op == CompareOperator::kNe) return present;
    if (op == CompareOperator::kEq) {
      return EventFilter{EventFilter::Not{std::make_unique<EventFilter>(std::move(present))}};
    }
    return RefuseFilter("'{}' can be compared with null by eq and ne only, not {}", definition.name,
                        ToString(op));
  }

  Result<EventFilter> BindNode(const FilterSyntax::Present& node) const {
    if (!within_change_ && EqualsIgnoreAsciiCase(node.path, kChanges)) {
      return EventFilter{EventFilter::Present{EventAttribute::kPath}};
    }
    SCIMLEDGER_TRY_ASSIGN(const Definition definition, Find(node.path));
    return EventFilter{EventFilter::Present{definition.attribute}};
  }

  Result<EventFilter> BindNode(const FilterSyntax::ValuePath& node) const {
    if (within_change_ || !EqualsIgnoreAsciiCase(node.path, kChanges)) {
      return RefuseFilter("'{}[' cannot be asked of events; the one value path is changes[ ]",
                          node.path);
    }
    SCIMLEDGER_TRY_ASSIGN(EventFilter inner, EventFilterBinder(true).Bind(*node.inner));
    return EventFilter{EventFilter::SameChange{std::make_unique<EventFilter>(std::move(inner))}};
  }

  Result<EventFilter> BindNode(const FilterSyntax::And& node) const {
    EventFilter::And bound;
    SCIMLEDGER_TRY_ASSIGN(bound.terms, BindTerms(node.terms));
    return EventFilter{std::move(bound)};
  }

  Result<EventFilter> BindNode(const FilterSyntax::Or& node) const {
    EventFilter::Or bound;
    SCIMLEDGER_TRY_ASSIGN(bound.terms, BindTerms(node.terms));
    return EventFilter{std::move(bound)};
  }

  Result<EventFilter> BindNode(const FilterSyntax::Not& node) const {
    SCIMLEDGER_TRY_ASSIGN(EventFilter term, Bind(*node.term));
    return EventFilter{EventFilter::Not{std::make_unique<EventFilter>(std::move(term))}};
  }

  Result<std::vector<EventFilter>> BindTerms(const std::vector<FilterSyntax>& terms) const {
    std::vector<EventFilter> bound;
    for (const FilterSyntax& term : terms) {
      SCIMLEDGER_TRY_ASSIGN(EventFilter filter, Bind(term));
      bound.push_back(std::move(filter));
    }
    return bound;
  }

  bool within_change_;
};

}  // namespace

std::string_view ToString(EventAttribute attribute) {
  for (const Definition& definition : kDefinitions) {
    if (definition.attribute == attribute) return definition.name;
  }
  return {};
}

Result<EventFilter> BindEventFilter(const FilterSyntax& syntax) {
  return EventFilterBinder(false).Bind(syntax);
}

}  // namespace scimledger
