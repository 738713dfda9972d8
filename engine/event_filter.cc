#include "engine/event_filter.h"

#include <algorithm>
#include <compare>

#include "engine/json.h"
#include "engine/text.h"

namespace scimledger {
namespace {

/// One change as filters see it, whatever the kind of its event.
struct ChangeView {
  std::string_view path;
  const Value* before = nullptr;
  const Value* after = nullptr;
};

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
      break;
  }
  return Holds(op, text <=> operand);
}

bool HoldsForTime(CompareOperator op, std::int64_t time_us, const EventFilter::TimeSpan& span) {
  switch (op) {
    case CompareOperator::kGt:
      return time_us > span.last_us;
    case CompareOperator::kGe:
      return time_us >= span.first_us;
    case CompareOperator::kLt:
      return time_us < span.first_us;
    case CompareOperator::kLe:
      return time_us <= span.last_us;
    case CompareOperator::kEq:
    case CompareOperator::kNe:
      return time_us >= span.first_us && time_us <= span.last_us;
    case CompareOperator::kCo:
    case CompareOperator::kSw:
    case CompareOperator::kEw:
      break;
  }
  return false;
}

/// One simple value of a resource's attribute. A string operand also meets booleans and numbers, by
/// the text JSON writes for them.
bool HoldsForValue(const EventFilter::Compare& compare, const Value& value) {
  const bool* boolean = value.AsBool();
  const std::int64_t* integer = value.AsInteger();
  const double* decimal = value.AsDecimal();
  if (const auto* operand = std::get_if<std::string>(&compare.operand)) {
    if (const std::string* text = value.AsString()) {
      return HoldsForText(compare.op, FoldCase(*text), *operand);
    }
    std::string text;
    if (boolean != nullptr) text = *boolean ? "true" : "false";
    if (integer != nullptr) AppendJsonInteger(text, *integer);
    if (decimal != nullptr) AppendJsonDecimal(text, *decimal);
    return HoldsForText(compare.op, text, *operand);
  }
  if (const auto* operand = std::get_if<bool>(&compare.operand)) {
    return boolean != nullptr && *boolean == *operand;
  }
  if (const auto* operand = std::get_if<std::int64_t>(&compare.operand)) {
    if (integer != nullptr) return Holds(compare.op, *integer <=> *operand);
    return decimal != nullptr && Holds(compare.op, *decimal <=> static_cast<double>(*operand));
  }
  if (const auto* operand = std::get_if<double>(&compare.operand)) {
    if (decimal != nullptr) return Holds(compare.op, *decimal <=> *operand);
    return integer != nullptr && Holds(compare.op, static_cast<double>(*integer) <=> *operand);
  }
  return false;
}

template <typename Test>
bool AnySimple(const Value& value, const Test& test) {
  if (const ValueList* list = value.AsList()) {
    return std::any_of(list->begin(), list->end(),
                       [&](const Value& element) { return AnySimple(element, test); });
  }
  if (const AttributeMap* parts = value.AsComplex()) {
    return std::any_of(parts->begin(), parts->end(),
                       [&](const auto& part) { return AnySimple(part.second, test); });
  }
  return !value.IsUnassigned() && test(value);
}

/// The simple values in the JSON of a fact, as a list.
void AddSimpleValues(simdjson::dom::element json, ValueList& values) {
  simdjson::dom::array elements;
  simdjson::dom::object parts;
  std::string_view text;
  std::int64_t integer = 0;
  double decimal = 0;
  bool boolean = false;
  if (json.get(elements) == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : elements) AddSimpleValues(element, values);
  } else if (json.get(parts) == simdjson::SUCCESS) {
    for (const auto& [key, part] : parts) AddSimpleValues(part, values);
  } else if (json.get(text) == simdjson::SUCCESS) {
    values.push_back(Value(std::string(text)));
  } else if (json.get(integer) == simdjson::SUCCESS) {
    values.push_back(Value(integer));
  } else if (json.get(decimal) == simdjson::SUCCESS) {
    values.push_back(Value(decimal));
  } else if (json.get(boolean) == simdjson::SUCCESS) {
    values.push_back(Value(boolean));
  }
}

Value ReadFactValue(const std::string& json) {
  const auto document = json.empty() ? Result<JsonDocument>(std::unexpected(ScimError{}))
                                     : JsonDocument::Parse(json);
  if (!document) return Value();
  ValueList values;
  AddSimpleValues(document->root(), values);
  return Value(std::move(values));
}

class EventEvaluator {
 public:
  EventEvaluator(const SchemaRegistry& registry, const Event& event, const ActorNames& actor)
      : registry_(registry), event_(event), actor_(actor) {}

  bool Evaluate(const EventFilter& filter) const {
    return std::visit([this](const auto& node) { return EvaluateNode(node); }, filter.node);
  }

 private:
  bool EvaluateNode(const EventFilter::Compare& node) const {
    const bool holds = change_ == nullptr ? AnyHolds(node) : HoldsForChange(node, *change_);
    return node.op == CompareOperator::kNe ? !holds : holds;
  }
  bool EvaluateNode(const EventFilter::Present& node) const {
    return change_ == nullptr ? IsPresent(node.attribute) : IsPresentIn(node.attribute, *change_);
  }
  bool EvaluateNode(const EventFilter::SameChange& node) const {
    return AnyChange([&](const ChangeView& change) {
      EventEvaluator inner(registry_, event_, actor_);
      inner.change_ = &change;
      return inner.Evaluate(*node.inner);
    });
  }
  bool EvaluateNode(const EventFilter::And& node) const {
    return std::all_of(node.terms.begin(), node.terms.end(),
                       [this](const EventFilter& term) { return Evaluate(term); });
  }
  bool EvaluateNode(const EventFilter::Or& node) const {
    return std::any_of(node.terms.begin(), node.terms.end(),
                       [this](const EventFilter& term) { return Evaluate(term); });
  }
  bool EvaluateNode(const EventFilter::Not& node) const { return !Evaluate(*node.term); }

  template <typename Test>
  bool AnyChange(const Test& test) const {
    if (event_.credential) return AnyCredentialChange(test);
    if (!event_.settings.empty()) return AnySettingChange(test);
    if (!event_.facts.empty()) return AnyFact(test);
    return std::any_of(event_.changes.begin(), event_.changes.end(),
                       [&](const AttributeChange& change) {
                         return test(ChangeView{registry_.attribute(change.attribute).path,
                                                &change.before, &change.after});
                       });
  }

  /// What the event's JSON shows as changes of a credential.
  template <typename Test>
  bool AnyCredentialChange(const Test& test) const {
    const bool is_created = event_.kind == EventKind::kCredentialCreated;
    const Value none;
    const Value name{event_.credential->name};
    const Value role{std::string(ToString(event_.credential->role))};
    const auto view = [&](std::string_view path, const Value& value) {
      return is_created ? ChangeView{path, &none, &value} : ChangeView{path, &value, &none};
    };
    return test(view("name", name)) || test(view("role", role));
  }

  template <typename Test>
  bool AnySettingChange(const Test& test) const {
    return std::any_of(event_.settings.begin(), event_.settings.end(),
                       [&](const SettingChange& change) {
                         const SettingDefinition& definition = DefinitionOf(change.setting);
                         const Value usual{std::string(definition.usual)};
                         const Value other{std::string(definition.other)};
                         return test(change.after ? ChangeView{definition.name, &usual, &other}
                                                  : ChangeView{definition.name, &other, &usual});
                       });
  }

  template <typename Test>
  bool AnyFact(const Test& test) const {
    return std::any_of(event_.facts.begin(), event_.facts.end(), [&](const Fact& fact) {
      const Value before = ReadFactValue(fact.before);
      const Value after = ReadFactValue(fact.after);
      return test(ChangeView{fact.name, &before, &after});
    });
  }

  static bool HoldsForChange(const EventFilter::Compare& node, const ChangeView& change) {
    if (node.attribute == EventAttribute::kPath) {
      return HoldsForText(node.op, FoldCase(change.path), std::get<std::string>(node.operand));
    }
    return AnySimple(ValueIn(node.attribute, change),
                     [&](const Value& value) { return HoldsForValue(node, value); });
  }
  static bool IsPresentIn(EventAttribute attribute, const ChangeView& change) {
    return attribute == EventAttribute::kPath || !ValueIn(attribute, change).IsUnassigned();
  }
  static const Value& ValueIn(EventAttribute attribute, const ChangeView& change) {
    return attribute == EventAttribute::kBefore ? *change.before : *change.after;
  }

  bool AnyHolds(const EventFilter::Compare& node) const {
    switch (node.attribute) {
      case EventAttribute::kPath:
      case EventAttribute::kBefore:
      case EventAttribute::kAfter:
        return AnyChange([&](const ChangeView& change) { return HoldsForChange(node, change); });
      case EventAttribute::kMember:
        return HasMember(node, event_.members_added) || HasMember(node, event_.members_removed);
      case EventAttribute::kMemberAdded:
        return HasMember(node, event_.members_added);
      case EventAttribute::kMemberRemoved:
        return HasMember(node, event_.members_removed);
      case EventAttribute::kTime:
        return HoldsForTime(node.op, event_.time_us, std::get<EventFilter::TimeSpan>(node.operand));
      case EventAttribute::kSequence:
      case EventAttribute::kVersionBefore:
      case EventAttribute::kVersionAfter:
      case EventAttribute::kCause: {
        const auto number = static_cast<std::int64_t>(NumberOf(node.attribute));
        return number != 0 && Holds(node.op, number <=> std::get<std::int64_t>(node.operand));
      }
      default:
        return TextHolds(node);
    }
  }

  bool TextHolds(const EventFilter::Compare& node) const {
    const std::string text = TextOf(node.attribute);
    if (text.empty()) return false;
    return HoldsForText(node.op, ComparableForm(node.attribute, text),
                        std::get<std::string>(node.operand));
  }

  static std::string ComparableForm(EventAttribute attribute, const std::string& text) {
    switch (attribute) {
      case EventAttribute::kId:
      case EventAttribute::kKind:
      case EventAttribute::kResourceId:
      case EventAttribute::kTransaction:
      case EventAttribute::kActorId:
      case EventAttribute::kActorMethod:
        return text;
      case EventAttribute::kClientAddress:
      case EventAttribute::kClientForwarded:
      case EventAttribute::kClientUserAgent:
      case EventAttribute::kClientRequestId:
        return AsciiLower(text);
      default:
        return FoldCase(text);
    }
  }

  static bool HasMember(const EventFilter::Compare& node, const std::vector<ResourceId>& members) {
    const auto id = ResourceId::Parse(std::get<std::string>(node.operand));
    return id && std::find(members.begin(), members.end(), *id) != members.end();
  }

  bool IsPresent(EventAttribute attribute) const {
    switch (attribute) {
      case EventAttribute::kPath:
      case EventAttribute::kBefore:
      case EventAttribute::kAfter:
        return AnyChange([&](const ChangeView& change) { return IsPresentIn(attribute, change); });
      case EventAttribute::kMember:
        return !event_.members_added.empty() || !event_.members_removed.empty();
      case EventAttribute::kMemberAdded:
        return !event_.members_added.empty();
      case EventAttribute::kMemberRemoved:
        return !event_.members_removed.empty();
      case EventAttribute::kTime:
        return true;
      case EventAttribute::kSequence:
      case EventAttribute::kVersionBefore:
      case EventAttribute::kVersionAfter:
      case EventAttribute::kCause:
        return NumberOf(attribute) != 0;
      default:
        return !TextOf(attribute).empty();
    }
  }

  /// 0: no value.
  std::uint64_t NumberOf(EventAttribute attribute) const {
    if (attribute == EventAttribute::kSequence) return event_.sequence.value;
    if (attribute == EventAttribute::kVersionBefore) return event_.version_before;
    if (attribute == EventAttribute::kVersionAfter) return event_.version_after;
    return event_.cause ? event_.cause->value : 0;
  }

  /// Empty: no value.
  std::string TextOf(EventAttribute attribute) const {
    switch (attribute) {
      case EventAttribute::kId:
        return event_.id.ToString();
      case EventAttribute::kKind:
        return std::string(ToString(event_.kind));
      case EventAttribute::kResourceType:
        return event_.resource_type;
      case EventAttribute::kResourceId:
        return ShownResourceId(event_);
      case EventAttribute::kResourceName:
        return event_.resource_name;
      case EventAttribute::kTransaction:
        return event_.transaction.ToString();
      case EventAttribute::kActorId:
        return event_.actor.id;
      case EventAttribute::kActorName:
        return std::string(actor_.name);
      case EventAttribute::kActorRole:
        return std::string(actor_.role);
      case EventAttribute::kActorMethod:
        return std::string(ToString(event_.actor.method));
      case EventAttribute::kActorIssuer:
        return event_.actor.issuer;
      case EventAttribute::kActorSubject:
        return event_.actor.subject;
      case EventAttribute::kClientAddress:
        return event_.client.address;
      case EventAttribute::kClientForwarded:
        return event_.client.forwarded;
      case EventAttribute::kClientUserAgent:
        return event_.client.user_agent;
      case EventAttribute::kClientRequestId:
        return event_.client.request_id;
      default:
        return {};
    }
  }

  const SchemaRegistry& registry_;
  const Event& event_;
  const ActorNames& actor_;
  const ChangeView* change_ = nullptr;  ///< set inside changes[ ]
};

}  // namespace

bool Matches(const SchemaRegistry& registry, const EventFilter& filter, const Event& event,
             const ActorNames& actor) {
  return EventEvaluator(registry, event, actor).Evaluate(filter);
}

}  // namespace scimledger
