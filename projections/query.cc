#include "projections/query.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "projections/column_source.h"
#include "projections/indexed_query.h"
#include "projections/lookup_attributes.h"
#include "projections/query_driver.h"
#include "projections/query_page.h"
#include "projections/row_test.h"

namespace scimledger::projections {
namespace {

/// Rows that a lookup may bring for the calling thread to look at.
constexpr std::size_t kHitsAtOnceMax = 1000;

/// Whether the filter has to look at the members of a group, however many there are.
bool WalksMembers(const SchemaRegistry& registry, const Filter& filter) {
  const auto walks = [&](const Filter& term) { return WalksMembers(registry, term); };
  const auto is_set = [&](AttributeId id) {
    return registry.attribute(id).role == AttributeRole::kReferenceSet;
  };
  if (AsksForMember(registry, filter) != nullptr) return false;
  if (const auto* node = std::get_if<Filter::And>(&filter.node)) {
    return std::any_of(node->terms.begin(), node->terms.end(), walks);
  }
  if (const auto* node = std::get_if<Filter::Or>(&filter.node)) {
    return std::any_of(node->terms.begin(), node->terms.end(), walks);
  }
  if (const auto* node = std::get_if<Filter::Not>(&filter.node)) return walks(*node->term);
  if (const auto* node = std::get_if<Filter::ValuePath>(&filter.node)) {
    return is_set(node->attribute);
  }
  if (const auto* node = std::get_if<Filter::Compare>(&filter.node)) {
    return is_set(node->path.attribute);
  }
  return false;
}

/// The tests of a query's types, as rows of any type come along.
class QueryTest {
 public:
  QueryTest(const DirectoryView& view, const Query& query, std::string_view base_url)
      : deadline_(query.deadline) {
    for (const TypeQuery& type : query.types) {
      const auto index = static_cast<std::size_t>(type.type);
      if (index >= by_type_.size()) by_type_.resize(index + 1);
      by_type_[index] = std::make_unique<RowTest>(view, type, base_url);
    }
  }

  /// Offers the row to the page if it matches; false: the page needs no more, or it is too late.
  bool Offer(const ResourcePtr& row, PageBuilder& page) {
    if (deadline_.IsLate()) return false;
    const auto index = static_cast<std::size_t>(row->type);
    if (index >= by_type_.size() || !by_type_[index]) return true;
    RowTest& test = *by_type_[index];
    return !test.Matches(*row) || page.Offer(row, test.SortKey());
  }

  bool is_late() const { return deadline_.was_late(); }

 private:
  DeadlineCheck deadline_;
  std::vector<std::unique_ptr<RowTest>> by_type_;
};

/// All resources of one type in order of creation: its page is found without a walk.
bool IsPlainList(const Query& query) {
  return query.types.size() == 1 && !query.types.front().filter &&
         query.order == ListOrder::kCreation;
}

QueryResult ListAll(const DirectoryReader& directory, const Query& query) {
  const ResourceTypeId type = query.types.front().type;
  QueryResult result;
  result.view = directory.Freeze();
  result.total = result.view->resource_count(type);
  if (query.count == 0) return result;
  const auto take = [&](const ResourcePtr& row) {
    if (result.page.size() == query.count) {
      result.next = ListPosition{result.page.back()->ordinal, std::nullopt};
      return false;
    }
    result.page.push_back(row);
    return true;
  };
  if (query.after) {
    result.view->ForEachResourceAtLeast(type, query.after->ordinal + 1, take);
  } else {
    result.view->ForEachResourceFrom(type, query.start_index == 0 ? 0 : query.start_index - 1,
                                     take);
  }
  return result;
}

/// The first ordinal that a scan has to look at.
std::uint32_t FirstOrdinal(const Query& query) {
  return query.after && query.order == ListOrder::kCreation ? query.after->ordinal + 1 : 0;
}

std::optional<ResourceTypeId> OnlyType(const Query& query) {
  if (query.types.size() != 1) return std::nullopt;
  return query.types.front().type;
}

/// Whether the rows that the driver finds are the answer: there is no other term to check.
bool IsWholeFilter(const Query& query, const Driver& driver) {
  if (query.types.size() != 1 || query.order != ListOrder::kCreation || driver.size() != 1) {
    return false;
  }
  const auto* compare = std::get_if<Filter::Compare>(&query.types.front().filter->node);
  return compare != nullptr && driver.front().kind == EqualityKey::Kind::kAttribute &&
         compare->path == driver.front().path;
}

/// nullopt: the driver has more hits.
std::optional<QueryResult> RunDriven(const DirectoryReader& directory, const Query& query,
                                     const Driver& driver, std::string_view base_url,
                                     std::size_t hits_max) {
  std::optional<FoundResources> found = directory.LookUpAny(OnlyType(query), driver, hits_max);
  if (!found) return std::nullopt;
  QueryResult result;
  PageBuilder page(query);
  const std::uint32_t first = FirstOrdinal(query);
  result.view = std::move(found->view);
  if (IsWholeFilter(query, driver)) {
    for (const ResourcePtr& row : found->resources) {
      if (row->ordinal >= first && !page.Offer(row, std::nullopt)) break;
    }
    page.Finish(result);
    return result;
  }
  QueryTest test(*result.view, query, base_url);
  for (const ResourcePtr& row : found->resources) {
    if (row->ordinal >= first && !test.Offer(row, page)) break;
  }
  result.is_late = test.is_late();
  page.Finish(result);
  return result;
}

std::uint64_t CountRows(const DirectoryView& view, const Query& query) {
  std::uint64_t rows = 0;
  for (const TypeQuery& type : query.types) rows += view.resource_count(type.type);
  return rows;
}

QueryResult Scan(const DirectoryReader& directory, const Query& query, std::string_view base_url) {
  QueryResult result;
  PageBuilder page(query);
  result.view = directory.Freeze();
  result.is_too_deep = IsDeep(query) && CountRows(*result.view, query) > kSortedRowsMax;
  if (result.is_too_deep) return result;
  QueryTest test(*result.view, query, base_url);
  result.view->ForEachResourceAtLeast(
      OnlyType(query), FirstOrdinal(query),
      [&](const ResourcePtr& row) { return test.Offer(row, page); });
  result.is_late = test.is_late();
  page.Finish(result);
  return result;
}

}  // namespace

bool IsDeep(const Query& query) {
  if (query.order == ListOrder::kCreation || query.count == 0) return false;
  const std::uint64_t skipped = query.start_index == 0 ? 0 : query.start_index - 1;
  return skipped >= kSortedRowsMax || query.count > kSortedRowsMax - skipped;
}

bool CanPageDeep(const SchemaRegistry& registry, const Query& query) {
  return std::all_of(query.types.begin(), query.types.end(), [&](const TypeQuery& type) {
    return !type.sort_by || HasColumn(registry, *type.sort_by);
  });
}

std::optional<QueryResult> RunAtOnce(const DirectoryReader& directory, const Query& query,
                                     std::string_view base_url) {
  if (IsPlainList(query)) {
    return directory.has_rows() ? std::optional(ListAll(directory, query)) : std::nullopt;
  }
  const auto lookups = directory.lookups();
  const auto driver = FindDriver(directory, *lookups, query);
  if (!driver || !directory.looks_up_at_once()) return std::nullopt;
  const SchemaRegistry& registry = *lookups->registry();
  const bool walks = std::any_of(
      query.types.begin(), query.types.end(),
      [&](const TypeQuery& type) { return type.filter && WalksMembers(registry, *type.filter); });
  if (walks) return std::nullopt;
  return RunDriven(directory, query, *driver, base_url, kHitsAtOnceMax);
}

QueryResult Run(const DirectoryReader& directory, const Query& query, std::string_view base_url,
                Explain* explain) {
  ExplainWriter writer(explain);
  const std::size_t step = writer.Begin("list");
  const auto end = [&](QueryResult result, std::string_view how) {
    writer.End(step, how, std::nullopt, result.total);
    return result;
  };
  if (IsPlainList(query)) return end(ListAll(directory, query), "order of creation");
  constexpr std::string_view kDriven = "key lookup, then the evaluator";
  const auto driver = FindDriver(directory, *directory.lookups(), query);
  if (driver) {
    auto driven = RunDriven(directory, query, *driver, base_url, kHitsAtOnceMax);
    if (driven) return end(*std::move(driven), kDriven);
  }
  if (auto indexed = RunIndexed(directory, query, base_url, writer)) {
    return end(*std::move(indexed), "attribute index");
  }
  if (driver) {
    constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
    return end(*RunDriven(directory, query, *driver, base_url, kAll), kDriven);
  }
  return end(Scan(directory, query, base_url), "evaluator over every row");
}

}  // namespace scimledger::projections
