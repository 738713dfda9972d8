#include "api/search_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/json.h"
#include "engine/text.h"

namespace scimledger::api {
namespace {

/// Of attributes in a list: far more than a resource type has.
constexpr std::size_t kNamesMax = 1000;

constexpr std::string_view kSearchRequest = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

enum class FieldKind : std::uint8_t { kText, kNumber, kNames };

struct Field {
  std::string_view name;
  FieldKind kind;
};
constexpr std::array<Field, 8> kFields = {{{"attributes", FieldKind::kNames},
                                           {"excludedAttributes", FieldKind::kNames},
                                           {"filter", FieldKind::kText},
                                           {"sortBy", FieldKind::kText},
                                           {"sortOrder", FieldKind::kText},
                                           {"startIndex", FieldKind::kNumber},
                                           {"count", FieldKind::kNumber},
                                           {"cursor", FieldKind::kText}}};

std::unexpected<ScimError> WrongField(const Field& field) {
  constexpr std::array<std::string_view, 3> kExpected = {"a string", "a whole number",
                                                         "a list of attribute names"};
  return Refuse(
      ScimType::kInvalidValue,
      fmt::format("{} must be {}.", field.name, kExpected[static_cast<std::size_t>(field.kind)]));
}

bool IsSearchRequest(simdjson::dom::element schemas) {
  simdjson::dom::array list;
  if (schemas.get(list) != simdjson::SUCCESS) return false;
  for (const simdjson::dom::element entry : list) {
    std::string_view urn;
    if (entry.get(urn) == simdjson::SUCCESS && EqualsIgnoreAsciiCase(urn, kSearchRequest)) {
      return true;
    }
  }
  return false;
}

Result<void> AppendNames(const Field& field, simdjson::dom::element value,
                         std::vector<Parameter>& out) {
  simdjson::dom::array names;
  if (value.get(names) != simdjson::SUCCESS) return WrongField(field);
  if (names.size() > kNamesMax) {
    return Refuse(ScimType::kInvalidValue,
                  fmt::format("'{}' names more than {} attributes", field.name, kNamesMax));
  }
  for (const simdjson::dom::element entry : names) {
    std::string_view name;
    if (entry.get(name) != simdjson::SUCCESS) return WrongField(field);
    out.push_back({std::string(field.name), std::string(name)});
  }
  return {};
}

Result<void> AppendField(const Field& field, simdjson::dom::element value,
                         std::vector<Parameter>& out) {
  std::string_view text;
  std::int64_t number = 0;
  switch (field.kind) {
    case FieldKind::kNames:
      return AppendNames(field, value, out);
    case FieldKind::kText:
      if (value.get(text) != simdjson::SUCCESS) return WrongField(field);
      out.push_back({std::string(field.name), std::string(text)});
      return {};
    case FieldKind::kNumber:
      if (!value.is_int64() || value.get(number) != simdjson::SUCCESS) return WrongField(field);
      out.push_back({std::string(field.name), fmt::format("{}", number)});
      return {};
  }
  return {};
}

/// The fields of the body as parameters; `given` gets their names.
Result<std::vector<Parameter>> ReadFields(simdjson::dom::object body,
                                          std::vector<std::string_view>& given) {
  std::vector<Parameter> parameters;
  bool is_search = false;
  for (const auto& [key, value] : body) {
    const std::string_view name = key;
    if (EqualsIgnoreAsciiCase(name, "schemas")) is_search = IsSearchRequest(value);
    const auto field = std::find_if(kFields.begin(), kFields.end(), [&](const Field& known) {
      return EqualsIgnoreAsciiCase(known.name, name);
    });
    if (field == kFields.end() || value.is_null()) continue;
    given.push_back(field->name);
    SCIMLEDGER_TRY(AppendField(*field, value, parameters));
  }
  if (is_search) return parameters;
  return Refuse(ScimType::kInvalidSyntax,
                fmt::format("The body of a search must name \"{}\" in `schemas`.", kSearchRequest));
}

}  // namespace

Result<void> ReadSearchRequest(Exchange& exchange) {
  SCIMLEDGER_TRY_ASSIGN(const JsonDocument json, JsonDocument::Parse(exchange.request.body));
  simdjson::dom::object body;
  if (json.root().get(body) != simdjson::SUCCESS) {
    return Refuse(ScimType::kInvalidSyntax, "The body of a search must be a JSON object.");
  }
  std::vector<std::string_view> given;
  SCIMLEDGER_TRY_ASSIGN(std::vector<Parameter> parameters, ReadFields(body, given));
  for (Parameter& parameter : exchange.target.parameters) {
    const bool is_given = std::any_of(given.begin(), given.end(), [&](std::string_view name) {
      return EqualsIgnoreAsciiCase(name, parameter.name);
    });
    if (!is_given) parameters.push_back(std::move(parameter));
  }
  exchange.target.parameters = std::move(parameters);
  return {};
}

}  // namespace scimledger::api
