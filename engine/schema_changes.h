#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "engine/schema.h"

namespace scimledger {

/// Why an attribute in use cannot be joined by one that every resource must have.
inline constexpr std::string_view kAddedRequired =
    "an attribute added to a schema in use cannot be required: existing resources lack it";

/// Replaces `known` by what was sent, unless nothing was. Tells whether it changed.
bool MergeText(std::string& known, const std::string& sent);

/// Group.displayName: the tenant's settings say whether it is required and unique
/// (Setting::kGroupDisplayName), whatever a definition says.
bool IsDecidedBySettings(const Attribute& attribute);

/// Whether an attribute may be registered again like this: its description may change and its
/// canonical values may grow, nothing else (sub-attributes apart). The error says what cannot.
[[nodiscard]] std::expected<void, std::string> CheckAdditive(const Attribute& known,
                                                             const Attribute& sent);

/// Takes over what may change. Tells whether it did.
bool MergeCharacteristics(Attribute& known, const Attribute& sent);

}  // namespace scimledger
