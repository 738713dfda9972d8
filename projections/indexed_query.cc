#include "projections/indexed_query.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/sort_key.h"
#include "projections/filter_plan.h"
#include "projections/hit_walk.h"
#include "projections/index_segment.h"
#include "projections/query_page.h"
#include "projections/row_test.h"

namespace scimledger::projections {
namespace {

/// What finding a row by its ordinal costs, in steps from one to the next.
constexpr std::size_t kRowsPerSearch = 20;

constexpr WalkPlace kNowhere{std::numeric_limits<std::size_t>::max(), 0};

/// The columns that can sort by the path, the better one first.
std::vector<ColumnKey> SortColumns(const SchemaRegistry& registry, const AttributePath& path) {
  if (!HasColumn(registry, path)) return {};
  const ColumnKey values{path, ColumnKey::Kind::kValues};
  const ColumnKey foremost{path, ColumnKey::Kind::kForemost};
  const bool has_several = registry.attribute(path.attribute).multi_valued ||
                           (path.sub && registry.attribute(*path.sub).multi_valued);
  if (has_several) return {foremost};
  return {values, foremost};
}

/// Whether the order of its keys is that of the sort keys, which are cut off.
bool Sorts(const Column& column) {
  return column.has_ranks() && column.longest_key() < kSortKeyBytesMax;
}

/// What one type's rows contribute to the list.
class TypeMatches {
 public:
  TypeMatches(const IndexState& state, const FrozenView& view, const TypeQuery& type,
              const Query& query, std::string_view base_url)
      : view_(view), type_(type), query_(query), test_(view, type, base_url) {
    const auto found = state.types.find(type.type);
    index_ = found != state.types.end() ? found->second
                                        : std::make_shared<const TypeIndex>(state.base, type.type);
    if (type.sort_by) prefix_ = SortKeyPrefixOf(*type.sort_by);
  }

  /// `changed`: what the columns do not know. `elsewhere`: what is not asked here. False: it got
  /// too late.
  bool Find(std::span<const std::uint32_t> changed, std::span<const std::uint32_t> elsewhere,
            ExplainWriter& explain) {
    DeadlineCheck deadline(query_.deadline);
    Bounds bounds = Plan(explain);
    LeaveOut(changed, bounds);
    LeaveOut(elsewhere, bounds);
    const bool is_in_time =
        CheckPossible(bounds, deadline, explain) && CheckChanged(changed, deadline, explain);
    hits_.emplace(std::move(bounds.sure));
    return is_in_time;
  }

  std::size_t total() const { return hits_->Count() + changed_.size(); }

  /// Whether the list can be walked in its order.
  bool PrepareWalk() {
    const bool is_sorted = query_.order != ListOrder::kCreation && type_.sort_by;
    if (is_sorted && !FindSortColumn()) return false;
    walk_.emplace(index_->rows(), *hits_, column_.get(), query_.order);
    for (ChangedMatch& match : changed_) {
      if (is_sorted) match.key = test_.SortKeyOf(*match.row);
      match.place = walk_->PlaceOf(HitOf(match));
    }
    std::sort(changed_.begin(), changed_.end(),
              [this](const ChangedMatch& a, const ChangedMatch& b) {
                return ComesBefore(query_.order, HitOf(a), HitOf(b));
              });
    if (query_.after) MoveBehind(*query_.after);
    return true;
  }

  ResourceTypeId type() const { return type_.type; }
  bool is_done() const { return walk_->is_done() && next_changed_ == changed_.size(); }
  Hit hit() const { return IsChangedNext() ? HitOf(changed_[next_changed_]) : walk_->hit(); }
  ListPosition position() const {
    const Hit at = hit();
    ListPosition position{at.ordinal, std::nullopt};
    if (at.key) position.key = prefix_ + std::string(*at.key);
    return position;
  }
  ResourcePtr row() const {
    return IsChangedNext() ? changed_[next_changed_].row
                           : view_.contents().Share(walk_->hit().ordinal);
  }
  void Next() { IsChangedNext() ? void(++next_changed_) : walk_->Next(); }
  /// Passes up to `count` matches that come before `limit`, where given; tells how many.
  std::size_t Skip(std::size_t count, const std::optional<Hit>& limit) {
    const WalkPlace end = limit ? walk_->PlaceOf(*limit) : kNowhere;
    std::size_t skipped = 0;
    while (skipped < count && !is_done()) {
      if (IsChangedNext()) {
        const Hit changed = HitOf(changed_[next_changed_]);
        if (limit && !ComesBefore(query_.order, changed, *limit)) break;
        ++next_changed_;
        ++skipped;
      } else {
        const bool has_changed = next_changed_ < changed_.size();
        const WalkPlace stop = has_changed ? std::min(end, changed_[next_changed_].place) : end;
        const std::size_t passed = walk_->Skip(count - skipped, stop);
        if (passed == 0 && !IsChangedNext()) break;
        skipped += passed;
      }
    }
    return skipped;
  }

  /// Every match in order of creation, with its key, for a list that cannot be walked.
  template <typename Visit>
  void ForEach(const Visit& visit) {
    hits_->ForEach([&](std::size_t row) {
      const ResourcePtr resource = view_.contents().Share(index_->rows().OrdinalAt(row));
      visit(resource, test_.SortKeyOf(*resource));
    });
    for (const ChangedMatch& match : changed_) visit(match.row, test_.SortKeyOf(*match.row));
  }

 private:
  struct ChangedMatch {
    ResourcePtr row;
    std::optional<std::string> key;
    WalkPlace place;
  };

  char SortKeyPrefixOf(const AttributePath& path) const {
    return SortKeyPrefix(view_.registry()->attribute(path.sub.value_or(path.attribute)));
  }

  static Hit HitOf(const ChangedMatch& match) {
    Hit hit{match.row->ordinal, std::nullopt};
    if (match.key) hit.key = std::string_view(*match.key).substr(1);
    return hit;
  }
  bool IsChangedNext() const {
    if (next_changed_ == changed_.size()) return false;
    return walk_->is_done() || changed_[next_changed_].place <= walk_->place();
  }

  Bounds Plan(ExplainWriter& explain) const {
    if (type_.filter) {
      return FilterPlan(*index_, view_, query_.deadline, explain).Evaluate(*type_.filter);
    }
    return {BitSet(index_->rows().size(), BitSet::Filled::kYes), std::nullopt};
  }

  /// Decides about the rows that may match. A page of a list in order of creation that needs no
  /// total takes the first ones.
  bool CheckPossible(Bounds& bounds, DeadlineCheck& deadline, ExplainWriter& explain) {
    if (!bounds.possible) return true;
    const std::size_t step = explain.Begin("check the rows that may match");
    const bool stops_early = query_.after && query_.order == ListOrder::kCreation;
    std::size_t wanted = stops_early && query_.count < bounds.sure.size()
                             ? static_cast<std::size_t>(query_.count) + 1
                             : bounds.sure.size();
    std::size_t checked = 0;
    std::size_t found = 0;
    const BitSet& possible = *bounds.possible;
    std::size_t row = stops_early ? index_->rows().LowerBound(query_.after->ordinal + 1) : 0;
    for (row = possible.NextFrom(row); row < possible.size() && wanted > 0;
         row = possible.NextFrom(row + 1)) {
      if (bounds.sure.Test(row)) {
        --wanted;
        continue;
      }
      if (deadline.IsLate()) return false;
      ++checked;
      if (!test_.Matches(*view_.contents().Find(index_->rows().OrdinalAt(row)))) continue;
      bounds.sure.Set(row);
      ++found;
      --wanted;
    }
    explain.End(step, "evaluator", checked, found);
    return true;
  }

  void LeaveOut(std::span<const std::uint32_t> ordinals, Bounds& bounds) const {
    const auto leave_out = [&](std::size_t row) {
      bounds.sure.Clear(row);
      if (bounds.possible) bounds.possible->Clear(row);
    };
    const auto rows = index_->rows().ordinals();
    // Walking along both costs less than finding each, if there are many.
    if (ordinals.size() < rows.size() / kRowsPerSearch) {
      for (const std::uint32_t ordinal : ordinals) {
        if (const auto row = index_->rows().Find(ordinal)) leave_out(*row);
      }
      return;
    }
    std::size_t row = 0;
    for (const std::uint32_t ordinal : ordinals) {
      while (row < rows.size() && rows[row] < ordinal) ++row;
      if (row == rows.size()) return;
      if (rows[row] == ordinal) leave_out(row);
    }
  }

  bool CheckChanged(std::span<const std::uint32_t> changed, DeadlineCheck& deadline,
                    ExplainWriter& explain) {
    if (changed.empty()) return true;
    const std::size_t step = explain.Begin("rows that changed since the index was renewed");
    for (const std::uint32_t ordinal : changed) {
      ResourcePtr row = view_.contents().Share(ordinal);
      if (row == nullptr || row->type != type_.type) continue;
      if (deadline.IsLate()) return false;
      if (test_.Matches(*row)) changed_.push_back({std::move(row), std::nullopt, {}});
    }
    explain.End(step, "evaluator", changed.size(), changed_.size());
    return true;
  }

  bool FindSortColumn() {
    for (const ColumnKey& key : SortColumns(*view_.registry(), *type_.sort_by)) {
      column_ = index_->Find(key);
      if (column_ != nullptr && Sorts(*column_)) return true;
    }
    return false;
  }

  void MoveBehind(const ListPosition& after) {
    Hit last{after.ordinal, std::nullopt};
    if (after.key) last.key = std::string_view(*after.key).substr(1);
    Hit next = last;
    ++next.ordinal;
    walk_->MoveTo(walk_->PlaceOf(next));
    const auto found = std::partition_point(
        changed_.begin(), changed_.end(),
        [&](const ChangedMatch& match) { return !ComesBefore(query_.order, last, HitOf(match)); });
    next_changed_ = static_cast<std::size_t>(found - changed_.begin());
  }

  const FrozenView& view_;
  const TypeQuery& type_;
  const Query& query_;
  RowTest test_;
  TypeIndexPtr index_;
  std::string prefix_;
  std::optional<BitSet> hits_;
  std::vector<ChangedMatch> changed_;  ///< sorted by PrepareWalk
  ColumnPtr column_;
  std::optional<RowWalk> walk_;
  std::size_t next_changed_ = 0;
};

/// The lists of several types as one.
class MergedMatches {
 public:
  MergedMatches(std::vector<std::unique_ptr<TypeMatches>>& types, ListOrder order)
      : types_(types), order_(order) {}

  TypeMatches* Next() const {
    TypeMatches* first = nullptr;
    for (const auto& type : types_) {
      if (type->is_done()) continue;
      if (first == nullptr || IsBefore(*type, *first)) first = type.get();
    }
    return first;
  }

  void Skip(std::size_t count) {
    while (count > 0) {
      TypeMatches* const next = Next();
      if (next == nullptr) return;
      const TypeMatches* const other = FirstBut(*next);
      // Keys of different types of resource may be of different attributes.
      const bool can_jump = other == nullptr || other->type() == next->type();
      if (can_jump) {
        const std::size_t skipped =
            next->Skip(count, other != nullptr ? std::optional(other->hit()) : std::nullopt);
        count -= skipped;
        if (skipped > 0) continue;
      }
      next->Next();
      --count;
    }
  }

 private:
  /// Of the others the one that comes first; with more than two lists any of another type.
  const TypeMatches* FirstBut(const TypeMatches& but) const {
    const TypeMatches* first = nullptr;
    for (const auto& type : types_) {
      if (type.get() == &but || type->is_done()) continue;
      if (type->type() != but.type()) return type.get();
      if (first == nullptr || IsBefore(*type, *first)) first = type.get();
    }
    return first;
  }

  bool IsBefore(const TypeMatches& a, const TypeMatches& b) const {
    if (order_ == ListOrder::kCreation) return a.hit().ordinal < b.hit().ordinal;
    // Keys of different types of attribute: their first bytes tell.
    const ListPosition at_a = a.position();
    const ListPosition at_b = b.position();
    return ComesBefore(order_, {at_a.ordinal, at_a.key}, {at_b.ordinal, at_b.key});
  }

  std::vector<std::unique_ptr<TypeMatches>>& types_;
  ListOrder order_;
};

class IndexedQuery {
 public:
  IndexedQuery(const DirectoryReader& directory, const Query& query, std::string_view base_url,
               ExplainWriter& explain)
      : directory_(directory), query_(query), base_url_(base_url), explain_(explain) {}

  std::optional<QueryResult> Run() {
    AttributeIndex& index = directory_.attribute_index();
    std::vector<ColumnName> wanted = Wanted();
    if (IsDeep(query_)) {
      index.WaitFor(wanted, query_.deadline);
      wanted = Wanted();  // which column sorts is known once they are there
      index.WaitFor(wanted, query_.deadline);
    }
    const bool looks_up = AnyLooksUp();
    if (wanted.empty() && !looks_up) return std::nullopt;
    IndexStatePtr state = index.Acquire(wanted);
    const bool has_columns = std::any_of(wanted.begin(), wanted.end(), [&](const auto& name) {
      return state != nullptr && state->Find(name.first, name.second) != nullptr;
    });
    if (!has_columns && !looks_up) return std::nullopt;
    if (state == nullptr) {
      state = std::make_shared<const IndexState>(IndexState{directory_.FreezeRows(), {}});
    }

    // The view comes after the state, so it is at least as young.
    const auto view = directory_.FreezeRows();
    const Parts parts = Divide(state, *view, wanted);
    QueryResult result = Answer(parts, *view);
    result.view = view;
    index.Report(*state, *parts.changed);
    return result;
  }

 private:
  bool AnyLooksUp() const {
    const RegistryPtr registry = directory_.current_registry();
    return std::any_of(query_.types.begin(), query_.types.end(), [&](const TypeQuery& type) {
      return type.filter && LooksUp(*registry, *type.filter);
    });
  }

  std::vector<ColumnName> Wanted() const {
    const RegistryPtr registry = directory_.current_registry();
    std::vector<ColumnName> wanted;
    for (const TypeQuery& type : query_.types) {
      std::vector<ColumnKey> keys;
      if (type.filter) keys = ColumnsFor(*registry, *type.filter);
      if (query_.order != ListOrder::kCreation && type.sort_by) {
        const auto sorting = SortColumns(*registry, *type.sort_by);
        if (!sorting.empty()) keys.push_back(ChooseSortColumn(type.type, sorting));
      }
      for (const ColumnKey& key : keys) wanted.emplace_back(type.type, key);
    }
    return wanted;
  }

  /// Values that are too long to sort by are known only when their column is there.
  ColumnKey ChooseSortColumn(ResourceTypeId type, const std::vector<ColumnKey>& keys) const {
    const ColumnName first{type, keys.front()};
    const IndexStatePtr state = directory_.attribute_index().Acquire({&first, 1});
    const ColumnPtr column = state == nullptr ? nullptr : state->Find(type, keys.front());
    return column != nullptr && !Sorts(*column) ? keys.back() : keys.front();
  }

  /// Who answers for which rows of the view.
  struct Parts {
    IndexStatePtr state;                                  ///< for all that are not named below
    std::shared_ptr<const RowTable::Difference> changed;  ///< the evaluator
    std::shared_ptr<IndexSegment> segment;                ///< its rows; nullptr: there is none
    IndexStatePtr segment_state;
  };

  /// Whether its columns can bring the list into its order, if it has one.
  bool CanSort(const IndexState& state) const {
    if (query_.order == ListOrder::kCreation) return true;
    return std::all_of(query_.types.begin(), query_.types.end(), [&](const TypeQuery& type) {
      if (!type.sort_by) return true;
      const auto keys = SortColumns(*directory_.current_registry(), *type.sort_by);
      return std::any_of(keys.begin(), keys.end(), [&](const ColumnKey& key) {
        const ColumnPtr column = state.Find(type.type, key);
        return column != nullptr && Sorts(*column);
      });
    });
  }

  Parts Divide(const IndexStatePtr& state, const FrozenView& view,
               std::span<const ColumnName> wanted) {
    const std::size_t step = explain_.Begin("compare with the index's view");
    Parts parts{state, nullptr, directory_.segment(), nullptr};
    if (parts.segment != nullptr) parts.segment_state = parts.segment->Acquire(wanted);
    if (parts.segment_state != nullptr && CanSort(*parts.segment_state)) {
      parts.changed = parts.segment->OutsideOf(state->base);
    } else {
      parts.segment = nullptr;
      parts.changed = std::make_shared<const RowTable::Difference>(
          view.contents().rows.DifferenceFrom(state->base->contents().rows));
    }
    explain_.End(step, "shared nodes", std::nullopt, parts.changed->ordinals.size());
    return parts;
  }

  QueryResult Answer(const Parts& parts, const FrozenView& view) {
    QueryResult result;
    std::vector<std::unique_ptr<TypeMatches>> types;
    const auto find = [&](const TypeQuery& type, const IndexState& state,
                          std::span<const std::uint32_t> changed,
                          std::span<const std::uint32_t> elsewhere) {
      types.push_back(std::make_unique<TypeMatches>(state, view, type, query_, base_url_));
      result.is_late = result.is_late || !types.back()->Find(changed, elsewhere, explain_);
      if (!result.is_late) result.total += types.back()->total();
    };
    for (const TypeQuery& type : query_.types) {
      const bool has_segment = parts.segment != nullptr;
      find(type, *parts.state, parts.changed->ordinals,
           has_segment ? parts.segment->ordinals() : std::span<const std::uint32_t>());
      if (!has_segment || result.is_late) continue;
      const std::size_t step = explain_.Begin("rows that have changed since then");
      find(type, *parts.segment_state, {}, {});
      explain_.End(step, "columns of their own", parts.segment->ordinals().size(),
                   types.back()->total());
    }
    if (result.is_late || query_.count == 0) return result;
    // Merging costs more than walking along one list.
    std::erase_if(types, [](const auto& type) { return type->total() == 0; });
    const std::size_t step = explain_.Begin("page");
    const bool is_walked = std::all_of(types.begin(), types.end(),
                                       [](const auto& type) { return type->PrepareWalk(); });
    if (is_walked) {
      Walk(types, result);
    } else if (IsDeep(query_) && result.total > kSortedRowsMax) {
      result.is_too_deep = true;
    } else {
      Sort(types, result);
    }
    explain_.End(step, is_walked ? "walk in the list's order" : "sort every match", std::nullopt,
                 result.page.size());
    return result;
  }

  void Walk(std::vector<std::unique_ptr<TypeMatches>>& types, QueryResult& result) {
    MergedMatches matches(types, query_.order);
    if (query_.start_index > 1) {
      constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
      matches.Skip(std::min(query_.start_index - 1, kMost));
    }
    ListPosition last;
    for (TypeMatches* next = matches.Next(); next != nullptr; next = matches.Next()) {
      if (result.page.size() == query_.count) {
        result.next = std::move(last);
        return;
      }
      last = next->position();
      result.page.push_back(next->row());
      next->Next();
    }
  }

  void Sort(std::vector<std::unique_ptr<TypeMatches>>& types, QueryResult& result) {
    PageBuilder page(query_);
    DeadlineCheck deadline(query_.deadline);
    for (const auto& type : types) {
      type->ForEach([&](const ResourcePtr& row, std::optional<std::string> key) {
        if (!deadline.IsLate()) page.Offer(row, std::move(key));
      });
    }
    page.Finish(result);
    result.is_late = deadline.was_late();
  }

  const DirectoryReader& directory_;
  const Query& query_;
  std::string_view base_url_;
  ExplainWriter& explain_;
};

}  // namespace

std::optional<QueryResult> RunIndexed(const DirectoryReader& directory, const Query& query,
                                      std::string_view base_url, ExplainWriter& explain) {
  return IndexedQuery(directory, query, base_url, explain).Run();
}

}  // namespace scimledger::projections
