#include "projections/query.h"

#include <algorithm>
#include <utility>

#include "engine/sort_key.h"
#include "projections/query_driver.h"
#include "projections/query_page.h"
#include "projections/view_reader.h"

namespace scimledger::projections {
namespace {

/// What the plain evaluator says, except that `members eq "id"` asks the set instead of walking it:
/// with a group of 100,000 and an Entra query for one member that is the whole cost.
class RowTest {
 public:
  RowTest(const DirectoryView& view, const TypeQuery& query, std::string_view base_url)
      : view_(view),
        query_(query),
        registry_(view.registry()),
        reader_(view, query.type, base_url) {
    const std::optional<AttributeId> set = registry_->type(query.type).reference_set;
    if (!set) return;
    if (const auto value = registry_->FindSubAttribute(*set, "value")) member_ = {*set, *value};
  }

  bool Matches(const Resource& row) {
    reader_.Show(row);
    return !query_.filter || Evaluate(*query_.filter, row);
  }
  /// Of the row that was tested last.
  std::optional<std::string> SortKey() const {
    if (!query_.sort_by) return std::nullopt;
    return SortKeyOf(*registry_, *query_.sort_by, reader_);
  }

 private:
  bool Evaluate(const Filter& filter, const Resource& row) const {
    const auto holds = [&](const Filter& term) { return Evaluate(term, row); };
    if (const auto* node = std::get_if<Filter::And>(&filter.node)) {
      return std::all_of(node->terms.begin(), node->terms.end(), holds);
    }
    if (const auto* node = std::get_if<Filter::Or>(&filter.node)) {
      return std::any_of(node->terms.begin(), node->terms.end(), holds);
    }
    if (const auto* node = std::get_if<Filter::Not>(&filter.node)) return !holds(*node->term);
    if (const auto* node = std::get_if<Filter::Compare>(&filter.node); node && IsMember(*node)) {
      const auto id = ResourceId::Parse(node->operand.folded);
      return id && view_.IsMember(row, *id);
    }
    return scimledger::Matches(*registry_, filter, reader_);
  }

  bool IsMember(const Filter::Compare& compare) const {
    return member_ && compare.path == *member_ && compare.op == CompareOperator::kEq &&
           compare.operand.value.AsString() != nullptr;
  }

  const DirectoryView& view_;
  const TypeQuery& query_;
  RegistryPtr registry_;
  ViewReader reader_;
  std::optional<AttributePath> member_;
};

/// The tests of a query's types, as rows of any type come along.
class QueryTest {
 public:
  QueryTest(const DirectoryView& view, const Query& query, std::string_view base_url) {
    for (const TypeQuery& type : query.types) {
      const auto index = static_cast<std::size_t>(type.type);
      if (index >= by_type_.size()) by_type_.resize(index + 1);
      by_type_[index] = std::make_unique<RowTest>(view, type, base_url);
    }
  }

  /// Offers the row to the page if it matches; false: the page needs no more.
  bool Offer(const ResourcePtr& row, PageBuilder& page) {
    const auto index = static_cast<std::size_t>(row->type);
    if (index >= by_type_.size() || !by_type_[index]) return true;
    RowTest& test = *by_type_[index];
    return !test.Matches(*row) || page.Offer(row, test.SortKey());
  }

 private:
  std::vector<std::unique_ptr<RowTest>> by_type_;
};

/// All resources of one type in order of creation: its page is found without a walk.
bool IsPlainList(const Query& query) {
  return query.types.size() == 1 && !query.types.front().filter &&
         query.order == ListOrder::kCreation;
}

QueryResult ListAll(const Directory& directory, const Query& query) {
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

}  // namespace

bool NeedsScan(const Directory& directory, const Query& query) {
  return !IsPlainList(query) && !FindDriver(directory, query);
}

QueryResult Run(const Directory& directory, const Query& query, std::string_view base_url) {
  if (IsPlainList(query)) return ListAll(directory, query);

  QueryResult result;
  PageBuilder page(query);
  const std::uint32_t first = FirstOrdinal(query);
  const auto only_type = query.types.size() == 1 ? std::optional(query.types.front().type)
                                                 : std::optional<ResourceTypeId>();
  if (const std::optional<Driver> driver = FindDriver(directory, query)) {
    FoundResources found = directory.LookUpAny(only_type, *driver);
    result.view = std::move(found.view);
    QueryTest test(*result.view, query, base_url);
    for (const ResourcePtr& row : found.resources) {
      if (row->ordinal >= first && !test.Offer(row, page)) break;
    }
  } else {
    result.view = directory.Freeze();
    QueryTest test(*result.view, query, base_url);
    result.view->ForEachResourceAtLeast(
        only_type, first, [&](const ResourcePtr& row) { return test.Offer(row, page); });
  }
  page.Finish(result);
  return result;
}

}  // namespace scimledger::projections
