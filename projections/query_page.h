#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "projections/query.h"

namespace scimledger::projections {

/// Makes one page of the rows that match. It keeps one row more than the page has, to know whether
/// anything comes after it; a sorted page keeps `start_index` + `count` of them, however many rows
/// are offered.
class PageBuilder {
 public:
  /// `query` must outlive it.
  explicit PageBuilder(const Query& query);

  /// Takes the next row; of an unsorted list they come in order of creation. False: enough, and the
  /// total does not matter.
  bool Offer(const ResourcePtr& row, std::optional<std::string> key);
  /// Puts page, total and next into `result`. The builder is spent.
  void Finish(QueryResult& result);

 private:
  struct Entry {
    ListPosition position;
    ResourcePtr row;
  };
  bool IsBefore(const ListPosition& a, const ListPosition& b) const;
  bool IsNeeded(const ListPosition& position) const;
  bool OfferUnsorted(const ResourcePtr& row);

  const Query& query_;
  std::uint64_t skipped_;
  std::size_t kept_max_ = 0;
  std::uint64_t total_ = 0;
  std::vector<Entry> entries_;  ///< sorted: a heap, the last of them on top
};

}  // namespace scimledger::projections
