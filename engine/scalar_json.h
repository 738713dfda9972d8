#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "engine/json.h"
#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

inline constexpr std::size_t kStringBytesMax = 1U << 20U;

/// Types whose values are kept as strings.
bool IsTextType(AttributeType type);

/// "an object", "a list", "a string", … for error details.
std::string_view DescribeJsonType(simdjson::dom::element json);

/// What RFC 7643 §2.5 calls unassigned, and what clients send to say it: null, [] and "".
bool SaysNoValue(simdjson::dom::element json);

/// Reads one value of a simple attribute: RFC 7643 §2.3, and booleans and numbers inside strings.
/// No rule about the format of references. The error tells what is wrong, without a path.
[[nodiscard]] std::expected<Value, std::string> ParseScalar(AttributeType type,
                                                            simdjson::dom::element json);

}  // namespace scimledger
