#include "projections/lookup_attributes.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "engine/document.h"
#include "engine/unique_keys.h"

namespace scimledger::projections {
namespace {

/// Looked up on every type that stores them as text. `id` and reference sets need no key.
constexpr std::array<std::string_view, 4> kKeyedNames = {"userName", "externalId", "displayName",
                                                         "emails.value"};

bool IsText(const Attribute& attribute) {
  return attribute.type == AttributeType::kString || attribute.type == AttributeType::kReference;
}

bool ByAttribute(const AttributePath& a, const AttributePath& b) {
  return std::tie(a.attribute, a.sub) < std::tie(b.attribute, b.sub);
}

AttributeId LeafOf(const AttributePath& path) { return path.sub.value_or(path.attribute); }

std::string TextOf(const Resource& row, std::optional<AttributeId> attribute) {
  if (!attribute) return {};
  const std::optional<Value> value = FindInDocument(row.document, *attribute);
  const std::string* text = value ? value->AsString() : nullptr;
  return text != nullptr ? *text : std::string();
}

}  // namespace

LookupAttributes::LookupAttributes(RegistryPtr registry) : registry_(std::move(registry)) {
  for (const ResourceType& type : registry_->resource_types()) AddType(type);
  std::sort(keyed_.begin(), keyed_.end(), ByAttribute);
  keyed_.erase(std::unique(keyed_.begin(), keyed_.end()), keyed_.end());
  FindUnkeyedUnique();
}

void LookupAttributes::AddType(const ResourceType& type) {
  names_.push_back({registry_->FindAttribute(type, "displayName"), type.naming_attribute});
  for (const std::string_view name : kKeyedNames) AddPath(type, name);
}

void LookupAttributes::AddPath(const ResourceType& type, std::string_view name) {
  const std::size_t dot = name.find('.');
  const auto attribute = registry_->FindAttribute(type, name.substr(0, dot));
  if (!attribute || registry_->attribute(*attribute).role != AttributeRole::kStored) return;
  AttributePath path{*attribute, std::nullopt};
  if (dot != std::string_view::npos) {
    path.sub = registry_->FindSubAttribute(*attribute, name.substr(dot + 1));
    if (!path.sub || registry_->attribute(*path.sub).role != AttributeRole::kStored) return;
  }
  if (IsText(registry_->attribute(LeafOf(path)))) keyed_.push_back(path);
}

void LookupAttributes::FindUnkeyedUnique() {
  for (std::size_t index = 0; index < registry_->attribute_count(); ++index) {
    const Attribute& attribute = registry_->attribute(static_cast<AttributeId>(index));
    if (attribute.uniqueness == Uniqueness::kNone || attribute.role != AttributeRole::kStored) {
      continue;
    }
    const AttributePath path = attribute.parent ? AttributePath{*attribute.parent, attribute.id}
                                                : AttributePath{attribute.id, std::nullopt};
    if (!IsKeyed(path)) has_unkeyed_unique_ = true;
  }
}

bool LookupAttributes::IsKeyed(const AttributePath& path) const {
  return std::binary_search(keyed_.begin(), keyed_.end(), path, ByAttribute);
}

bool LookupAttributes::IsMemberValue(const AttributePath& path) const {
  return path.sub && registry_->attribute(path.attribute).role == AttributeRole::kReferenceSet &&
         registry_->FindSubAttribute(path.attribute, "value") == path.sub;
}

bool LookupAttributes::IsId(const AttributePath& path) const {
  return path.attribute == registry_->common().id && !path.sub;
}

template <typename Visit>
void LookupAttributes::ForEachText(const Value& value, std::optional<AttributeId> sub,
                                   const Visit& visit) const {
  if (const ValueList* list = value.AsList()) {
    for (const Value& element : *list) ForEachText(element, sub, visit);
  } else if (const AttributeMap* parts = value.AsComplex()) {
    const Value* part = sub ? parts->Find(*sub) : nullptr;
    if (part != nullptr) ForEachText(*part, std::nullopt, visit);
  } else if (const std::string* text = value.AsString()) {
    visit(*text);
  }
}

std::vector<KeyHash> LookupAttributes::KeysOf(const Resource& row) const {
  std::vector<KeyHash> keys;
  DocumentCursor cursor(row.document);
  auto next = keyed_.begin();
  while (next != keyed_.end() && cursor.Next()) {
    while (next != keyed_.end() && next->attribute < cursor.id()) ++next;
    if (next == keyed_.end() || next->attribute != cursor.id()) continue;
    const Value value = cursor.value();
    for (; next != keyed_.end() && next->attribute == cursor.id(); ++next) {
      const Attribute& leaf = registry_->attribute(LeafOf(*next));
      ForEachText(value, next->sub, [&](const std::string& text) {
        keys.push_back(HashKey(leaf.id, ComparisonKey(leaf, text)));
      });
    }
  }
  if (has_unkeyed_unique_) {
    for (const UniqueKey& key : UniqueKeysOf(*registry_, row)) {
      keys.push_back(HashKey(key.attribute, key.key));
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool LookupAttributes::Holds(const Resource& row, const AttributePath& path,
                             std::string_view key) const {
  const std::optional<Value> value = FindInDocument(row.document, path.attribute);
  if (!value) return false;
  const Attribute& leaf = registry_->attribute(LeafOf(path));
  bool holds = false;
  ForEachText(*value, path.sub,
              [&](const std::string& text) { holds = holds || ComparisonKey(leaf, text) == key; });
  return holds;
}

std::string LookupAttributes::DisplayOf(const Resource& row) const {
  const TypeNames& names = names_[static_cast<std::size_t>(row.type)];
  std::string display = TextOf(row, names.display);
  return display.empty() ? TextOf(row, names.naming) : display;
}

}  // namespace scimledger::projections
