#include "engine/patch_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/text.h"
#include "storage/result.h"

namespace scimledger {
namespace {

struct PathParts {
  std::string_view attribute;
  std::optional<std::string_view> filter;
  std::string_view sub;  ///< behind the brackets, without its dot; empty: none
};

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Position of the bracket that closes the one at `open`; strings may hold brackets of their own.
std::size_t FindClosingBracket(std::string_view text, std::size_t open) {
  bool is_in_string = false;
  for (std::size_t at = open + 1; at < text.size(); ++at) {
    if (is_in_string && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && text[at] == ']') {
      return at;
    }
  }
  return std::string_view::npos;
}

bool IsArrayIndex(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<PathParts> Split(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return PathParts{text, std::nullopt, {}};
  const std::size_t close = FindClosingBracket(text, open);
  if (close == std::string_view::npos) {
    return Refuse(ScimType::kInvalidPath, "the bracket '[' is never closed");
  }
  PathParts parts{Trimmed(text.substr(0, open)), text.substr(open + 1, close - open - 1), {}};
  if (IsArrayIndex(Trimmed(*parts.filter))) {
    return Refuse(ScimType::kInvalidPath,
                  "values have no index; choose them by a filter such as [type eq \"work\"]");
  }
  std::string_view rest = text.substr(close + 1);
  if (rest.empty()) return parts;
  if (!rest.starts_with('.') || rest.size() == 1) {
    return Refuse(ScimType::kInvalidPath,
                  "behind ']' only '.' and the name of a sub-attribute may follow");
  }
  parts.sub = rest.substr(1);
  return parts;
}

Result<std::optional<AttributeId>> ResolveSub(const SchemaRegistry& registry,
                                              const Attribute& attribute, std::string_view name) {
  if (name.empty()) return std::optional<AttributeId>();
  const bool is_simple = attribute.type != AttributeType::kComplex;
  if (is_simple && EqualsIgnoreAsciiCase(name, "value")) return std::optional<AttributeId>();
  const auto sub = is_simple ? std::nullopt : registry.FindSubAttribute(attribute.id, name);
  if (sub) return sub;
  return Refuse(ScimType::kInvalidPath,
                fmt::format("'{}' has no sub-attribute '{}'", attribute.path, name));
}

Result<PatchPath> BindValuePath(const SchemaRegistry& registry, const AttributePath& path,
                                const PathParts& parts) {
  const Attribute& attribute = registry.attribute(path.attribute);
  const bool has_elements =
      !path.sub && (attribute.multi_valued || attribute.type == AttributeType::kComplex);
  if (!has_elements) {
    return Refuse(ScimType::kInvalidPath,
                  fmt::format("'{}' has neither parts nor several values, so [ ] cannot follow it",
                              parts.attribute));
  }
  SCIMLEDGER_TRY_ASSIGN(const auto sub, ResolveSub(registry, attribute, parts.sub));
  SCIMLEDGER_TRY_ASSIGN(const FilterSyntax syntax, ParseFilter(*parts.filter));
  SCIMLEDGER_TRY_ASSIGN(Filter filter, BindElementFilter(registry, path.attribute, syntax));
  return PatchPath{path.attribute, std::move(filter), sub};
}

}  // namespace

Result<PatchTarget> ParsePatchPath(const SchemaRegistry& registry, const ResourceType& type,
                                   std::string_view text) {
  if (text.size() > kFilterBytesMax) {
    return Refuse(ScimType::kInvalidPath, fmt::format("the path has {} bytes; at most {} are "
                                                      "accepted",
                                                      text.size(), kFilterBytesMax));
  }
  text = Trimmed(text);
  if (const Schema* schema = ResolveSchemaPath(registry, type, text)) {
    return PatchTarget{PatchPath{}, schema};
  }
  SCIMLEDGER_TRY_ASSIGN(const PathParts parts, Split(text));
  const auto path = ResolvePath(registry, type, parts.attribute);
  if (!path) return Refuse(ScimType::kInvalidPath, DescribeUnknownPath(type, parts.attribute));
  if (!parts.filter)
    return PatchTarget{PatchPath{path->attribute, std::nullopt, path->sub}, nullptr};
  SCIMLEDGER_TRY_ASSIGN(PatchPath bound, BindValuePath(registry, *path, parts));
  return PatchTarget{std::move(bound), nullptr};
}

}  // namespace scimledger
