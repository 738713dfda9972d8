#include "tests/simulators/attribute.h"

#include <fmt/core.h>

#include <algorithm>

namespace scimledger::simulators {
namespace {

using simdjson::dom::element;

std::optional<element> Member(element object, std::string_view name) {
  element found;
  if (object[name].get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

std::optional<std::string> AsText(element value) {
  if (value.is_string()) return std::string(value.get_string().value());
  return std::string(simdjson::minify(value));
}

/// The extension's URN at the begin of a path, as far as the resource has it.
std::optional<std::string_view> ExtensionOf(element resource, std::string_view path) {
  const simdjson::dom::object object = resource;
  for (const auto [key, value] : object) {
    const bool is_prefix = path.size() > key.size() && path.starts_with(key);
    if (is_prefix && path[key.size()] == ':' && value.is_object()) return key;
  }
  return std::nullopt;
}

/// Adds each value's path, as a mapping would write it.
void AddPaths(element value, const std::string& path, std::vector<std::string>& paths) {
  if (value.is_object()) {
    const simdjson::dom::object object = value;
    for (const auto [key, child] : object) {
      const std::string separator = path.empty() ? "" : path.starts_with("urn:") ? ":" : ".";
      AddPaths(child, path + separator + std::string(key), paths);
    }
  } else if (value.is_array()) {
    const simdjson::dom::array items = value;
    for (const element item : items) {
      const auto type = item.is_object() ? ReadAttribute(item, "type") : std::nullopt;
      AddPaths(item, fmt::format("{}[type eq \"{}\"]", path, type.value_or("")), paths);
    }
  } else {
    paths.push_back(path);
  }
}

}  // namespace

std::optional<std::string> ReadAttribute(element resource, std::string_view path) {
  if (path.starts_with("urn:")) {
    const auto extension = ExtensionOf(resource, path);
    if (!extension) return std::nullopt;
    return ReadAttribute(*Member(resource, *extension), path.substr(extension->size() + 1));
  }
  constexpr std::string_view kFilter = "[type eq \"";
  if (const auto at = path.find(kFilter); at != std::string_view::npos) {
    const auto type_at = at + kFilter.size();
    const auto end = path.find('"', type_at);
    const auto items = Member(resource, path.substr(0, at));
    if (!items || !items->is_array()) return std::nullopt;
    const simdjson::dom::array elements = *items;
    for (const element item : elements) {
      if (ReadAttribute(item, "type") != path.substr(type_at, end - type_at)) continue;
      return ReadAttribute(item, path.substr(end + 3));
    }
    return std::nullopt;
  }
  const auto dot = path.find('.');
  const auto value = Member(resource, path.substr(0, dot));
  if (!value) return std::nullopt;
  if (dot == std::string_view::npos) return AsText(*value);
  return ReadAttribute(*value, path.substr(dot + 1));
}

std::vector<Difference> Compare(const Mapping& mapping, const Fields& source, element resource) {
  std::vector<Difference> differences;
  for (const Mapped& mapped : mapping) {
    std::string before = ReadAttribute(resource, mapped.path).value_or("");
    const std::string& after = source.Get(mapped.source).text;
    if (before != after) differences.push_back({mapped.path, std::move(before), after});
  }
  return differences;
}

std::vector<std::string> Unmapped(const Mapping& mapping, element resource) {
  std::vector<std::string> paths;
  AddPaths(resource, "", paths);
  const auto is_mapped = [&mapping](std::string_view path) {
    return std::ranges::any_of(mapping, [&](const Mapped& mapped) { return mapped.path == path; });
  };
  std::erase_if(paths, [&](const std::string& path) {
    for (const std::string_view own : {"schemas", "id", "meta.", "active", "groups", "members"}) {
      if (path.starts_with(own)) return true;
    }
    if (path.contains(":manager")) return true;  // compared apart
    // The keys of multi-valued attributes, if there is a value beside them.
    const auto bracket = path.find("].");
    if (path.ends_with("].type") || path.ends_with("].primary")) {
      return std::ranges::any_of(mapping, [&](const Mapped& mapped) {
        return mapped.path.starts_with(path.substr(0, bracket + 2)) &&
               ReadAttribute(resource, mapped.path);
      });
    }
    return is_mapped(path);
  });
  return paths;
}

}  // namespace scimledger::simulators
