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

  void Collect(const Attribute& attribute, const EncodedValue& value) const {
    if (const auto* list = std::get_if<ElementCursor>(&value)) {
      for (ElementCursor elements = *list; elements.Next();) {
        Collect(attribute, ReadEncoded(elements.encoded()));
      }
    } else if (const auto* complex = std::get_if<DocumentCursor>(&value)) {
      for (DocumentCursor parts = *complex; parts.Next();) {
        Collect(registry.attribute(parts.id()), ReadEncoded(parts.encoded()));
      }
    } else if (IsUnique(attribute)) {
      AddSimple(attribute, value);
    }
  }

  void AddSimple(const Attribute& attribute, const EncodedValue& value) const {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      keys.push_back({attribute.id, ComparisonKey(attribute, *text)});
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      keys.push_back({attribute.id, fmt::format("{}", *integer)});
    } else if (const auto* decimal = std::get_if<double>(&value)) {
      keys.push_back({attribute.id, fmt::format("{}", *decimal == 0.0 ? 0.0 : *decimal)});
    } else if (const auto* boolean = std::get_if<bool>(&value)) {
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
    if (MayHaveKeys(registry, attribute))
      collector.Collect(attribute, ReadEncoded(cursor.encoded()));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace scimledger
