#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/schema.h"

namespace scimledger {

/// `attributes` and `excludedAttributes` of one request (RFC 7644 §3.9), resolved against the types
/// that its answer may hold.
class AttributeSelection {
 public:
  /// Everything returned by default.
  AttributeSelection() = default;
  /// Comma-separated lists, blanks allowed; unknown names are ignored, and a list of nothing but
  /// blanks counts as not given. Both given: 400 `invalidValue`. Names may be short, dotted,
  /// URN-qualified, or a whole extension's URN. `supplied` are attributes the client sent, for
  /// `returned: request` in answers to writes.
  [[nodiscard]] static Result<AttributeSelection> Parse(const SchemaRegistry& registry,
                                                        std::span<const ResourceType> types,
                                                        std::optional<std::string_view> attributes,
                                                        std::optional<std::string_view> excluded,
                                                        std::span<const AttributeId> supplied = {});
  /// Whether the attribute (top level or sub) goes into the answer. Of a sub-attribute it is asked
  /// only when its parent does.
  bool Includes(const Attribute& attribute) const {
    const bool is_plain = mode_ == Mode::kDefault && attribute.returned == Returned::kDefault &&
                          attribute.mutability != Mutability::kWriteOnly;
    return is_plain || IncludesByRules(attribute);
  }
  /// True when `attributes=` was given: a PATCH then answers 200 with a body.
  bool is_explicit() const { return mode_ == Mode::kOnly; }

 private:
  enum class Mode : std::uint8_t { kDefault, kOnly, kExcept };
  void Name(const SchemaRegistry& registry, const ResourceType& type, std::string_view name);
  bool IncludesByRules(const Attribute& attribute) const;
  bool IncludesByDefault(const Attribute& attribute) const;

  Mode mode_ = Mode::kDefault;
  std::vector<AttributeId> named_;     ///< sorted; named themselves
  std::vector<AttributeId> parents_;   ///< sorted; parents of named sub-attributes
  std::vector<AttributeId> supplied_;  ///< sorted
};

}  // namespace scimledger
