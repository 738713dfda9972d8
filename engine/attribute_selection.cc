#include "engine/attribute_selection.h"

#include <algorithm>

#include "engine/filter.h"

namespace scimledger {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> SplitNames(std::optional<std::string_view> list) {
  std::vector<std::string_view> names;
  std::string_view rest = list.value_or("");
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    if (const auto name = Trim(rest.substr(0, comma)); !name.empty()) names.push_back(name);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return names;
}

void SortUnique(std::vector<AttributeId>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

bool Contains(const std::vector<AttributeId>& ids, AttributeId id) {
  return std::binary_search(ids.begin(), ids.end(), id);
}

}  // namespace

Result<AttributeSelection> AttributeSelection::Parse(const SchemaRegistry& registry,
                                                     std::span<const ResourceType> types,
                                                     std::optional<std::string_view> attributes,
                                                     std::optional<std::string_view> excluded,
                                                     std::span<const AttributeId> supplied) {
  const auto wanted = SplitNames(attributes);
  const auto unwanted = SplitNames(excluded);
  if (!wanted.empty() && !unwanted.empty()) {
    return Refuse(ScimType::kInvalidValue,
                  "attributes and excludedAttributes cannot be used together; send one of them");
  }
  AttributeSelection selection;
  selection.supplied_.assign(supplied.begin(), supplied.end());
  if (!wanted.empty()) selection.mode_ = Mode::kOnly;
  if (!unwanted.empty()) selection.mode_ = Mode::kExcept;
  for (const std::string_view name : wanted.empty() ? unwanted : wanted) {
    for (const ResourceType& type : types) selection.Name(registry, type, name);
  }
  SortUnique(selection.named_);
  SortUnique(selection.parents_);
  SortUnique(selection.supplied_);
  return selection;
}

void AttributeSelection::Name(const SchemaRegistry& registry, const ResourceType& type,
                              std::string_view name) {
  if (const Schema* schema = ResolveSchemaPath(registry, type, name)) {
    named_.insert(named_.end(), schema->attributes.begin(), schema->attributes.end());
  } else if (const auto path = ResolvePath(registry, type, name)) {
    named_.push_back(path->sub.value_or(path->attribute));
    if (path->sub) parents_.push_back(path->attribute);
  }
}

bool AttributeSelection::IncludesByDefault(const Attribute& attribute) const {
  return attribute.returned != Returned::kRequest || Contains(supplied_, attribute.id);
}

bool AttributeSelection::IncludesByRules(const Attribute& attribute) const {
  if (attribute.returned == Returned::kNever || attribute.mutability == Mutability::kWriteOnly) {
    return false;
  }
  if (attribute.returned == Returned::kAlways) return true;
  switch (mode_) {
    case Mode::kDefault:
      return IncludesByDefault(attribute);
    case Mode::kExcept:
      return IncludesByDefault(attribute) && !Contains(named_, attribute.id);
    case Mode::kOnly:
      break;
  }
  if (Contains(named_, attribute.id)) return true;
  if (!attribute.parent) return Contains(parents_, attribute.id);
  // A parent that is here for its own sake brings its default parts; one that is here for a named
  // part brings only that.
  const bool is_narrowed =
      Contains(parents_, *attribute.parent) && !Contains(named_, *attribute.parent);
  return !is_narrowed && attribute.returned != Returned::kRequest;
}

}  // namespace scimledger
