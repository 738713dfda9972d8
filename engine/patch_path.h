#pragma once

#include <string_view>

#include "engine/patch.h"
#include "engine/schema.h"

namespace scimledger {

/// What the `path` of an operation names: a place in an attribute, or a whole schema.
struct PatchTarget {
  PatchPath path;
  const Schema* schema = nullptr;  ///< set: all attributes of this schema, and `path` means nothing
};

/// Parses and binds a PATCH path (RFC 7644 §3.5.2 fig. 7): `attribute`, `attribute.sub`,
/// `attribute[filter]`, `attribute[filter].sub`, each with or without its schema's URN, or a URN
/// alone. Errors: `invalidPath` (malformed, unknown, longer than kFilterBytesMax), `invalidFilter`
/// for what is wrong inside the brackets.
[[nodiscard]] Result<PatchTarget> ParsePatchPath(const SchemaRegistry& registry,
                                                 const ResourceType& type, std::string_view text);

}  // namespace scimledger
