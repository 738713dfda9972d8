#include "engine/attribute_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <unordered_map>
#include <utility>

#include "engine/element_keys.h"
#include "engine/resource_json.h"
#include "engine/scalar_json.h"
#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

using simdjson::dom::element;

constexpr std::size_t kPartsUsual = 16;

std::unexpected<ScimError> RefuseValue(const std::string& path, std::string_view what) {
  return Refuse(ScimType::kInvalidValue, fmt::format("{}: {}", path, what));
}

/// An object as JSON text with a `value` key: how Entra sends app roles by default.
std::optional<JsonDocument> ParseObjectText(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{') return std::nullopt;
  auto document = JsonDocument::Parse(text);
  if (!document || !document->root().is_object()) return std::nullopt;
  for (const auto& [key, json] : simdjson::dom::object(document->root())) {
    if (EqualsIgnoreAsciiCase(key, "value")) return *std::move(document);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> DescribeUnwantedText(const TenantSettings& settings,
                                                const Attribute& attribute, std::string_view text) {
  const bool is_uri = attribute.type == AttributeType::kReference;
  const TextFormat format = is_uri ? TextFormat::kUri : attribute.format;
  if (settings.IsChanged(Setting::kFormats) && !HasFormat(format, text)) {
    return fmt::format("expected {}", DescribeFormat(format));
  }
  const auto& canonical = attribute.canonical_values;
  if (canonical.empty() || !settings.IsChanged(Setting::kCanonicalValues)) return std::nullopt;
  const auto is_text = [&](const std::string& value) {
    return attribute.case_exact ? value == text : EqualsIgnoreAsciiCase(value, text);
  };
  if (std::any_of(canonical.begin(), canonical.end(), is_text)) return std::nullopt;
  return fmt::format("expected one of {}", fmt::join(canonical, ", "));
}

std::string AttributeReader::Place::Describe() const {
  std::string path =
      outer == nullptr ? attribute.path : fmt::format("{}.{}", outer->Describe(), attribute.name);
  if (index) path += fmt::format("[{}]", *index);
  return path;
}

Result<Value> AttributeReader::Read(const Attribute& attribute, element json) {
  return ReadAt(json, Place{attribute, nullptr, std::nullopt});
}

Result<Value> AttributeReader::ReadAt(element json, const Place& place) {
  if (SaysNoValue(json)) return Value();
  return place.attribute.multi_valued ? ReadList(json, place) : ReadOne(json, place);
}

Result<Value> AttributeReader::ReadList(element json, const Place& place) {
  ValueList list;
  std::size_t index = 0;
  const auto read = [&](element item) -> Result<void> {
    SCIMLEDGER_TRY_ASSIGN(Value value, ReadOne(item, Place{place.attribute, place.outer, index++}));
    if (!value.IsUnassigned()) list.push_back(std::move(value));
    return {};
  };
  if (json.is_array()) {
    const auto array = simdjson::dom::array(json);
    if (array.size() > kAttributeValuesMax) {
      return RefuseValue(place.Describe(), fmt::format("more than {} values", kAttributeValuesMax));
    }
    list.reserve(array.size());
    for (const element item : array) SCIMLEDGER_TRY(read(item));
  } else {
    SCIMLEDGER_TRY(read(json));
  }
  MergeRepeated(place.attribute, list);
  SCIMLEDGER_TRY(CheckList(place, list));
  if (list.empty()) return Value();
  return Value(std::move(list));
}

Result<Value> AttributeReader::ReadOne(element json, const Place& place) {
  if (SaysNoValue(json)) return Value();
  if (place.attribute.type == AttributeType::kComplex) return ReadComplex(json, place);
  auto value = ParseScalar(place.attribute.type, json);
  if (!value) return RefuseValue(place.Describe(), value.error());
  if (const std::string* text = value->AsString()) {
    const auto wrong = DescribeUnwantedText(registry_.settings(), place.attribute, *text);
    if (wrong) return RefuseValue(place.Describe(), *wrong);
  }
  return *std::move(value);
}

Result<Value> AttributeReader::ReadComplex(element json, const Place& place) {
  const bool has_value_part = place.attribute.parts.value.has_value();
  if (has_value_part && !place.attribute.multi_valued && json.is_array()) {
    const auto array = simdjson::dom::array(json);
    if (array.size() == 1) json = *array.begin();
    if (SaysNoValue(json)) return Value();
  }
  Result<AttributeMap> parts;
  if (json.is_object()) {
    parts = ReadParts(simdjson::dom::object(json), place);
  } else if (has_value_part && json.is_string()) {
    parts = ReadBareValue(json, place);
  } else {
    return RefuseValue(place.Describe(),
                       fmt::format("expected an object, got {}", DescribeJsonType(json)));
  }
  if (!parts) return std::unexpected(std::move(parts).error());
  if (parts->empty()) return Value();
  return Value(*std::move(parts));
}

Result<AttributeMap> AttributeReader::ReadBareValue(element json, const Place& place) {
  AttributeMap parts;
  SCIMLEDGER_TRY(ReadPart(registry_.attribute(*place.attribute.parts.value), json, place, parts));
  SCIMLEDGER_TRY(UnpackJsonText(place, parts));
  return parts;
}

Result<AttributeMap> AttributeReader::ReadParts(simdjson::dom::object object, const Place& place) {
  AttributeMap parts;
  parts.Reserve(std::min(object.size(), place.attribute.sub_attributes.size()));
  boost::container::small_vector<AttributeId, kPartsUsual> seen;
  std::optional<element> display_name;
  for (const auto& [key, json] : object) {
    const auto part = registry_.FindSubAttribute(place.attribute.id, key);
    if (!part) {
      if (EqualsIgnoreAsciiCase(key, "displayName")) {
        display_name = json;
      } else {
        SCIMLEDGER_TRY(
            CheckUnknown(registry_, [&] { return fmt::format("{}.{}", place.Describe(), key); }));
      }
      continue;
    }
    if (std::find(seen.begin(), seen.end(), *part) != seen.end()) {
      return Refuse(ScimType::kInvalidSyntax,
                    fmt::format("{}.{}: sent twice, in two spellings", place.Describe(),
                                registry_.attribute(*part).name));
    }
    seen.push_back(*part);
    SCIMLEDGER_TRY(ReadPart(registry_.attribute(*part), json, place, parts));
  }
  // Entra's name for the display part of roles.
  const auto display = place.attribute.parts.display;
  if (display_name && display && std::find(seen.begin(), seen.end(), *display) == seen.end()) {
    SCIMLEDGER_TRY(ReadPart(registry_.attribute(*display), *display_name, place, parts));
  }
  SCIMLEDGER_TRY(UnpackJsonText(place, parts));
  return parts;
}

Result<void> AttributeReader::ReadPart(const Attribute& part, element json, const Place& place,
                                       AttributeMap& parts) {
  if (part.mutability == Mutability::kReadOnly || part.role == AttributeRole::kDerived) return {};
  SCIMLEDGER_TRY_ASSIGN(Value value, ReadAt(json, Place{part, &place, std::nullopt}));
  if (part.returned == Returned::kNever) {
    if (secrets_ != nullptr && !value.IsUnassigned()) secrets_->push_back(part.id);
    return {};
  }
  parts.Set(part.id, std::move(value));
  return {};
}

Result<void> AttributeReader::UnpackJsonText(const Place& place, AttributeMap& parts) {
  const auto value_part = place.attribute.parts.value;
  if (!value_part || is_inside_json_text_) return {};
  const Value* value = parts.Find(*value_part);
  if (value == nullptr || value->AsString() == nullptr) return {};
  const auto document = ParseObjectText(*value->AsString());
  if (!document) return {};
  is_inside_json_text_ = true;
  auto inner = ReadParts(simdjson::dom::object(document->root()), place);
  is_inside_json_text_ = false;
  if (!inner) return std::unexpected(std::move(inner).error());
  parts.Erase(*value_part);
  for (auto& [id, part] : *inner) parts.Set(id, std::move(part));
  return {};
}

Result<void> AttributeReader::CheckList(const Place& place, const ValueList& list) const {
  const auto primary = place.attribute.parts.primary;
  if (!primary) return {};
  const auto count = std::count_if(list.begin(), list.end(), [&](const Value& value) {
    const Value* part = value.AsComplex() == nullptr ? nullptr : value.AsComplex()->Find(*primary);
    return part != nullptr && part->AsBool() != nullptr && *part->AsBool();
  });
  if (count <= 1) return {};
  return RefuseValue(place.Describe(),
                     fmt::format("{} values are primary; at most one may be", count));
}

/// Each value once, where it was first.
void AttributeReader::MergeRepeated(const Attribute& attribute, ValueList& list) const {
  if (list.size() < 2) return;
  const ElementKeys keys(registry_, attribute);
  std::unordered_map<std::string, std::size_t> places;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto [place, is_new] = places.emplace(keys.Of(list[i]), kept);
    if (!is_new) {
      keys.Merge(list[place->second], list[i]);
      continue;
    }
    if (kept != i) list[kept] = std::move(list[i]);
    ++kept;
  }
  list.resize(kept);
}

}  // namespace scimledger
