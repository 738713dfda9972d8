#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "engine/resource_json.h"
#include "engine/scalar_json.h"

namespace scimledger {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Both forms of a value, Value's and a document's, become the same text.
struct ValueWriter {
  const SchemaRegistry& registry;
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { AppendJsonInteger(out, value); }
  void operator()(double value) const { AppendJsonDecimal(out, value); }
  void operator()(std::string_view value) const { AppendJsonString(out, value); }

  void operator()(const AttributeMap& parts) const {
    char separator = '{';
    for (const auto& [id, part] : parts) {
      AppendPartName(id, separator);
      std::visit(*this, part.variant());
    }
    out += separator == '{' ? "{}" : "}";
  }
  void operator()(DocumentCursor parts) const {
    char separator = '{';
    while (parts.Next()) {
      AppendPartName(parts.id(), separator);
      std::visit(*this, ReadEncoded(parts.encoded()));
    }
    out += separator == '{' ? "{}" : "}";
  }

  void operator()(const ValueList& elements) const {
    char separator = '[';
    for (const Value& value : elements) {
      out += std::exchange(separator, ',');
      std::visit(*this, value.variant());
    }
    out += separator == '[' ? "[]" : "]";
  }
  void operator()(ElementCursor elements) const {
    char separator = '[';
    while (elements.Next()) {
      out += std::exchange(separator, ',');
      std::visit(*this, ReadEncoded(elements.encoded()));
    }
    out += separator == '[' ? "[]" : "]";
  }

  void AppendPartName(AttributeId id, char& separator) const {
    out += std::exchange(separator, ',');
    out += registry.attribute(id).json_key;
  }
};

std::unexpected<ScimError> RefuseStored(const Attribute& attribute) {
  return Refuse(ScimType::kInvalidValue,
                fmt::format("{}: the stored value does not fit the attribute", attribute.path));
}

Result<Value> ReadStored(const SchemaRegistry& registry, const Attribute& attribute, element json);

Result<Value> ReadStoredComplex(const SchemaRegistry& registry, const Attribute& attribute,
                                simdjson::dom::object object) {
  AttributeMap parts;
  for (const auto& [key, json] : object) {
    const auto sub = registry.FindSubAttribute(attribute.id, key);
    if (!sub) return RefuseStored(attribute);
    auto part = ReadStored(registry, registry.attribute(*sub), json);
    if (!part) return part;
    parts.Set(*sub, *std::move(part));
  }
  return Value(std::move(parts));
}

Result<Value> ReadStored(const SchemaRegistry& registry, const Attribute& attribute, element json) {
  switch (json.type()) {
    case element_type::NULL_VALUE:
      return Value();
    case element_type::ARRAY: {
      ValueList list;
      for (const element item : simdjson::dom::array(json)) {
        auto value = ReadStored(registry, attribute, item);
        if (!value) return value;
        list.push_back(*std::move(value));
      }
      return Value(std::move(list));
    }
    case element_type::OBJECT:
      if (attribute.type != AttributeType::kComplex) return RefuseStored(attribute);
      return ReadStoredComplex(registry, attribute, simdjson::dom::object(json));
    case element_type::STRING:
      if (!IsTextType(attribute.type)) return RefuseStored(attribute);
      return Value(std::string(json.get_string().value_unsafe()));
    case element_type::BOOL:
      if (attribute.type != AttributeType::kBoolean) return RefuseStored(attribute);
      return Value(json.get_bool().value_unsafe());
    case element_type::INT64:
      if (attribute.type != AttributeType::kInteger) return RefuseStored(attribute);
      return Value(json.get_int64().value_unsafe());
    case element_type::DOUBLE:
      if (attribute.type != AttributeType::kDecimal) return RefuseStored(attribute);
      return Value(json.get_double().value_unsafe());
    case element_type::UINT64:
      return RefuseStored(attribute);
  }
  std::unreachable();
}

/// The forms most events carry, read without a JSON parser. nullopt: not one of them.
std::optional<Value> ReadPlain(const Attribute& attribute, std::string_view json) {
  if (json.size() >= 2 && json.front() == '"' && json.back() == '"' && IsTextType(attribute.type)) {
    const std::string_view inner = json.substr(1, json.size() - 2);
    if (inner.find_first_of("\\\"") == std::string_view::npos) return Value(std::string(inner));
    return std::nullopt;
  }
  if (attribute.type == AttributeType::kBoolean) {
    if (json == "true") return Value(true);
    if (json == "false") return Value(false);
  }
  if (attribute.type == AttributeType::kInteger && !json.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), number);
    if (error == std::errc() && end == json.data() + json.size()) return Value(number);
  }
  return std::nullopt;
}

}  // namespace

void AppendValueJson(const SchemaRegistry& registry, const Value& value, std::string& out) {
  std::visit(ValueWriter{registry, out}, value.variant());
}

void AppendValueJson(const SchemaRegistry& registry, const EncodedValue& value, std::string& out) {
  std::visit(ValueWriter{registry, out}, value);
}

Result<Value> ReadValueJson(const SchemaRegistry& registry, AttributeId attribute,
                            std::string_view json) {
  const Attribute& definition = registry.attribute(attribute);
  if (auto plain = ReadPlain(definition, json)) return *std::move(plain);
  thread_local simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return RefuseStored(definition);
  }
  return ReadStored(registry, definition, root);
}

}  // namespace scimledger
