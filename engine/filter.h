#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

/// Limits of filters and of the filters inside PATCH paths; beyond them: 400 `invalidFilter`.
inline constexpr std::size_t kFilterBytesMax = 16 * 1024;
inline constexpr std::size_t kFilterDepthMax = 32;
inline constexpr std::size_t kFilterTermsMax = 1000;

enum class CompareOperator : std::uint8_t { kEq, kNe, kCo, kSw, kEw, kGt, kGe, kLt, kLe };
std::string_view ToString(CompareOperator op);

/// A filter as it was written, over attribute names nobody has looked up yet (RFC 7644 §3.4.2.2,
/// with errata 4690, 7319 and 7322: `not(` and `not (`; parentheses but no brackets inside
/// brackets).
struct FilterSyntax {
  /// null, true, false, a number or a string, as JSON writes them.
  using Literal = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
  struct Compare {
    std::string path;
    CompareOperator op{};
    Literal literal;
  };
  struct Present {
    std::string path;
  };
  struct ValuePath {
    std::string path;
    std::unique_ptr<FilterSyntax> inner;
  };
  struct And {
    std::vector<FilterSyntax> terms;
  };
  struct Or {
    std::vector<FilterSyntax> terms;
  };
  struct Not {
    std::unique_ptr<FilterSyntax> term;
  };
  std::variant<Compare, Present, ValuePath, And, Or, Not> node;
};

/// Parses the whole text. Errors: 400 `invalidFilter`, with the position and what was expected
/// there.
[[nodiscard]] Result<FilterSyntax> ParseFilter(std::string_view text);
/// Prints a text that parses to an equal tree.
std::string ToString(const FilterSyntax& filter);

/// An attribute path bound to a registry: a top-level attribute, and a sub-attribute where the
/// attribute is complex.
struct AttributePath {
  AttributeId attribute{};
  std::optional<AttributeId> sub;
  friend bool operator==(const AttributePath&, const AttributePath&) = default;
};

/// The operand in the form its attribute compares in. Never null: `x eq null` is bound as `not (x
/// pr)` and `x ne null` as `x pr`, because unassigned and null are one state (RFC 7643 §2.5).
struct Operand {
  Value value;         ///< typed for the attribute; an integer may meet a decimal
  std::string folded;  ///< strings: the comparison key (folded, or normalised when caseExact)
  std::int64_t instant_us = 0;  ///< dateTime: the instant
};

/// A filter bound to one resource type: every path resolved, every operand typed, every operator
/// allowed for its attribute. An And without terms always holds, an Or without terms never.
/// Immutable; move-only.
struct Filter {
  struct Compare {
    AttributePath path;
    CompareOperator op{};
    Operand operand;
  };
  struct Present {
    AttributePath path;
  };
  /// All inner terms hold for the same element. Inner paths name `attribute` and one of its parts.
  struct ValuePath {
    AttributeId attribute{};
    std::unique_ptr<Filter> inner;
  };
  struct And {
    std::vector<Filter> terms;
  };
  struct Or {
    std::vector<Filter> terms;
  };
  struct Not {
    std::unique_ptr<Filter> term;
  };
  std::variant<Compare, Present, ValuePath, And, Or, Not> node;
};

/// Looks a path up: `name`, `name.sub`, `urn:…:name.sub` (split at the longest URN known, so dots
/// in the URN do no harm), `$ref`; letter case does not matter. nullopt: no such attribute on
/// `type`. A bare complex attribute comes back without `sub`. A plain name that neither the common
/// attributes nor the base schema have is looked for in the extensions, and taken if exactly one
/// has it: clients write `manager` for the enterprise extension's.
std::optional<AttributePath> ResolvePath(const SchemaRegistry& registry, const ResourceType& type,
                                         std::string_view path);

/// The base schema or the extension of `type` that `path` names as a whole; nullptr: none.
const Schema* ResolveSchemaPath(const SchemaRegistry& registry, const ResourceType& type,
                                std::string_view path);

/// For error details about a path that names nothing: what is missing and how to get it.
std::string DescribeUnknownPath(const ResourceType& type, std::string_view path);

/// Binds a parsed filter. Errors, all 400 `invalidFilter`, name the attribute: unknown attribute;
/// ordering on boolean or binary; co/sw/ew on a type without text; an operand of the wrong type; an
/// attribute that is never returned (password); ordering against null. Booleans and numbers written
/// as strings (`primary eq "True"`) are accepted, as Entra sends them. A bare complex attribute
/// stands for its `value` part where it has one; `pr` on it, or on an extension's URN, for any of
/// its parts.
[[nodiscard]] Result<Filter> BindFilter(const SchemaRegistry& registry, const ResourceType& type,
                                        const FilterSyntax& syntax);

/// As BindFilter, for one type of a query over all of them (RFC 7644 §3.4.2.1): an attribute that
/// `type` lacks and another type has counts as one without a value.
[[nodiscard]] Result<Filter> BindFilterAcrossTypes(const SchemaRegistry& registry,
                                                   const ResourceType& type,
                                                   const FilterSyntax& syntax);

/// Binds the filter inside `attribute[…]` (PATCH paths, value paths).
[[nodiscard]] Result<Filter> BindElementFilter(const SchemaRegistry& registry,
                                               AttributeId attribute, const FilterSyntax& syntax);

}  // namespace scimledger
