#include "tests/simulators/fields.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <cctype>
#include <stdexcept>
#include <utility>

namespace scimledger::simulators {
namespace {

using simdjson::dom::element;

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

struct Place {
  std::size_t begin = std::string_view::npos;
  std::size_t end = 0;  ///< after the brace
  std::string name;
};

/// The first `{name}` from `from` on; `begin` is npos if there is none.
Place FindPlace(std::string_view text, std::size_t from) {
  for (auto at = text.find('{', from); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const auto end = text.find_first_not_of(kNameCharacters, at + 1);
    if (end == std::string_view::npos || text[end] != '}' || end == at + 1) continue;
    return {at, end + 1, std::string(text.substr(at + 1, end - at - 1))};
  }
  return {};
}

/// A part of a filled-in document: was there anything to fill in, and a value for any of it?
struct Part {
  std::string json;
  bool has_places = false;
  bool has_values = false;

  bool IsLeftOut() const { return has_places && !has_values; }
  void Note(const Part& child) {
    has_places = has_places || child.has_places;
    has_values = has_values || child.has_values;
  }
};

Part FillString(std::string_view text, const Fields& fields) {
  Part part;
  std::string filled;
  std::size_t done = 0;
  for (Place place = FindPlace(text, 0); place.begin != std::string_view::npos;
       place = FindPlace(text, done)) {
    const Fields::Field& field = fields.Get(place.name);
    part.has_places = true;
    if (field.text.empty()) return part;
    part.has_values = true;
    if (field.is_json && place.begin == 0 && place.end == text.size()) {
      part.json = field.text;
      return part;
    }
    filled += text.substr(done, place.begin - done);
    filled += field.text;
    done = place.end;
  }
  filled += text.substr(done);
  part.json = Quote(filled);
  return part;
}

Part FillElement(element value, const Fields& fields);

Part FillArray(const simdjson::dom::array& array, const Fields& fields) {
  Part part;
  part.json = "[";
  for (const element item : array) {
    const Part child = FillElement(item, fields);
    part.Note(child);
    if (child.IsLeftOut()) continue;
    if (part.json.size() > 1) part.json += ',';
    part.json += child.json;
  }
  part.json += ']';
  return part;
}

Part FillObject(const simdjson::dom::object& object, const Fields& fields) {
  Part part;
  part.json = "{";
  for (const auto [key, value] : object) {
    const Part child = FillElement(value, fields);
    part.Note(child);
    if (child.IsLeftOut()) continue;
    if (part.json.size() > 1) part.json += ',';
    part.json += Quote(key) + ':' + child.json;
  }
  part.json += '}';
  return part;
}

Part FillElement(element value, const Fields& fields) {
  if (value.is_string()) return FillString(value.get_string().value(), fields);
  if (value.is_array()) return FillArray(value.get_array().value(), fields);
  if (value.is_object()) return FillObject(value.get_object().value(), fields);
  Part part;
  part.json = simdjson::minify(value);
  return part;
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || std::string_view("-._~").contains(c));
    if (is_plain) {
      encoded += c;
    } else if (c == '"' || c == '\\') {
      encoded += fmt::format("%5C%{:02X}", byte);  // a filter's value is a JSON string
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

}  // namespace

Fields& Fields::Text(std::string name, std::string text) {
  fields_[std::move(name)] = {std::move(text), false};
  return *this;
}

Fields& Fields::Json(std::string name, std::string json) {
  fields_[std::move(name)] = {std::move(json), true};
  return *this;
}

const Fields::Field& Fields::Get(const std::string& name) const {
  const auto at = fields_.find(name);
  if (at == fields_.end())
    throw std::runtime_error("a step names {" + name + "}, which is unknown");
  return at->second;
}

std::string FillTarget(std::string_view text, const Fields& fields) {
  std::string filled;
  std::size_t done = 0;
  for (Place place = FindPlace(text, 0); place.begin != std::string_view::npos;
       place = FindPlace(text, done)) {
    filled += text.substr(done, place.begin - done);
    filled += PercentEncode(fields.Get(place.name).text);
    done = place.end;
  }
  return filled += text.substr(done);
}

std::string FillJson(std::string_view json, const Fields& fields) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    throw std::runtime_error("a step holds what is not JSON: " + std::string(json));
  }
  return FillElement(root, fields).json;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted += '"';
}

}  // namespace scimledger::simulators
