#include "projections/filter_plan.h"

#include <algorithm>
#include <utility>

#include "engine/ordered_key.h"
#include "engine/unique_keys.h"
#include "projections/row_test.h"

namespace scimledger::projections {
namespace {

// What work costs, in nanoseconds, as measured (bench/filters); only the choice between ways that
// are all correct depends on it.
constexpr std::size_t kSlotCost = 2;         ///< to mark a slot of a key
constexpr std::size_t kRankCost = 1;         ///< to compare a rank, in order of slots
constexpr std::size_t kRandomRankCost = 4;   ///< to compare the rank of one slot
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

/// Whose id an equality asks for, where the view finds the rows by it.
enum class Looked : std::uint8_t { kNowhere, kById, kByMember, kByGroup };

Looked WhereLooked(const SchemaRegistry& registry, const Filter::Compare& compare) {
  if (compare.op != CompareOperator::kEq && compare.op != CompareOperator::kNe) {
    return Looked::kNowhere;
  }
  if (compare.path.attribute == registry.common().id) return Looked::kById;
  const Attribute& attribute = registry.attribute(compare.path.attribute);
  if (!compare.path.sub || attribute.parts.value != compare.path.sub) return Looked::kNowhere;
  if (attribute.role == AttributeRole::kReferenceSet) return Looked::kByMember;
  return attribute.role == AttributeRole::kMemberships ? Looked::kByGroup : Looked::kNowhere;
}

/// The members of a group and of the groups among them, and so on.
OrdinalSet MembersBelow(const DirectoryContents& contents, std::uint32_t group) {
  OrdinalSet known;
  std::vector<std::uint32_t> groups = {group};
  while (!groups.empty()) {
    const OrdinalSet* members = contents.MembersOf(groups.back());
    groups.pop_back();
    if (members == nullptr) continue;
    members->Any([&](std::uint32_t member) {
      if (known.Add(member) && contents.MembersOf(member) != nullptr) groups.push_back(member);
      return false;
    });
  }
  return known;
}

/// The rows of slots, as far as they are asked for. `rows`: where slots are elements.
BitSet RowsOf(BitSet slots, const ElementRows* rows, const BitSet& within) {
  if (rows == nullptr) {
    slots.And(within);
    return slots;
  }
  BitSet found(within.size());
  slots.ForEach([&](std::size_t slot) { found.Set((*rows)[slot]); });
  found.And(within);
  return found;
}

class ColumnCollector {
 public:
  explicit ColumnCollector(const SchemaRegistry& registry) : registry_(registry) {}

  void operator()(const Filter::Compare& node) {
    if (WhereLooked(registry_, node) == Looked::kNowhere) Add(node.path);
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

bool LooksUp(const SchemaRegistry& registry, const Filter& filter) {
  const auto looks_up = [&](const Filter& term) { return LooksUp(registry, term); };
  if (const auto* node = std::get_if<Filter::Compare>(&filter.node)) {
    return WhereLooked(registry, *node) != Looked::kNowhere;
  }
  if (const auto* node = std::get_if<Filter::And>(&filter.node)) {
    return std::any_of(node->terms.begin(), node->terms.end(), looks_up);
  }
  if (const auto* node = std::get_if<Filter::Or>(&filter.node)) {
    return !node->terms.empty() && std::all_of(node->terms.begin(), node->terms.end(), looks_up);
  }
  if (const auto* node = std::get_if<Filter::Not>(&filter.node)) return looks_up(*node->term);
  if (const auto* node = std::get_if<Filter::ValuePath>(&filter.node)) {
    return looks_up(*node->inner);
  }
  return false;
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

std::optional<std::size_t> FilterPlan::EstimateLookUp(const Filter::Compare& compare) const {
  const Looked looked = WhereLooked(*registry_, compare);
  if (looked == Looked::kNowhere) return std::nullopt;
  const auto id = ResourceId::Parse(compare.operand.folded);
  const ResourcePtr found = id ? view_.FindRow(*id) : nullptr;
  if (found == nullptr) return 0;
  if (looked == Looked::kById) return 1;
  const Row& row = *view_.contents().rows.Find(found->ordinal);
  // Of a group's members only the direct ones: the others would have to be collected.
  const OrdinalSet* const set = looked == Looked::kByMember ? row.groups.get() : row.members.get();
  return set == nullptr ? 0 : set->size();
}

std::size_t FilterPlan::EstimateLeaf(const Filter::Compare& compare, const Scope& scope) const {
  if (const auto looked = scope.is_elements ? std::nullopt : EstimateLookUp(compare)) {
    const std::size_t most = std::min(scope.size, *looked);
    return compare.op == CompareOperator::kNe ? scope.size - most : most;
  }
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
    const auto* inner = std::get_if<Filter::Compare>(&node->inner->node);
    const bool is_looked_up = inner != nullptr && inner->op == CompareOperator::kEq &&
                              WhereLooked(*registry_, *inner) != Looked::kNowhere;
    if (is_looked_up) return EstimateLeaf(*inner, scope);
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
  BitSet sure = RowsOf(bounds.sure, elements, within);
  if (!bounds.possible) return Exactly(std::move(sure));
  return {std::move(sure), RowsOf(*bounds.possible, elements, within)};
}

Bounds FilterPlan::EvaluateNode(const Filter::Present& node, const Scope& scope, Within within) {
  const ColumnPtr column = index_.Find({node.path, ColumnKey::Kind::kValues});
  if (column == nullptr) return Unknown(within);
  how_ = "column, slots with a value";
  return Exactly(RowsOf(column->Valued(), MapFor(node.path, scope), within));
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

std::optional<Bounds> FilterPlan::LookUp(const Filter::Compare& node, const Scope& scope,
                                         Within within) {
  const Looked looked = scope.is_elements ? Looked::kNowhere : WhereLooked(*registry_, node);
  if (looked == Looked::kNowhere) return std::nullopt;
  // The evaluator has the last word on the few rows that may match.
  Bounds bounds{BitSet(within.size()), BitSet(within.size())};
  const auto add = [&](std::uint32_t ordinal) {
    const auto row = index_.rows().Find(ordinal);
    if (row && within.Test(*row)) bounds.possible->Set(*row);
  };
  const auto id = ResourceId::Parse(node.operand.folded);
  const ResourcePtr found = id ? view_.FindRow(*id) : nullptr;
  how_ = "id lookup";
  if (found == nullptr) return bounds;
  if (looked == Looked::kById) {
    add(found->ordinal);
  } else if (looked == Looked::kByMember) {
    how_ = "groups of the member";
    view_.contents().AnyGroupOf(found->ordinal, [&](const Resource& group) {
      add(group.ordinal);
      return false;
    });
  } else {
    how_ = "members of the group";
    const Attribute& leaf = registry_->attribute(*node.path.sub);
    MembersBelow(view_.contents(), found->ordinal).Any([&](std::uint32_t ordinal) {
      add(ordinal);
      return false;
    });
    // Members know all groups above them, so nothing is left to check.
    if (ComparisonKey(leaf, id->ToString()) == node.operand.folded) {
      return Exactly(*std::move(bounds.possible));
    }
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
  const bool has_ranks = rows == nullptr && column.has_ranks() && !column.ranks().empty();
  const std::size_t slot_cost = count * kSlotCost;
  const std::size_t fill_cost = column.slot_count() * kRankCost;
  if (has_ranks && slot_cost > fill_cost / 8) {
    const std::uint32_t* ranks = column.ranks().data();
    const std::uint32_t width = range.end - range.begin;
    if (within.Count() * kRandomRankCost < std::min(slot_cost, fill_cost)) {
      how_ = "column, rank of each";
      BitSet found(within.size());
      within.ForEach([&](std::size_t slot) {
        if (ranks[slot] - range.begin < width) found.Set(slot);
      });
      return Exactly(std::move(found));
    }
    if (fill_cost < slot_cost) {
      how_ = "column, all ranks";
      BitSet found(within.size());
      found.Fill([&](std::size_t slot) { return ranks[slot] - range.begin < width; });
      found.And(within);
      return Exactly(std::move(found));
    }
  }
  how_ = "column, slots of the keys";
  const auto slots = column.SlotsOf(range);
  if (rows != nullptr && slot_cost > within.Count() * kEvaluateCost) return Unknown(within);
  BitSet marked(column.slot_count());
  for (const std::uint32_t slot : slots) marked.Set(slot);
  return Exactly(RowsOf(std::move(marked), rows, within));
}

Bounds FilterPlan::Search(const Column& column, const ElementRows* rows, CompareOperator op,
                          std::string_view sought, Within within) {
  const std::size_t candidates = within.Count();
  const std::size_t scan_cost = column.key_bytes() / kBytesPerCost;
  if (rows == nullptr && column.has_ranks() && !column.ranks().empty() &&
      candidates * kRandomKeyCost < scan_cost) {
    how_ = "column, key of each";
    BitSet found(within.size());
    within.ForEach([&](std::size_t slot) {
      if (HasKeyWith(column, column.ranks()[slot], op, sought)) found.Set(slot);
    });
    return Exactly(std::move(found));
  }
  if (rows != nullptr && candidates * kEvaluateCost < scan_cost) return Unknown(within);
  how_ = "column, search in all keys";
  BitSet slots(column.slot_count());
  column.ForEachKeyWith(op, sought, [&](std::uint32_t rank) {
    for (const std::uint32_t slot : column.SlotsOf({rank, rank + 1})) slots.Set(slot);
  });
  return Exactly(RowsOf(std::move(slots), rows, within));
}

}  // namespace scimledger::projections
