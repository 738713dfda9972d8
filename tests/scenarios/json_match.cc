#include "tests/scenarios/json_match.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <regex>
#include <string_view>

namespace scimledger::scenarios {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

using Difference = std::optional<std::string>;

Difference Match(element expected, element actual, const std::string& at, Bindings& bindings);

std::string Print(element value) { return std::string(simdjson::minify(value)); }

bool IsAbsent(element expected) {
  return expected.is_string() && expected.get_string().value() == "<absent>";
}

Difference MatchObject(const object& expected, const object& actual, const std::string& at,
                       Bindings& bindings) {
  bool others_allowed = false;
  for (const auto [key, value] : expected) {
    if (key == "...") {
      others_allowed = true;
      continue;
    }
    element found;
    const bool is_found = actual[key].get(found) == simdjson::SUCCESS;
    if (IsAbsent(value)) {
      if (is_found) return fmt::format("{}.{}: expected none, got {}", at, key, Print(found));
      continue;
    }
    if (!is_found) {
      return fmt::format("{}.{}: missing, expected {}", at, key, Print(value));
    }
    if (auto difference = Match(value, found, fmt::format("{}.{}", at, key), bindings)) {
      return difference;
    }
  }
  if (others_allowed) return std::nullopt;
  for (const auto [key, value] : actual) {
    element ignored;
    if (expected[key].get(ignored) != simdjson::SUCCESS) {
      return fmt::format("{}.{}: not expected, got {}", at, key, Print(value));
    }
  }
  return std::nullopt;
}

Difference MatchArray(const array& expected, const array& actual, const std::string& at,
                      Bindings& bindings) {
  if (expected.size() != actual.size()) {
    return fmt::format("{}: expected {} elements, got {}", at, expected.size(), actual.size());
  }
  std::size_t index = 0;
  auto other = actual.begin();
  for (const element value : expected) {
    if (auto difference = Match(value, *other, fmt::format("{}[{}]", at, index), bindings)) {
      return difference;
    }
    ++other;
    ++index;
  }
  return std::nullopt;
}

Difference Match(element expected, element actual, const std::string& at, Bindings& bindings) {
  if (expected.is_string()) {
    const std::string text(expected.get_string().value());
    if (text == "<any>") return std::nullopt;
    if (!actual.is_string()) {
      return fmt::format("{}: expected \"{}\", got {}", at, text, Print(actual));
    }
    auto difference = MatchText(text, std::string(actual.get_string().value()), bindings);
    if (difference) return fmt::format("{}: {}", at, *difference);
    return std::nullopt;
  }
  if (expected.is_object() && actual.is_object()) {
    return MatchObject(expected.get_object().value(), actual.get_object().value(), at, bindings);
  }
  if (expected.is_array() && actual.is_array()) {
    return MatchArray(expected.get_array().value(), actual.get_array().value(), at, bindings);
  }
  if (Print(expected) != Print(actual)) {
    return fmt::format("{}: expected {}, got {}", at, Print(expected), Print(actual));
  }
  return std::nullopt;
}

}  // namespace

std::string Substitute(const std::string& text, const Bindings& bindings) {
  std::string result = text;
  for (const auto& [name, value] : bindings) {
    const std::string placeholder = "<" + name + ">";
    for (auto at = result.find(placeholder); at != std::string::npos;
         at = result.find(placeholder, at + value.size())) {
      result.replace(at, placeholder.size(), value);
    }
  }
  return result;
}

std::optional<std::string> MatchText(const std::string& expected, const std::string& actual,
                                     Bindings& bindings) {
  if (expected == "<any>") return std::nullopt;
  if (expected.starts_with("<id:") && expected.ends_with(">")) {
    const auto [at, is_new] = bindings.emplace(expected.substr(4, expected.size() - 5), actual);
    if (is_new || at->second == actual) return std::nullopt;
    return fmt::format("expected <{}> = \"{}\", got \"{}\"", at->first, at->second, actual);
  }
  if (expected.starts_with("<re:") && expected.ends_with(">")) {
    const std::regex pattern(expected.substr(4, expected.size() - 5));
    if (std::regex_search(actual, pattern)) return std::nullopt;
    return fmt::format("\"{}\" does not match {}", actual, expected);
  }
  const std::string substituted = Substitute(expected, bindings);
  if (substituted == actual) return std::nullopt;
  return fmt::format("expected \"{}\", got \"{}\"", substituted, actual);
}

std::optional<std::string> MatchJson(const std::string& expected, const std::string& actual,
                                     Bindings& bindings) {
  simdjson::dom::parser expected_parser;
  simdjson::dom::parser actual_parser;
  element expected_root;
  element actual_root;
  if (expected_parser.parse(expected).get(expected_root) != simdjson::SUCCESS) {
    return "the expectation is not JSON: " + expected;
  }
  if (actual_parser.parse(actual).get(actual_root) != simdjson::SUCCESS) {
    return "the body is not JSON: " + actual;
  }
  auto difference = Match(expected_root, actual_root, "body", bindings);
  if (difference) return *difference + "\n  whole body: " + actual;
  return std::nullopt;
}

}  // namespace scimledger::scenarios
