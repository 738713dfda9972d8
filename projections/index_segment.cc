#include "projections/index_segment.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace scimledger::projections {
namespace {

/// Segments of so many rows have their columns made by the query that asks for them first.
constexpr std::size_t kRowsAtOnce = 20'000;

std::shared_ptr<const FrozenView> OnlyThese(const FrozenView& view,
                                            std::span<const std::uint32_t> ordinals) {
  DirectoryContents contents = view.contents();
  for (auto& of_type : contents.by_type) of_type.Reset();
  for (const std::uint32_t ordinal : ordinals) {
    const Resource* resource = contents.Find(ordinal);
    if (resource == nullptr) continue;
    contents.by_type[static_cast<std::size_t>(resource->type)].Mutable().Add(ordinal);
  }
  return std::make_shared<const FrozenView>(std::move(contents), view.ids());
}

}  // namespace

IndexSegment::IndexSegment(const FrozenView& view, std::vector<std::uint32_t> ordinals,
                           std::shared_ptr<IndexBudget> budget)
    : view_(OnlyThese(view, ordinals)),
      ordinals_(std::move(ordinals)),
      index_([view = view_] { return view; }) {
  AttributeIndexOptions options;
  options.budget = std::move(budget);
  options.rows_at_once = kRowsAtOnce;
  index_.Configure(options);
}

IndexStatePtr IndexSegment::Acquire(std::span<const ColumnName> wanted) {
  {
    const std::lock_guard lock(mutex_);
    const bool is_first = !std::exchange(was_asked_, true);
    if (is_first && ordinals_.size() > kRowsAtOnce) return nullptr;
  }
  IndexStatePtr state = index_.Acquire(wanted);
  const bool is_whole =
      state != nullptr && std::all_of(wanted.begin(), wanted.end(), [&](auto& name) {
        return state->Find(name.first, name.second) != nullptr;
      });
  return is_whole ? state : nullptr;
}

std::shared_ptr<const RowTable::Difference> IndexSegment::OutsideOf(
    const std::shared_ptr<const FrozenView>& base) const {
  {
    const std::lock_guard lock(mutex_);
    if (outside_ != nullptr && base_.lock() == base) return outside_;
  }
  RowTable::Difference all = view_->contents().rows.DifferenceFrom(base->contents().rows);
  auto outside = std::make_shared<RowTable::Difference>();
  outside->leaves = all.leaves;
  std::set_difference(all.ordinals.begin(), all.ordinals.end(), ordinals_.begin(), ordinals_.end(),
                      std::back_inserter(outside->ordinals));
  const std::lock_guard lock(mutex_);
  base_ = base;
  outside_ = outside;
  return outside;
}

}  // namespace scimledger::projections
