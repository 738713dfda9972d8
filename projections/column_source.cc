#include "projections/column_source.h"

#include "engine/ordered_key.h"
#include "engine/sort_key.h"

namespace scimledger::projections {
namespace {

bool IsUnassigned(const EncodedValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return true;
  if (const auto* list = std::get_if<ElementCursor>(&value)) return !ElementCursor(*list).Next();
  if (const auto* parts = std::get_if<DocumentCursor>(&value)) {
    for (DocumentCursor cursor = *parts; cursor.Next();) {
      if (!IsUnassigned(ReadEncoded(cursor.encoded()))) return false;
    }
    return true;
  }
  return false;
}

/// Visits the values that the evaluator would put to a test: lists are looked into.
template <typename Visit>
void ForEachAssigned(const EncodedValue& value, const Visit& visit) {
  if (const auto* list = std::get_if<ElementCursor>(&value)) {
    for (ElementCursor elements = *list; elements.Next();) {
      ForEachAssigned(ReadEncoded(elements.encoded()), visit);
    }
  } else if (!IsUnassigned(value)) {
    visit(value);
  }
}

std::optional<Scalar> ScalarOf(const EncodedValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* decimal = std::get_if<double>(&value)) return *decimal;
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  return std::nullopt;
}

/// Whether the view completes the attribute from the resource it refers to (ViewReader).
bool IsReference(const Attribute& attribute) {
  return !attribute.multi_valued && attribute.parts.value && attribute.parts.ref;
}

}  // namespace

bool HasColumn(const SchemaRegistry& registry, const AttributePath& path) {
  const CommonAttributes& common = registry.common();
  if (path.attribute == common.id || path.attribute == common.schemas) return true;
  if (path.attribute == common.meta) return path.sub && *path.sub != common.meta_location;
  const Attribute& attribute = registry.attribute(path.attribute);
  if (attribute.role != AttributeRole::kStored) return false;
  if (!path.sub) return true;
  if (registry.attribute(*path.sub).role != AttributeRole::kStored) return false;
  return !IsReference(attribute) || path.sub != attribute.parts.ref;
}

bool IsOverElements(const SchemaRegistry& registry, const ColumnKey& key) {
  return key.kind == ColumnKey::Kind::kValues &&
         registry.attribute(key.path.attribute).multi_valued;
}

ColumnSource::ColumnSource(const DirectoryView& view, ResourceTypeId type, const ColumnKey& key)
    : registry_(view.registry()),
      key_(key),
      leaf_(registry_->attribute(key.path.sub.value_or(key.path.attribute))),
      is_over_elements_(IsOverElements(*registry_, key)),
      is_stored_(registry_->attribute(key.path.attribute).role == AttributeRole::kStored),
      reader_(view, type, "") {}

const SlotValues& ColumnSource::Read(const Resource& row) {
  values_.slots.clear();
  values_.key_ends.clear();
  values_.text.clear();
  const CommonAttributes& common = registry_->common();
  if (key_.kind == ColumnKey::Kind::kForemost) {
    ReadForemost(row);
  } else if (key_.path.sub == common.meta_created) {
    AddInstant(row.created_us);
  } else if (key_.path.sub == common.meta_last_modified) {
    AddInstant(row.last_modified_us);
  } else if (is_stored_) {
    DocumentCursor cursor(row.document);
    bool is_there = false;
    while (!is_there && cursor.Next()) is_there = cursor.id() == key_.path.attribute;
    ReadValue(is_there ? ReadEncoded(cursor.encoded()) : EncodedValue());
  } else {
    const std::optional<std::string> document = DerivedValue(row);
    DocumentCursor cursor(document ? std::string_view(*document) : std::string_view());
    ReadValue(cursor.Next() ? ReadEncoded(cursor.encoded()) : EncodedValue());
  }
  return values_;
}

std::optional<std::string> ColumnSource::DerivedValue(const Resource& row) {
  reader_.Show(row);
  std::optional<Value> value = reader_.Get(key_.path.attribute);
  if (!value) return std::nullopt;
  AttributeMap map;
  map.Set(key_.path.attribute, *std::move(value));
  return EncodeDocument(map);
}

void ColumnSource::AddInstant(std::int64_t time_us) {
  values_.slots.push_back({1, true});
  AppendInstantKey(time_us, values_.text);
  values_.key_ends.push_back(static_cast<std::uint32_t>(values_.text.size()));
}

void ColumnSource::ReadForemost(const Resource& row) {
  reader_.Show(row);
  SlotValues::Slot& slot = values_.slots.emplace_back();
  const auto key = SortKeyOf(*registry_, key_.path, reader_);
  if (!key) return;
  slot = {1, true};
  values_.text.append(*key, 1);
  values_.key_ends.push_back(static_cast<std::uint32_t>(values_.text.size()));
}

void ColumnSource::ReadValue(const EncodedValue& value) {
  if (is_over_elements_) {
    ForEachAssigned(value, [this](const EncodedValue& element) {
      AddParts(element, values_.slots.emplace_back());
    });
    return;
  }
  SlotValues::Slot& slot = values_.slots.emplace_back();
  ForEachAssigned(value, [&](const EncodedValue& element) { AddParts(element, slot); });
}

void ColumnSource::AddParts(const EncodedValue& element, SlotValues::Slot& slot) {
  if (!key_.path.sub) return AddValues(element, slot);
  const auto* parts = std::get_if<DocumentCursor>(&element);
  if (parts == nullptr) return;
  for (DocumentCursor cursor = *parts; cursor.Next();) {
    if (cursor.id() == *key_.path.sub) return AddValues(ReadEncoded(cursor.encoded()), slot);
  }
  const Attribute& whole = registry_->attribute(key_.path.attribute);
  if (!whole.multi_valued || whole.parts.primary != key_.path.sub) return;
  // Compares as false, and has no value all the same (engine/evaluator.h).
  AppendOrderedKey(leaf_, false, values_.text);
  values_.key_ends.push_back(static_cast<std::uint32_t>(values_.text.size()));
  ++slot.key_count;
}

void ColumnSource::AddValues(const EncodedValue& value, SlotValues::Slot& slot) {
  ForEachAssigned(value, [&](const EncodedValue& one) {
    slot.has_value = true;
    const std::optional<Scalar> scalar = ScalarOf(one);
    if (!scalar || !AppendOrderedKey(leaf_, *scalar, values_.text)) return;
    values_.key_ends.push_back(static_cast<std::uint32_t>(values_.text.size()));
    ++slot.key_count;
  });
}

}  // namespace scimledger::projections
