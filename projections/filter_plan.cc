#include "projections/filter_plan.h"

#include <algorithm>
#include <utility>

#include "engine/ordered_key.h"
#include "projections/row_test.h"

namespace scimledger::projections {
namespace {

// What work costs, in nanoseconds, as measured (bench/filters); only the choice between ways that
// are all correct depends on it.
constexpr std::size_t kSlotCost = 2;         ///< to mark a slot of a key
constexpr std::size_t kRankCost = 1;         ///< to compare a rank, in order of slots
constexpr std::size_t kRandomRankCost = 4;   ///< to compare the rank of one slot
constexpr std::size_t kKeyCost = 3;          ///< to look at the next key
constexpr std::size_t kBytesPerCost = 8;     ///< of text to search
constexpr std::size_t kRandomKeyCost = 60;   ///< to search the key of one slot
constexpr std::size_t kEvaluateCost = 1000;  ///< for the evaluator to decide about a row

bool IsSearch(CompareOperator op) {
  return op == CompareOperator::kCo || op == CompareOperator::kEw;
}

bool HasKeyWith(const Column& column, std::uint32_t rank, CompareOperator op,
                std::string_view sought) {
  if (rank == Column::kNoRank) return false;
  const std::string_view key = column.KeyAt(rank);
  return op == CompareOperator::kEw ? key.ends_with(sought)
                                    : key.find(sought) != std::string_view::npos;
}

Bounds Exactly(BitSet sure) { return {std::move(sure), std::nullopt}; }

Bounds Complement(const Bounds& bounds, const BitSet& within) {
  BitSet sure = within;
  sure.Subtract(bounds.possible_or_sure());
  if (!bounds.possible) return Exactly(std::move(sure));
  BitSet possible = within;
  possible.Subtract(bounds.sure);
  return {std::move(sure), std::move(possible)};
}

class ColumnCollector {
 public:
  explicit ColumnCollector(const SchemaRegistry& registry) : registry_(registry) {}

  void operator()(const Filter::Compare& node) {
    const bool is_equality = node.op == CompareOperator::kEq || node.op == CompareOperator::kNe;
    if (!is_equality || node.path.attribute != registry_.common().id) Add(node.path);
  }
  void operator()(const Filter::Present& node) { Add(node.path); }
  void operator()(const Filter::ValuePath& node) {
    if (!registry_.attribute(node.attribute).multi_valued) Add({node.attribute, std::nullopt});
    Collect(*node.inner);
  }
  void operator()(const Filter::And& node) {
    for (const Filter& term : node.terms) Collect(term);
  }
  void operator()(const Filter::Or& node) {
    for (const Filter& term : node.terms) Collect(term);
  }
  void operator()(const Filter::Not& node) { Collect(*node.term); }

  void Collect(const Filter& filter) { std::visit(*this, filter.node); }
  std::vector<ColumnKey> Take() {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    return std::move(keys_);
  }

 private:
  void Add(const AttributePath& path) {
    if (HasColumn(registry_, path)) keys_.push_back({path, ColumnKey::Kind::kValues});
  }

  const SchemaRegistry& registry_;
  std::vector<ColumnKey> keys_;
};

}  // namespace

std::vector<ColumnKey> ColumnsFor(const SchemaRegistry& registry, const Filter& filter) {
  ColumnCollector collector(registry);
  collector.Collect(filter);
  return collector.Take();
}

FilterPlan::FilterPlan(const TypeIndex& index, const FrozenView& view,
                       std::chrono::steady_clock::time_point deadline, ExplainWriter& explain)
    : index_(index),
      view_(view),
      registry_(view.registry()),
      deadline_(deadline),
      explain_(explain) {}

Bounds FilterPlan::Evaluate(const Filter& filter) {
  const std::size_t rows = index_.rows().size();
  return Evaluate(filter, {rows, false}, BitSet(rows, BitSet::Filled::kYes));
}

Bounds FilterPlan::Evaluate(const Filter& filter, const Scope& scope, Within within) {
  if (std::chrono::steady_clock::now() > deadline_) return Unknown(within);
  const auto evaluate = [&](const auto& node) { return EvaluateNode(node, scope, within); };
  if (!explain_.is_wanted()) return std::visit(evaluate, filter.node);
  const std::size_t step = explain_.Begin(DescribeFilter(*registry_, filter));
  const std::size_t estimated = Estimate(filter, scope);
  Bounds bounds = std::visit(evaluate, filter.node);
  explain_.End(step, how_, estimated, bounds.possible_or_sure().Count());
  return bounds;
}

const ElementRows* FilterPlan::MapFor(const AttributePath& path, const Scope& scope) const {
  if (scope.is_elements || !registry_->attribute(path.attribute).multi_valued) return nullptr;
  return index_.FindElements(path.attribute);
}

Bounds FilterPlan::Unknown(Within within) {
  how_ = "each row";
  return {BitSet(within.size()), within};
}

std::size_t FilterPlan::EstimateLeaf(const Filter::Compare& compare, const Scope& scope) const {
  const ColumnPtr column = index_.Find({compare.path, ColumnKey::Kind::kValues});
  if (column == nullptr) return scope.size;
  if (IsSearch(compare.op)) return std::min(scope.size, column->slot_count() / 4);
  const Attribute& leaf = registry_->attribute(compare.path.sub.value_or(compare.path.attribute));
  const std::size_t count =
      column->CountIn(column->RangeOf(compare.op, OrderedKeyOf(leaf, compare.operand)));
  const std::size_t most = std::min(scope.size, count);
  return compare.op == CompareOperator::kNe ? scope.size - most : most;
}

std::size_t FilterPlan::Estimate(const Filter& filter, const Scope& scope) const {
  const auto estimate = [&](const Filter& term) { return Estimate(term, scope); };
  if (AsksForMember(*registry_, filter) != nullptr) return 0;
  if (const auto* node = std::get_if<Filter::Compare>(&filter.node)) {
    return EstimateLeaf(*node, scope);
  }
  if (const auto* node = std::get_if<Filter::And>(&filter.node)) {
    std::size_t fewest = scope.size;
    for (const Filter& term : node->terms) fewest = std::min(fewest, estimate(term));
    return fewest;
  }
  if (const auto* node = std::get_if<Filter::Or>(&filter.node)) {
    std::size_t all = 0;
    for (const Filter& term : node->terms) all += estimate(term);
    return std::min(all, scope.size);
  }
  if (const auto* node = std::get_if<Filter::Not>(&filter.node)) {
    return scope.size - estimate(*node->term);
  }
  if (const auto* node = std::get_if<Filter::ValuePath>(&filter.node)) {
    const ElementRows* elements = index_.FindElements(node->attribute);
    if (elements == nullptr) return scope.size;
    return std::min(scope.size, Estimate(*node->inner, {elements->size(), true}));
  }
  return scope.size;
}

Bounds FilterPlan::EvaluateNode(const Filter::And& node, const Scope& scope, Within within) {
  std::vector<std::pair<std::size_t, const Filter*>> terms;
  for (const Filter& term : node.terms) terms.emplace_back(Estimate(term, scope), &term);
  std::stable_sort(terms.begin(), terms.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  BitSet sure = within;
  BitSet possible = within;
  bool is_exact = true;
  for (const auto& [estimate, term] : terms) {
    if (possible.empty()) break;
    Bounds bounds = Evaluate(*term, scope, possible);
    sure.And(bounds.sure);
    is_exact = is_exact && !bounds.possible;
    possible = bounds.possible ? *std::move(bounds.possible) : std::move(bounds.sure);
  }
  how_ = "intersection, fewest first";
  if (is_exact) return Exactly(std::move(sure));
  sure.And(possible);
  return {std::move(sure), std::move(possible)};
}

Bounds FilterPlan::EvaluateNode(const Filter::Or& node, const Scope& scope, Within within) {
  BitSet sure(within.size());
  BitSet rest = within;  // what is not sure yet
  std::optional<BitSet> possible;
  for (const Filter& term : node.terms) {
    const Bounds bounds = Evaluate(term, scope, rest);
    sure.Or(bounds.sure);
    rest.Subtract(bounds.sure);
    if (!bounds.possible) continue;
    if (!possible) possible.emplace(within.size());
    possible->Or(*bounds.possible);
  }
  how_ = "union";
  if (possible) possible->Or(sure);
  return {std::move(sure), std::move(possible)};
}

Bounds FilterPlan::EvaluateNode(const Filter::Not& node, const Scope& scope, Within within) {
  const Bounds bounds = Evaluate(*node.term, scope, within);
  how_ = "complement";
  return Complement(bounds, within);
}

Bounds FilterPlan::EvaluateNode(const Filter::ValuePath& node, const Scope& scope, Within within) {
  const Attribute& attribute = registry_->attribute(node.attribute);
  if (attribute.role != AttributeRole::kStored) {
    const auto* compare = std::get_if<Filter::Compare>(&node.inner->node);
    auto found = compare != nullptr && compare->op == CompareOperator::kEq
                     ? LookUp(*compare, scope, within)
                     : std::nullopt;
    return found ? *std::move(found) : Unknown(within);
  }
  if (!attribute.multi_valued) {
    const ColumnPtr column = index_.Find({{node.attribute, std::nullopt}, {}});
    if (column == nullptr) return Unknown(within);
    BitSet valued = column->Valued();
    valued.And(within);
    Bounds bounds = Evaluate(*node.inner, scope, valued);
    how_ = "parts of one value";
    return bounds;
  }
  const ElementRows* elements = index_.FindElements(node.attribute);
  if (elements == nullptr) return Unknown(within);
  if (elements->size() * kRankCost > within.Count() * kEvaluateCost) return Unknown(within);
  const Scope inner{elements->size(), true};
  const Bounds bounds = Evaluate(*node.inner, inner, BitSet(inner.size, BitSet::Filled::kYes));
  how_ = "elements, then their rows";
  const auto rows_of = [&](const BitSet& slots) {
    BitSet rows(within.size());
    slots.ForEach([&](std::size_t slot) { rows.Set((*elements)[slot]); });
    rows.And(within);
    return rows;
  };
  if (!bounds.possible) return Exactly(rows_of(bounds.sure));
  return {rows_of(bounds.sure), rows_of(*bounds.possible)};
}

Bounds FilterPlan::EvaluateNode(const Filter::Present& node, const Scope& scope, Within within) {
  const ColumnPtr column = index_.Find({node.path, ColumnKey::Kind::kValues});
  if (column == nullptr) return Unknown(within);
  how_ = "column, slots with a value";
  BitSet valued = column->Valued();
  if (const ElementRows* rows = MapFor(node.path, scope)) {
    BitSet mapped(within.size());
    valued.ForEach([&](std::size_t slot) { mapped.Set((*rows)[slot]); });
    valued = std::move(mapped);
  }
  valued.And(within);
  return Exactly(std::move(valued));
}

Bounds FilterPlan::EvaluateNode(const Filter::Compare& node, const Scope& scope, Within within) {
  auto found = LookUp(node, scope, within);
  if (!found) {
    const ColumnPtr column = index_.Find({node.path, ColumnKey::Kind::kValues});
    if (column == nullptr) return Unknown(within);
    found = Compare(*column, MapFor(node.path, scope), node, within);
  }
  return node.op == CompareOperator::kNe ? Complement(*found, within) : *std::move(found);
}

/// Equalities that the view answers by itself. The evaluator has the last word on the few rows.
std::optional<Bounds> FilterPlan::LookUp(const Filter::Compare& node, const Scope& scope,
                                         Within within) {
  const bool is_equality = node.op == CompareOperator::kEq || node.op == CompareOperator::kNe;
  if (!is_equality || scope.is_elements) return std::nullopt;
  const bool is_id = node.path.attribute == registry_->common().id;
  const Attribute& attribute = registry_->attribute(node.path.attribute);
  const bool is_member = attribute.role == AttributeRole::kReferenceSet && node.path.sub &&
                         attribute.parts.value == node.path.sub;
  if (!is_id && !is_member) return std::nullopt;
  how_ = is_id ? "id lookup" : "groups of the member";
  Bounds bounds{BitSet(within.size()), BitSet(within.size())};
  const auto add = [&](std::uint32_t ordinal) {
    const auto row = index_.rows().Find(ordinal);
    if (row && within.Test(*row)) bounds.possible->Set(*row);
  };
  const auto id = ResourceId::Parse(node.operand.folded);
  const ResourcePtr found = id ? view_.FindRow(*id) : nullptr;
  if (found == nullptr) return bounds;
  if (is_id) {
    add(found->ordinal);
  } else {
    view_.contents().AnyGroupOf(found->ordinal, [&](const Resource& group) {
      add(group.ordinal);
      return false;
    });
  }
  return bounds;
}

Bounds FilterPlan::Compare(const Column& column, const ElementRows* rows,
                           const Filter::Compare& node, Within within) {
  const Attribute& leaf = registry_->attribute(node.path.sub.value_or(node.path.attribute));
  const std::string operand = OrderedKeyOf(leaf, node.operand);
  if (IsSearch(node.op)) return Search(column, rows, node.op, operand, within);
  return CompareRange(column, rows, column.RangeOf(node.op, operand), within);
}

Bounds FilterPlan::CompareRange(const Column& column, const ElementRows* rows, KeyRange range,
                                Within within) {
  const std::size_t count = column.CountIn(range);
  BitSet found(within.size());
  const bool has_ranks = rows == nullptr && column.has_ranks() && !column.ranks().empty();
  const std::size_t slot_cost = count * kSlotCost;
  const std::size_t fill_cost = column.slot_count() * kRankCost;
  if (has_ranks && slot_cost > fill_cost / 8) {
    const std::uint32_t* ranks = column.ranks().data();
    const std::uint32_t width = range.end - range.begin;
    if (within.Count() * kRandomRankCost < std::min(slot_cost, fill_cost)) {
      how_ = "column, rank of each";
      within.ForEach([&](std::size_t slot) {
        if (ranks[slot] - range.begin < width) found.Set(slot);
      });
      return Exactly(std::move(found));
    }
    if (fill_cost < slot_cost) {
      how_ = "column, all ranks";
      found.Fill([&](std::size_t slot) { return ranks[slot] - range.begin < width; });
      found.And(within);
      return Exactly(std::move(found));
    }
  }
  how_ = "column, slots of the keys";
  const auto slots = column.SlotsOf(range);
  if (rows == nullptr) {
    for (const std::uint32_t slot : slots) found.Set(slot);
  } else {
    if (slot_cost > within.Count() * kEvaluateCost) return Unknown(within);
    for (const std::uint32_t slot : slots) found.Set((*rows)[slot]);
  }
  found.And(within);
  return Exactly(std::move(found));
}

Bounds FilterPlan::Search(const Column& column, const ElementRows* rows, CompareOperator op,
                          std::string_view sought, Within within) {
  const std::size_t candidates = within.Count();
  const std::size_t scan_cost = column.key_bytes() / kBytesPerCost +
                                (op == CompareOperator::kEw ? column.key_count() * kKeyCost : 0);
  BitSet found(within.size());
  if (rows == nullptr && column.has_ranks() && !column.ranks().empty() &&
      candidates * kRandomKeyCost < scan_cost) {
    how_ = "column, key of each";
    within.ForEach([&](std::size_t slot) {
      if (HasKeyWith(column, column.ranks()[slot], op, sought)) found.Set(slot);
    });
    return Exactly(std::move(found));
  }
  if (rows != nullptr && candidates * kEvaluateCost < scan_cost) return Unknown(within);
  how_ = "column, search in all keys";
  column.ForEachKeyWith(op, sought, [&](std::uint32_t rank) {
    for (const std::uint32_t slot : column.SlotsOf({rank, rank + 1})) {
      found.Set(rows == nullptr ? slot : (*rows)[slot]);
    }
  });
  found.And(within);
  return Exactly(std::move(found));
}

}  // namespace scimledger::projections
