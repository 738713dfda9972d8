#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/evaluator.h"
#include "engine/filter.h"

namespace scimledger {

/// Longest sort key: texts are ordered by so much of their comparison form. It bounds what sorting
/// keeps of each resource, and the length of a cursor.
inline constexpr std::size_t kSortKeyBytesMax = 512;

/// Looks up what `sortBy` names (RFC 7644 §3.4.2.3). A bare complex attribute stands for its
/// `value` part where it has one. 400 `invalidValue`: unknown, complex, without an order (binary),
/// or never returned.
[[nodiscard]] Result<AttributePath> BindSortBy(const SchemaRegistry& registry,
                                               const ResourceType& type, std::string_view name);

/// The byte that every sort key of the attribute begins with; engine/ordered_key.h makes the
/// others.
char SortKeyPrefix(const Attribute& attribute);

/// The resource's value at `path`, as bytes that order as values do: texts by comparison form, so
/// without case unless caseExact and without locale; numbers; instants; false before true. Of
/// several values the primary one counts, else the first. nullopt: no value.
std::optional<std::string> SortKeyOf(const SchemaRegistry& registry, const AttributePath& path,
                                     const ResourceReader& resource);

}  // namespace scimledger
