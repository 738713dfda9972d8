#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/patch.h"
#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

/// The values of one attribute while an operation changes them: all elements of a multi-valued
/// attribute, or the one value of a complex one. Costs are linear in elements plus values sent.
class PatchElements {
 public:
  /// `attribute` is multi-valued, complex, or both. `value` is what it has now.
  PatchElements(const SchemaRegistry& registry, const Attribute& attribute, Value value);

  /// RFC 7644 §3.5.2.1 to §3.5.2.3, with the dialects of engine/patch.h. After an error the
  /// elements are in an unspecified state.
  [[nodiscard]] Result<void> Apply(const PatchOperation& operation);
  /// The attribute's new value; unassigned when nothing is left.
  Value Take();

 private:
  using Indexes = std::vector<std::size_t>;

  Indexes Matching(const std::optional<Filter>& filter) const;
  Result<void> ApplyToMatches(const PatchOperation& operation);
  Result<void> ApplyToAll(const PatchOperation& operation);
  Result<void> Clear(const PatchOperation& operation, const Indexes& matches);
  Result<void> Write(const PatchOperation& operation, const Indexes& matches);
  Result<void> Create(const PatchOperation& operation);
  Result<void> AddDistinct(const Value& sent);
  void RemoveListed(const Value& sent);

  Result<void> Merge(std::size_t index, const AttributeMap& parts);
  Result<void> Replace(std::size_t index, const PatchOperation& operation);
  Result<void> SetPart(std::size_t index, AttributeId sub, Value value, PatchOp op);
  Result<void> Append(Value element);
  void NotePrimary(std::size_t index);
  Result<void> SettlePrimary();

  bool IsBare(const Value& element) const;
  std::string KeyOf(AttributeId id, const Value& value) const;
  std::string ElementKey(const Value& element) const;

  const SchemaRegistry& registry_;
  const Attribute& attribute_;
  std::optional<AttributeId> value_part_, type_part_, primary_part_, ref_part_;
  ValueList elements_;
  Indexes made_primary_;  ///< elements whose primary the operation set to true
};

}  // namespace scimledger
