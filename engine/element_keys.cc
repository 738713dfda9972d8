#include "engine/element_keys.h"

#include "engine/document.h"
#include "engine/unique_keys.h"

namespace scimledger {

std::string ElementKeys::OfSimple(AttributeId id, const Value& value) const {
  if (const std::string* text = value.AsString()) {
    return "s" + ComparisonKey(registry_.attribute(id), *text);
  }
  AttributeMap single;
  single.Set(id, value);
  return "d" + EncodeDocument(single);
}

std::string ElementKeys::Of(const Value& element) const {
  const AttributeMap* parts = element.AsComplex();
  if (parts == nullptr) return OfSimple(attribute_.id, element);
  const auto value_part = attribute_.parts.value;
  const Value* value = value_part ? parts->Find(*value_part) : nullptr;
  if (value == nullptr) return "w" + EncodeDocument(*parts);
  const auto type_part = attribute_.parts.type;
  const Value* type = type_part ? parts->Find(*type_part) : nullptr;
  std::string key = "v";
  if (type != nullptr) key += OfSimple(*type_part, *type);
  key.push_back('\0');
  return key + OfSimple(*value_part, *value);
}

void ElementKeys::Merge(Value& element, const Value& repeated) const {
  AttributeMap* parts = element.AsComplex();
  const AttributeMap* more = repeated.AsComplex();
  if (parts == nullptr || more == nullptr) return;
  for (const auto& [id, value] : *more) {
    const bool makes_primary =
        id == attribute_.parts.primary && value.AsBool() != nullptr && *value.AsBool();
    if (makes_primary || parts->Find(id) == nullptr) parts->Set(id, value);
  }
}

}  // namespace scimledger
