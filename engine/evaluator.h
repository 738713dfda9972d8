#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "engine/filter.h"

namespace scimledger {

/// What the evaluator asks of a resource. Reference sets and memberships may be huge, so they are
/// visited, not returned.
class ResourceReader {
 public:
  virtual ~ResourceReader() = default;
  /// The value of a top-level attribute that is neither a reference set nor memberships; common and
  /// derived parts included. nullopt: no value.
  virtual std::optional<Value> Get(AttributeId attribute) const = 0;
  /// Of a stored attribute whose value is Get's as it lies in the document (engine/document.h), so
  /// that one part of it can be looked at alone. nullopt: it has none, or Get makes more of it.
  virtual std::optional<std::string_view> GetEncoded(AttributeId /*attribute*/) const {
    return std::nullopt;
  }
  /// Visits the elements (value, type, display, $ref) of a reference set or of memberships until
  /// `visit` returns true; tells whether it did.
  virtual bool AnyElement(AttributeId attribute,
                          const std::function<bool(const AttributeMap&)>& visit) const = 0;
};

/// The plain evaluator: it defines what a filter means (RFC 7644 §3.4.2.2); every index must agree
/// with it. An attribute without a value makes eq, co, sw, ew, pr and the orderings false and ne
/// true; a multi-valued attribute matches if one of its values does, and `ne` is the negation of
/// `eq`. Only `primary` counts as false where a value lacks it (§2.4 of RFC 7643), but for `pr`.
bool Matches(const SchemaRegistry& registry, const Filter& filter, const ResourceReader& resource);

/// For a filter bound by BindElementFilter: against one element of its attribute (a complex value,
/// or a simple one standing for its `value`).
bool MatchesElement(const SchemaRegistry& registry, const Filter& filter, const Value& element);

}  // namespace scimledger
