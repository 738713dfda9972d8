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

/// Visits the texts of a value: itself, those of a list, or the part `sub` of each complex one.
template <typename Visit>
void ForEachText(const EncodedValue& value, std::optional<AttributeId> sub, const Visit& visit) {
  if (const auto* list = std::get_if<ElementCursor>(&value)) {
    for (ElementCursor elements = *list; elements.Next();) {
      ForEachText(ReadEncoded(elements.encoded()), sub, visit);
    }
  } else if (const auto* complex = std::get_if<DocumentCursor>(&value)) {
    for (DocumentCursor parts = *complex; sub && parts.Next();) {
      if (parts.id() == *sub) ForEachText(ReadEncoded(parts.encoded()), std::nullopt, visit);
    }
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    visit(*text);
  }
}

std::string TextOf(const Resource& row, std::optional<AttributeId> attribute) {
  if (!attribute) return {};
  for (DocumentCursor cursor(row.document); cursor.Next();) {
    if (cursor.id() != *attribute) continue;
    const EncodedValue value = ReadEncoded(cursor.encoded());
    const auto* text = std::get_if<std::string_view>(&value);
    return text != nullptr ? std::string(*text) : std::string();
  }
  return {};
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

bool LookupAttributes::Answers(const AttributePath& path) const {
  return IsId(path) || IsKeyed(path) || IsMemberValue(path);
}

std::vector<KeyHash> LookupAttributes::KeysOf(const Resource& row) const {
  std::vector<KeyHash> keys;
  keys.reserve(8);
  DocumentCursor cursor(row.document);
  auto next = keyed_.begin();
  while (next != keyed_.end() && cursor.Next()) {
    while (next != keyed_.end() && next->attribute < cursor.id()) ++next;
    for (; next != keyed_.end() && next->attribute == cursor.id(); ++next) {
      const Attribute& leaf = registry_->attribute(LeafOf(*next));
      ForEachText(ReadEncoded(cursor.encoded()), next->sub, [&](std::string_view text) {
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
  const Attribute& leaf = registry_->attribute(LeafOf(path));
  for (DocumentCursor cursor(row.document); cursor.Next();) {
    if (cursor.id() != path.attribute) continue;
    bool holds = false;
    ForEachText(ReadEncoded(cursor.encoded()), path.sub,
                [&](std::string_view text) { holds = holds || ComparisonKey(leaf, text) == key; });
    return holds;
  }
  return false;
}

std::string LookupAttributes::DisplayOf(const Resource& row) const {
  const TypeNames& names = names_[static_cast<std::size_t>(row.type)];
  std::string display = TextOf(row, names.display);
  return display.empty() ? TextOf(row, names.naming) : display;
}

}  // namespace scimledger::projections
