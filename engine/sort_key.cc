#include "engine/sort_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/ordered_key.h"

namespace scimledger {
namespace {

template <typename... Args>
std::unexpected<ScimError> RefuseSortBy(fmt::format_string<Args...> format, Args&&... args) {
  return Refuse(ScimType::kInvalidValue,
                "sortBy: " + fmt::format(format, std::forward<Args>(args)...));
}

std::optional<Scalar> ScalarOf(const Value& value) {
  if (const bool* boolean = value.AsBool()) return *boolean;
  if (const std::int64_t* integer = value.AsInteger()) return *integer;
  if (const double* decimal = value.AsDecimal()) return *decimal;
  if (const std::string* text = value.AsString()) return std::string_view(*text);
  return std::nullopt;
}

std::optional<std::string> KeyOf(const Attribute& attribute, const Value& value) {
  std::string key(1, SortKeyPrefix(attribute));
  const auto scalar = ScalarOf(value);
  if (!scalar || !AppendOrderedKey(attribute, *scalar, key)) return std::nullopt;
  key.resize(std::min(key.size(), kSortKeyBytesMax));
  return key;
}

bool IsPrimary(const Value& element, AttributeId primary) {
  const AttributeMap* parts = element.AsComplex();
  const Value* flag = parts != nullptr ? parts->Find(primary) : nullptr;
  return flag != nullptr && flag->AsBool() != nullptr && *flag->AsBool();
}

/// The one element of a list that counts.
const Value* Foremost(const SchemaRegistry& registry, AttributeId attribute, const Value& value) {
  const ValueList* list = value.AsList();
  if (list == nullptr) return &value;
  if (list->empty()) return nullptr;
  if (const auto primary = registry.FindSubAttribute(attribute, "primary")) {
    for (const Value& element : *list) {
      if (IsPrimary(element, *primary)) return &element;
    }
  }
  return &list->front();
}

std::optional<std::string> KeyOfPart(const SchemaRegistry& registry, AttributeId sub,
                                     const AttributeMap& parts) {
  const Value* part = parts.Find(sub);
  if (part == nullptr) return std::nullopt;
  const Value* value = Foremost(registry, sub, *part);
  return value == nullptr ? std::nullopt : KeyOf(registry.attribute(sub), *value);
}

}  // namespace

char SortKeyPrefix(const Attribute& attribute) { return static_cast<char>(attribute.type); }

Result<AttributePath> BindSortBy(const SchemaRegistry& registry, const ResourceType& type,
                                 std::string_view name) {
  auto path = ResolvePath(registry, type, name);
  if (!path) return RefuseSortBy("{}", DescribeUnknownPath(type, name));
  if (!path->sub && registry.attribute(path->attribute).type == AttributeType::kComplex) {
    path->sub = registry.FindSubAttribute(path->attribute, "value");
  }
  const Attribute& whole = registry.attribute(path->attribute);
  const Attribute& attribute = registry.attribute(path->sub.value_or(path->attribute));
  if (attribute.type == AttributeType::kComplex) {
    return RefuseSortBy("'{}' is complex; name one of its sub-attributes", attribute.path);
  }
  if (attribute.type == AttributeType::kBinary) {
    return RefuseSortBy("'{}' is binary and has no order", attribute.path);
  }
  if (whole.returned == Returned::kNever || attribute.returned == Returned::kNever) {
    return RefuseSortBy("'{}' is never returned and cannot be sorted by", attribute.path);
  }
  return *path;
}

std::optional<std::string> SortKeyOf(const SchemaRegistry& registry, const AttributePath& path,
                                     const ResourceReader& resource) {
  const AttributeRole role = registry.attribute(path.attribute).role;
  if (role == AttributeRole::kReferenceSet || role == AttributeRole::kMemberships) {
    std::optional<std::string> key;
    resource.AnyElement(path.attribute, [&](const AttributeMap& parts) {
      if (path.sub) key = KeyOfPart(registry, *path.sub, parts);
      return true;
    });
    return key;
  }
  const auto value = resource.Get(path.attribute);
  const Value* element = value ? Foremost(registry, path.attribute, *value) : nullptr;
  if (element == nullptr) return std::nullopt;
  if (!path.sub) return KeyOf(registry.attribute(path.attribute), *element);
  const AttributeMap* parts = element->AsComplex();
  return parts == nullptr ? std::nullopt : KeyOfPart(registry, *path.sub, *parts);
}

}  // namespace scimledger
