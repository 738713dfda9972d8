#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "engine/filter.h"
#include "engine/schema.h"

namespace scimledger {

/// A simple value where it lies.
using Scalar = std::variant<bool, std::int64_t, double, std::string_view>;

/// Appends bytes that compare as filters compare values of `attribute` (engine/evaluator.h): equal
/// bytes for equal values, and smaller bytes for smaller ones. Texts by comparison form, so that
/// co, sw and ew ask the bytes too; numbers, whole or not, in one order; instants; false before
/// true. False, with nothing appended: filters never find this value except by `pr`.
bool AppendOrderedKey(const Attribute& attribute, const Scalar& value, std::string& key);

/// The same bytes for the instant that a dateTime names.
void AppendInstantKey(std::int64_t time_us, std::string& key);

/// Names the rules by which keys are made, of this program and of the Unicode library it runs with:
/// stored keys of another name must not be compared with new ones.
std::string OrderedKeyRules();

/// The same bytes for the operand of a bound comparison.
std::string OrderedKeyOf(const Attribute& attribute, const Operand& operand);

}  // namespace scimledger
