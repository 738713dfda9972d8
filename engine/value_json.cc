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
      if (attribute.type == AttributeType::kDecimal) {
        return Value(static_cast<double>(json.get_int64().value_unsafe()));
      }
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

/// BuildFromValueJson for what needs a JSON parser.
class StoredValueBuilder {
 public:
  StoredValueBuilder(const SchemaRegistry& registry, DocumentBuilder& document)
      : registry_(registry), document_(document) {}

  bool Build(const Attribute& attribute, element json) {
    switch (json.type()) {
      case element_type::ARRAY:
        return BuildList(attribute, simdjson::dom::array(json));
      case element_type::OBJECT:
        return attribute.type == AttributeType::kComplex &&
               BuildComplex(attribute, simdjson::dom::object(json));
      case element_type::STRING:
        document_.Text(json.get_string().value_unsafe());
        return IsTextType(attribute.type);
      case element_type::BOOL:
        document_.Boolean(json.get_bool().value_unsafe());
        return attribute.type == AttributeType::kBoolean;
      case element_type::INT64:
        document_.Integer(json.get_int64().value_unsafe());
        return attribute.type == AttributeType::kInteger;
      case element_type::DOUBLE:
        document_.Decimal(json.get_double().value_unsafe());
        return attribute.type == AttributeType::kDecimal;
      case element_type::UINT64:
      case element_type::NULL_VALUE:
        return false;
    }
    std::unreachable();
  }

 private:
  bool BuildList(const Attribute& attribute, simdjson::dom::array elements) {
    if (elements.size() == 0) return false;
    document_.List();
    for (const element item : elements) {
      document_.BeginElement();
      if (!Build(attribute, item)) return false;
      document_.End();
    }
    return true;
  }

  bool BuildComplex(const Attribute& attribute, simdjson::dom::object parts) {
    std::optional<AttributeId> last;
    document_.Complex();
    for (const auto& [key, json] : parts) {
      const auto sub = registry_.FindSubAttribute(attribute.id, key);
      if (!sub || (last && *sub <= *last)) return false;
      last = sub;
      document_.BeginEntry(*sub);
      if (!Build(registry_.attribute(*sub), json)) return false;
      document_.End();
    }
    return last.has_value();
  }

  const SchemaRegistry& registry_;
  DocumentBuilder& document_;
};

/// BuildFromValueJson for the forms that most values have. False: not one of them, nothing built.
bool BuildPlain(const Attribute& attribute, std::string_view json, DocumentBuilder& document) {
  const bool is_text = json.size() >= 2 && json.front() == '"' && json.back() == '"';
  if (is_text && IsTextType(attribute.type)) {
    const std::string_view inner = json.substr(1, json.size() - 2);
    if (inner.find_first_of("\\\"") != std::string_view::npos) return false;
    document.Text(inner);
    return true;
  }
  if (attribute.type != AttributeType::kBoolean || (json != "true" && json != "false"))
    return false;
  document.Boolean(json == "true");
  return true;
}

/// Of the thread: a parser keeps its memory.
bool ParseStored(std::string_view json, element& root) {
  thread_local simdjson::dom::parser parser;
  return parser.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS;
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
  element root;
  if (!ParseStored(json, root)) return RefuseStored(definition);
  return ReadStored(registry, definition, root);
}

bool BuildFromValueJson(const SchemaRegistry& registry, AttributeId attribute,
                        std::string_view json, DocumentBuilder& document) {
  const Attribute& definition = registry.attribute(attribute);
  if (BuildPlain(definition, json, document)) return true;
  element root;
  return ParseStored(json, root) && StoredValueBuilder(registry, document).Build(definition, root);
}

}  // namespace scimledger
