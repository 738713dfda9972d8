#include "engine/unique_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/document.h"
#include "engine/text.h"

namespace scimledger {
namespace {

bool IsUnique(const Attribute& attribute) {
  return attribute.uniqueness != Uniqueness::kNone && attribute.role == AttributeRole::kStored;
}

struct KeyCollector {
  const SchemaRegistry& registry;
  std::vector<UniqueKey>& keys;

  void Collect(const Attribute& attribute, const Value& value) const {
    if (const ValueList* list = value.AsList()) {
      for (const Value& element : *list) Collect(attribute, element);
    } else if (const AttributeMap* parts = value.AsComplex()) {
      for (const auto& [id, part] : *parts) Collect(registry.attribute(id), part);
    } else if (IsUnique(attribute)) {
      AddSimple(attribute, value);
    }
  }

  void AddSimple(const Attribute& attribute, const Value& value) const {
    if (const std::string* text = value.AsString()) {
      keys.push_back({attribute.id, ComparisonKey(attribute, *text)});
    } else if (const std::int64_t* integer = value.AsInteger()) {
      keys.push_back({attribute.id, fmt::format("{}", *integer)});
    } else if (const double* decimal = value.AsDecimal()) {
      keys.push_back({attribute.id, fmt::format("{}", *decimal == 0.0 ? 0.0 : *decimal)});
    } else if (const bool* boolean = value.AsBool()) {
      keys.push_back({attribute.id, *boolean ? "true" : "false"});
    }
  }
};

bool MayHaveKeys(const SchemaRegistry& registry, const Attribute& attribute) {
  return IsUnique(attribute) ||
         std::any_of(attribute.sub_attributes.begin(), attribute.sub_attributes.end(),
                     [&](AttributeId sub) { return IsUnique(registry.attribute(sub)); });
}

}  // namespace

std::string ComparisonKey(const Attribute& attribute, std::string_view value) {
  if (attribute.type == AttributeType::kDateTime) {
    if (const auto instant_us = ParseDateTime(value)) return FormatDateTime(*instant_us);
  }
  return attribute.case_exact ? Normalize(value) : FoldCase(value);
}

std::vector<UniqueKey> UniqueKeysOf(const SchemaRegistry& registry, const Resource& resource) {
  std::vector<UniqueKey> keys;
  const KeyCollector collector{registry, keys};
  DocumentCursor cursor(resource.document);
  while (cursor.Next()) {
    const Attribute& attribute = registry.attribute(cursor.id());
    if (MayHaveKeys(registry, attribute)) collector.Collect(attribute, cursor.value());
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace scimledger
