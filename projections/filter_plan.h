#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "projections/explain.h"
#include "projections/type_index.h"

namespace scimledger::projections {

/// What columns know of a filter: slots that match for certain, and slots that may.
struct Bounds {
  BitSet sure;
  std::optional<BitSet> possible;  ///< with all of `sure`; nullopt: no others

  const BitSet& possible_or_sure() const { return possible ? *possible : sure; }
};

/// The columns that answer the filter where they are there.
std::vector<ColumnKey> ColumnsFor(const SchemaRegistry& registry, const Filter& filter);

/// Whether ids in the filter lead to the rows without any column: `id`, `members.value`, and
/// `groups.value`, whose rows are the members of the group and of the groups in it.
bool LooksUp(const SchemaRegistry& registry, const Filter& filter);

/// Answers filters about one resource type by set algebra over its columns, the terms with the
/// fewest matches first. What no column answers (parts derived from other resources, columns that
/// are still being made) leaves some rows possible, for the evaluator to decide: so the answer is
/// exact whatever the columns know.
class FilterPlan {
 public:
  /// `view` is the query's own; all must outlive it.
  FilterPlan(const TypeIndex& index, const FrozenView& view,
             std::chrono::steady_clock::time_point deadline, ExplainWriter& explain);

  /// By row of the index; beyond the deadline all of them are possible. Says nothing of rows that
  /// differ between the index's view and the query's.
  Bounds Evaluate(const Filter& filter);

 private:
  /// What the slots are that a part of the filter is about.
  struct Scope {
    std::size_t size = 0;
    bool is_elements = false;
  };
  using Within = const BitSet&;

  std::size_t Estimate(const Filter& filter, const Scope& scope) const;
  std::size_t EstimateLeaf(const Filter::Compare& compare, const Scope& scope) const;
  /// Of an equality by id; nullopt: it is none.
  std::optional<std::size_t> EstimateLookUp(const Filter::Compare& compare) const;

  Bounds Evaluate(const Filter& filter, const Scope& scope, Within within);
  Bounds EvaluateNode(const Filter::Compare& node, const Scope& scope, Within within);
  Bounds EvaluateNode(const Filter::Present& node, const Scope& scope, Within within);
  Bounds EvaluateNode(const Filter::ValuePath& node, const Scope& scope, Within within);
  Bounds EvaluateNode(const Filter::And& node, const Scope& scope, Within within);
  Bounds EvaluateNode(const Filter::Or& node, const Scope& scope, Within within);
  Bounds EvaluateNode(const Filter::Not& node, const Scope& scope, Within within);

  Bounds Compare(const Column& column, const ElementRows* rows, const Filter::Compare& node,
                 Within within);
  Bounds CompareRange(const Column& column, const ElementRows* rows, KeyRange range, Within within);
  Bounds Search(const Column& column, const ElementRows* rows, CompareOperator op,
                std::string_view sought, Within within);
  std::optional<Bounds> LookUp(const Filter::Compare& node, const Scope& scope, Within within);
  Bounds Unknown(Within within);
  /// The element-to-row map that a column needs whose slots are not the scope's; nullptr: none.
  const ElementRows* MapFor(const AttributePath& path, const Scope& scope) const;

  const TypeIndex& index_;
  const FrozenView& view_;
  RegistryPtr registry_;
  const std::chrono::steady_clock::time_point deadline_;
  ExplainWriter& explain_;
  std::string_view how_;  ///< of the node evaluated last
};

}  // namespace scimledger::projections
