#include "projections/query_page.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace scimledger::projections {

PageBuilder::PageBuilder(const Query& query)
    : query_(query), skipped_(query.start_index == 0 ? 0 : query.start_index - 1) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  kept_max_ = std::min(query.count, kMost) + 1;
  if (query.order != ListOrder::kCreation) kept_max_ += std::min(skipped_, kMost);
}

bool PageBuilder::IsBefore(const ListPosition& a, const ListPosition& b) const {
  const bool is_ascending = query_.order != ListOrder::kDescending;
  if (a.key.has_value() != b.key.has_value()) return a.key.has_value() == is_ascending;
  if (a.key && *a.key != *b.key) return (*a.key < *b.key) == is_ascending;
  return a.ordinal < b.ordinal;
}

bool PageBuilder::IsNeeded(const ListPosition& position) const {
  if (query_.count == 0) return false;
  if (query_.after && !IsBefore(*query_.after, position)) return false;
  return entries_.size() < kept_max_ || IsBefore(position, entries_.front().position);
}

bool PageBuilder::OfferUnsorted(const ResourcePtr& row) {
  if (query_.count > 0 && total_ > skipped_ && entries_.size() < kept_max_) {
    entries_.push_back({{row->ordinal, std::nullopt}, row});
  }
  return !query_.after || entries_.size() < kept_max_;
}

bool PageBuilder::Offer(const ResourcePtr& row, std::optional<std::string> key) {
  ++total_;
  if (query_.order == ListOrder::kCreation) return OfferUnsorted(row);
  ListPosition position{row->ordinal, std::move(key)};
  if (!IsNeeded(position)) return true;
  const auto order = [this](const Entry& a, const Entry& b) {
    return IsBefore(a.position, b.position);
  };
  if (entries_.size() == kept_max_) {
    std::pop_heap(entries_.begin(), entries_.end(), order);
    entries_.pop_back();
  }
  entries_.push_back({std::move(position), row});
  std::push_heap(entries_.begin(), entries_.end(), order);
  return true;
}

void PageBuilder::Finish(QueryResult& result) {
  std::size_t first = 0;
  if (query_.order != ListOrder::kCreation) {
    std::sort_heap(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
      return IsBefore(a.position, b.position);
    });
    first = std::min(entries_.size(), skipped_);
  }
  const std::size_t last = first + std::min(entries_.size() - first, query_.count);
  for (std::size_t index = first; index < last; ++index) {
    result.page.push_back(std::move(entries_[index].row));
  }
  if (last > first && last < entries_.size()) result.next = std::move(entries_[last - 1].position);
  result.total = total_;
}

}  // namespace scimledger::projections
