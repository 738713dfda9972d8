#include "engine/scalar_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "engine/text.h"

namespace scimledger {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string_view Describe(AttributeType type) {
  switch (type) {
    case AttributeType::kString:
      return "a string";
    case AttributeType::kBoolean:
      return "a boolean (true or false)";
    case AttributeType::kDecimal:
      return "a number";
    case AttributeType::kInteger:
      return "an integer (no fraction, no exponent)";
    case AttributeType::kDateTime:
      return "a date and time like \"2026-11-23T10:00:00Z\"";
    case AttributeType::kBinary:
      return "base64 in a string";
    case AttributeType::kReference:
      return "a URI in a string";
    case AttributeType::kComplex:
      return "an object";
  }
  std::unreachable();
}

std::unexpected<std::string> Mismatch(AttributeType type, element json) {
  return std::unexpected(
      fmt::format("expected {}, got {}", Describe(type), DescribeJsonType(json)));
}

/// For strings that hold something else than they should; the value itself may be personal data.
std::unexpected<std::string> BadText(AttributeType type) {
  return std::unexpected(fmt::format("expected {}, got a string that is not one", Describe(type)));
}

std::expected<Value, std::string> ParseBoolean(element json) {
  bool value = false;
  if (json.get(value) == simdjson::SUCCESS) return Value(value);
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return Mismatch(AttributeType::kBoolean, json);
  if (EqualsIgnoreAsciiCase(text, "true")) return Value(true);
  if (EqualsIgnoreAsciiCase(text, "false")) return Value(false);
  return BadText(AttributeType::kBoolean);
}

template <typename Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::expected<Value, std::string> ParseInteger(element json) {
  std::int64_t value = 0;
  // A fraction or an exponent makes simdjson report a double, also for 1.0 (RFC 7643 §2.3.4).
  if (json.is<std::int64_t>() && json.get(value) == simdjson::SUCCESS) return Value(value);
  std::string_view text;
  if (json.get(text) == simdjson::SUCCESS) {
    if (const auto number = ParseWhole<std::int64_t>(text)) return Value(*number);
    return BadText(AttributeType::kInteger);
  }
  if (json.is<double>()) {
    return std::unexpected(
        std::string("expected an integer, got a number with a fraction or an exponent"));
  }
  return Mismatch(AttributeType::kInteger, json);
}

std::expected<Value, std::string> ParseDecimal(element json) {
  double value = 0;
  if (json.get(value) == simdjson::SUCCESS) return Value(value);
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return Mismatch(AttributeType::kDecimal, json);
  const auto number = ParseWhole<double>(text);
  if (!number || !std::isfinite(*number)) return BadText(AttributeType::kDecimal);
  return Value(*number);
}

/// RFC 7643 §2.3.6: RFC 4648 §4, whose alphabet has `+` and `/`. Padding may be missing, which the
/// same section leaves open.
bool IsBase64(std::string_view text) {
  const std::size_t length =
      text.find('=') == std::string_view::npos ? text.size() : text.find('=');
  const std::string_view padding = text.substr(length);
  if (!padding.empty() && (padding.size() > 2 || text.size() % 4 != 0)) return false;
  if (padding.find_first_not_of('=') != std::string_view::npos || length % 4 == 1) return false;
  const std::string_view digits = text.substr(0, length);
  return std::all_of(digits.begin(), digits.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

std::expected<Value, std::string> ParseText(AttributeType type, element json) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return Mismatch(type, json);
  if (text.size() > kStringBytesMax) {
    return std::unexpected(fmt::format("the string has {} bytes; at most {} are accepted",
                                       text.size(), kStringBytesMax));
  }
  if (type == AttributeType::kDateTime && !ParseDateTime(text)) return BadText(type);
  if (type == AttributeType::kBinary && !IsBase64(text)) return BadText(type);
  return Value(std::string(text));
}

}  // namespace

bool IsTextType(AttributeType type) {
  return type == AttributeType::kString || type == AttributeType::kDateTime ||
         type == AttributeType::kBinary || type == AttributeType::kReference;
}

std::string_view DescribeJsonType(element json) {
  switch (json.type()) {
    case element_type::OBJECT:
      return "an object";
    case element_type::ARRAY:
      return "a list";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "a number";
  }
  std::unreachable();
}

bool SaysNoValue(element json) {
  switch (json.type()) {
    case element_type::NULL_VALUE:
      return true;
    case element_type::STRING:
      return json.get_string().value_unsafe().empty();
    case element_type::ARRAY:
      return simdjson::dom::array(json).size() == 0;
    default:
      return false;
  }
}

std::expected<Value, std::string> ParseScalar(AttributeType type, element json) {
  switch (type) {
    case AttributeType::kBoolean:
      return ParseBoolean(json);
    case AttributeType::kInteger:
      return ParseInteger(json);
    case AttributeType::kDecimal:
      return ParseDecimal(json);
    case AttributeType::kString:
    case AttributeType::kDateTime:
    case AttributeType::kBinary:
    case AttributeType::kReference:
      return ParseText(type, json);
    case AttributeType::kComplex:
      break;
  }
  return Mismatch(type, json);
}

}  // namespace scimledger
