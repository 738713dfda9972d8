#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/element_keys.h"
#include "engine/patch.h"
#include "engine/schema.h"
#include "engine/value.h"
#include "engine/work_budget.h"

namespace scimledger {

/// The values of one attribute while the operations of a patch change them: all elements of a
/// multi-valued attribute, or the one value of a complex one. Adding costs what is added, once the
/// elements have been indexed; everything else costs elements plus values sent.
class PatchElements {
 public:
  /// `attribute` is multi-valued, complex, or both. `value` is what it has now. `work` must outlive
  /// it.
  PatchElements(const SchemaRegistry& registry, const Attribute& attribute, Value value,
                WorkBudget& work);

  /// RFC 7644 §3.5.2.1 to §3.5.2.3, with the dialects of engine/patch.h. After an error, and when
  /// the budget is spent, the elements are in an unspecified state.
  [[nodiscard]] Result<void> Apply(const PatchOperation& operation);
  /// The attribute's value as it is now; unassigned when nothing is left.
  Value Copy() const;
  /// As Copy, with elements that operations made equal merged; the last call.
  [[nodiscard]] Result<Value> Take();
  bool empty() const { return elements_.empty(); }

 private:
  using Indexes = std::vector<std::size_t>;

  Indexes Matching(const std::optional<Filter>& filter) const;
  Result<void> ApplyToMatches(const PatchOperation& operation);
  Result<void> ApplyToAll(const PatchOperation& operation);
  Result<void> Clear(const PatchOperation& operation, const Indexes& matches);
  Result<void> Write(const PatchOperation& operation, const Indexes& matches);
  Result<void> Create(const PatchOperation& operation);
  Result<void> AddDistinct(const Value& sent);
  Result<void> IndexElements();
  void ForgetKeys();
  Result<void> MergeRepeated();
  void RemoveListed(const Value& sent);

  Result<void> Merge(std::size_t index, const AttributeMap& parts);
  Result<void> Replace(std::size_t index, const PatchOperation& operation);
  Result<void> SetPart(std::size_t index, AttributeId sub, Value value, PatchOp op);
  Result<void> Append(Value element);
  void NotePrimary(std::size_t index);
  Result<void> SettlePrimary();

  bool IsBare(const Value& element) const;

  const SchemaRegistry& registry_;
  const Attribute& attribute_;
  ElementKeys keys_;
  std::optional<AttributeId> value_part_, type_part_, primary_part_, ref_part_;
  WorkBudget& work_;
  ValueList elements_;
  /// Where the first element of each key is. nullopt: not since the last change that moved
  /// elements or gave them other keys.
  std::optional<std::unordered_map<std::string, std::size_t>> known_;
  bool may_repeat_ = false;  ///< elements may have the key of another one
  Indexes made_primary_;     ///< whose primary the operation set to true
};

}  // namespace scimledger
