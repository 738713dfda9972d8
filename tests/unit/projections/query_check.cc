#include "query_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/sort_key.h"
#include "projections/view_reader.h"

namespace scimledger::projections {

Query MakeQuery(const DirectoryReader& directory, std::string_view type, const std::string& filter) {
  const RegistryPtr registry = directory.current_registry();
  Query query;
  for (const ResourceType& any : registry->resource_types()) {
    if (!type.empty() && any.name != type) continue;
    query.types.push_back({any.id, std::nullopt, std::nullopt});
    if (filter.empty()) continue;
    const auto syntax = ParseFilter(filter);
    SCIMLEDGER_INVARIANT(syntax.has_value(), filter.c_str());
    auto bound = type.empty() ? BindFilterAcrossTypes(*registry, any, *syntax)
                              : BindFilter(*registry, any, *syntax);
    SCIMLEDGER_INVARIANT(bound.has_value(), filter.c_str());
    query.types.back().filter = *std::move(bound);
  }
  return query;
}

void SortBy(const DirectoryReader& directory, const std::string& name, ListOrder order, Query& query) {
  const RegistryPtr registry = directory.current_registry();
  query.order = order;
  for (TypeQuery& part : query.types) {
    part.sort_by = ResolvePath(*registry, registry->type(part.type), name);
  }
}

namespace {

struct Match {
  ResourcePtr row;
  std::optional<std::string> key;
};

/// Every row that the plain evaluator accepts, in the query's order.
std::vector<Match> Matching(const DirectoryView& view, const Query& query) {
  std::vector<Match> matches;
  for (const TypeQuery& part : query.types) {
    ViewReader reader(view, part.type, kBaseUrl);
    view.ForEachResource(part.type, [&](const ResourcePtr& row) {
      reader.Show(*row);
      if (part.filter && !Matches(*view.registry(), *part.filter, reader)) return true;
      matches.push_back({row, std::nullopt});
      if (part.sort_by) matches.back().key = SortKeyOf(*view.registry(), *part.sort_by, reader);
      return true;
    });
  }
  std::sort(matches.begin(), matches.end(),
            [](const Match& a, const Match& b) { return a.row->ordinal < b.row->ordinal; });
  if (query.order == ListOrder::kCreation) return matches;
  const bool is_ascending = query.order == ListOrder::kAscending;
  const auto no_value = std::stable_partition(
      matches.begin(), matches.end(),
      [&](const Match& match) { return match.key.has_value() == is_ascending; });
  const auto valued =
      is_ascending ? std::pair(matches.begin(), no_value) : std::pair(no_value, matches.end());
  std::stable_sort(valued.first, valued.second, [&](const Match& a, const Match& b) {
    return is_ascending ? *a.key < *b.key : *b.key < *a.key;
  });
  return matches;
}

}  // namespace

QueryResult Expected(std::shared_ptr<const DirectoryView> view, const Query& query) {
  QueryResult result;
  result.view = std::move(view);
  const std::vector<Match> matches = Matching(*result.view, query);
  result.total = matches.size();
  for (std::size_t index = query.start_index - 1; index < matches.size(); ++index) {
    if (result.page.size() == query.count) break;
    result.page.push_back(matches[index].row);
  }
  return result;
}

QueryResult Answer(const DirectoryReader& directory, const Query& query, Explain* explain) {
  return Run(directory, query, kBaseUrl, explain);
}

void ExpectAnswer(const DirectoryReader& directory, const Query& query, Explain* explain) {
  const Sequence before = directory.position();
  const QueryResult answer = Answer(directory, query, explain);
  const QueryResult expected = Expected(answer.view, query);
  EXPECT_FALSE(answer.is_late);
  EXPECT_EQ(answer.total, expected.total);
  EXPECT_EQ(answer.page, expected.page);
  EXPECT_GE(answer.view->sequence(), before);
}

void ExpectWalk(const DirectoryReader& directory, Query& query) {
  query.start_index = 1;
  query.count = std::max<std::uint64_t>(query.count, 1);
  std::vector<ResourcePtr> walked;
  const std::size_t walked_max = 10'000;  // a walk that does not end is a failure, too
  for (bool goes_on = true; goes_on && walked.size() < walked_max;) {
    QueryResult page = Answer(directory, query);
    EXPECT_LE(page.page.size(), query.count);
    walked.insert(walked.end(), page.page.begin(), page.page.end());
    goes_on = page.next.has_value();
    query.after = std::move(page.next);
  }
  query.after.reset();
  query.count = ~0ULL;
  EXPECT_EQ(walked, Expected(directory.Freeze(), query).page);
}

}  // namespace scimledger::projections
