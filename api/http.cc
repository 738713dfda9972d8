#include "api/http.h"

#include <algorithm>

#include "api/scim_response.h"

namespace scimledger::api {
namespace {

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ToLower, ToLower);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

enum class Plus { kStays, kIsSpace };

std::optional<std::string> PercentDecode(std::string_view text, Plus plus) {
  const auto is_special = [plus](char c) {
    return c == '%' || c == '\0' || (c == '+' && plus == Plus::kIsSpace);
  };
  if (std::ranges::none_of(text, is_special)) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == Plus::kIsSpace) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  return decoded;
}

/// Calls `take` with each part between separators until it refuses one.
template <typename Take>
bool ForEachPart(std::string_view text, char separator, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0 && !take(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace

HttpResponse HttpHandler::AnswerUnreadable(const ScimError& error) { return ErrorResponse(error); }

std::optional<std::string_view> FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return std::nullopt;
}

const std::string* Target::Find(std::string_view name) const {
  for (const Parameter& parameter : parameters) {
    if (EqualsIgnoringCase(parameter.name, name)) return &parameter.value;
  }
  return nullptr;
}

std::optional<Target> ParseTarget(std::string_view target) {
  const std::size_t path_end = std::min(target.find('?'), target.size());
  Target parsed;
  const bool path_is_good =
      ForEachPart(target.substr(0, path_end), '/', [&parsed](std::string_view part) {
        auto segment = PercentDecode(part, Plus::kStays);
        if (segment) parsed.segments.push_back(*std::move(segment));
        return segment.has_value();
      });
  if (!path_is_good) return std::nullopt;
  if (path_end == target.size()) return parsed;
  const bool query_is_good =
      ForEachPart(target.substr(path_end + 1), '&', [&parsed](std::string_view part) {
        const std::size_t name_end = std::min(part.find('='), part.size());
        auto name = PercentDecode(part.substr(0, name_end), Plus::kIsSpace);
        auto value =
            PercentDecode(part.substr(std::min(name_end + 1, part.size())), Plus::kIsSpace);
        if (!name || !value) return false;
        parsed.parameters.push_back(Parameter{*std::move(name), *std::move(value)});
        return true;
      });
  if (!query_is_good) return std::nullopt;
  return parsed;
}

}  // namespace scimledger::api
