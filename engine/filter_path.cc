#include <fmt/format.h>

#include <algorithm>

#include "engine/filter.h"
#include "engine/text.h"

namespace scimledger {
namespace {

/// What is left of `path` behind `urn` and a colon.
std::optional<std::string_view> RestAfterUrn(std::string_view urn, std::string_view path) {
  if (path.size() <= urn.size() || path[urn.size()] != ':') return std::nullopt;
  if (!EqualsIgnoreAsciiCase(urn, path.substr(0, urn.size()))) return std::nullopt;
  return path.substr(urn.size() + 1);
}

struct SchemaPrefix {
  std::string_view urn;   ///< the longest of the type's URNs that starts the path; empty: none
  std::string_view rest;  ///< the attribute behind it
};

SchemaPrefix SplitAtUrn(const ResourceType& type, std::string_view path) {
  SchemaPrefix best{{}, path};
  const auto consider = [&](std::string_view urn) {
    const auto rest = RestAfterUrn(urn, path);
    if (rest && urn.size() > best.urn.size()) best = {urn, *rest};
  };
  consider(type.schema);
  for (const SchemaExtension& extension : type.extensions) consider(extension.schema);
  return best;
}

std::optional<AttributeId> FindInOneExtension(const SchemaRegistry& registry,
                                              const ResourceType& type, std::string_view name) {
  std::optional<AttributeId> found;
  for (const SchemaExtension& extension : type.extensions) {
    const auto attribute = registry.FindInSchema(extension.schema, name);
    if (!attribute) continue;
    if (found) return std::nullopt;
    found = attribute;
  }
  return found;
}

std::optional<AttributeId> FindTopLevel(const SchemaRegistry& registry, const ResourceType& type,
                                        std::string_view urn, std::string_view name) {
  if (!urn.empty() && urn != type.schema) return registry.FindInSchema(urn, name);
  const auto attribute = registry.FindAttribute(type, name);
  if (attribute || !urn.empty()) return attribute;
  return FindInOneExtension(registry, type, name);
}

}  // namespace

std::optional<AttributePath> ResolvePath(const SchemaRegistry& registry, const ResourceType& type,
                                         std::string_view path) {
  const SchemaPrefix prefix = SplitAtUrn(type, path);
  const std::size_t dot = prefix.rest.find('.');
  const auto attribute = FindTopLevel(registry, type, prefix.urn, prefix.rest.substr(0, dot));
  if (!attribute) return std::nullopt;
  if (dot == std::string_view::npos) return AttributePath{*attribute, std::nullopt};
  const auto sub = registry.FindSubAttribute(*attribute, prefix.rest.substr(dot + 1));
  if (!sub) return std::nullopt;
  return AttributePath{*attribute, sub};
}

const Schema* ResolveSchemaPath(const SchemaRegistry& registry, const ResourceType& type,
                                std::string_view path) {
  const bool is_of_type =
      EqualsIgnoreAsciiCase(type.schema, path) ||
      std::any_of(type.extensions.begin(), type.extensions.end(), [&](const auto& extension) {
        return EqualsIgnoreAsciiCase(extension.schema, path);
      });
  return is_of_type ? registry.FindSchema(path) : nullptr;
}

std::string DescribeUnknownPath(const ResourceType& type, std::string_view path) {
  const bool has_unknown_urn =
      path.find(':') != std::string_view::npos && SplitAtUrn(type, path).urn.empty();
  if (has_unknown_urn) {
    return fmt::format(
        "'{}' belongs to no schema registered for {}; register the schema with "
        "`scimledger schema add`",
        path, type.name);
  }
  return fmt::format("{} has no attribute '{}'", type.name, path);
}

}  // namespace scimledger
