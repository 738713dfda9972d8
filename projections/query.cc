#include "projections/query.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "projections/view_reader.h"

namespace scimledger::projections {
namespace {

/// Keys of which every row that matches holds at least one.
using Driver = std::vector<EqualityKey>;

/// Finds out which equalities of a filter drive it.
class DriverFinder {
 public:
  explicit DriverFinder(const Directory& directory)
      : directory_(directory), registry_(directory.current_registry()) {}

  std::optional<Driver> Find(const Filter& filter) const {
    return std::visit([this](const auto& node) { return FindIn(node); }, filter.node);
  }

 private:
  std::optional<Driver> FindIn(const Filter::Compare& compare) const {
    const bool is_text = compare.operand.value.AsString() != nullptr;
    if (compare.op != CompareOperator::kEq || !is_text || !directory_.HasLookup(compare.path)) {
      return std::nullopt;
    }
    return Driver{{KindOf(compare.path), compare.path, compare.operand.folded}};
  }
  std::optional<Driver> FindIn(const Filter::Present&) const { return std::nullopt; }
  std::optional<Driver> FindIn(const Filter::Not&) const { return std::nullopt; }
  std::optional<Driver> FindIn(const Filter::ValuePath& path) const { return Find(*path.inner); }

  /// The term with the fewest hits: the others are checked row by row.
  std::optional<Driver> FindIn(const Filter::And& node) const {
    std::optional<Driver> best;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    for (const Filter& term : node.terms) {
      std::optional<Driver> driver = Find(term);
      if (!driver) continue;
      const std::size_t hits = CountHits(*driver);
      if (hits >= fewest) continue;
      fewest = hits;
      best = std::move(driver);
    }
    return best;
  }

  std::optional<Driver> FindIn(const Filter::Or& node) const {
    Driver all;
    for (const Filter& term : node.terms) {
      std::optional<Driver> driver = Find(term);
      if (!driver) return std::nullopt;
      std::move(driver->begin(), driver->end(), std::back_inserter(all));
    }
    return all;
  }

  EqualityKey::Kind KindOf(const AttributePath& path) const {
    if (path.attribute == registry_->common().id) return EqualityKey::Kind::kId;
    const bool is_set = registry_->attribute(path.attribute).role == AttributeRole::kReferenceSet;
    return is_set ? EqualityKey::Kind::kMember : EqualityKey::Kind::kAttribute;
  }

  std::size_t CountHits(const Driver& driver) const {
    std::size_t hits = 0;
    for (const EqualityKey& key : driver) hits += directory_.CountHits(key);
    return hits;
  }

  const Directory& directory_;
  RegistryPtr registry_;
};

/// What the plain evaluator says, except that `members eq "id"` asks the set instead of walking it:
/// with a group of 100,000 and an Entra query for one member that is the whole cost.
class RowTest {
 public:
  RowTest(const DirectoryView& view, ResourceTypeId type, std::string_view base_url)
      : view_(view), registry_(view.registry()), reader_(view, type, base_url) {
    const std::optional<AttributeId> set = registry_->type(type).reference_set;
    if (!set) return;
    if (const auto value = registry_->FindSubAttribute(*set, "value")) member_ = {*set, *value};
  }

  bool Matches(const Filter& filter, const Resource& row) {
    reader_.Show(row);
    return Evaluate(filter, row);
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
  RegistryPtr registry_;
  ViewReader reader_;
  std::optional<AttributePath> member_;
};

std::uint64_t SkippedRows(const Query& query) {
  return query.start_index == 0 ? 0 : query.start_index - 1;
}

QueryResult ListAll(const Directory& directory, const Query& query) {
  QueryResult result;
  result.view = directory.Freeze();
  result.total = result.view->resource_count(query.type);
  if (query.count == 0) return result;
  result.view->ForEachResourceFrom(query.type, SkippedRows(query), [&](const ResourcePtr& row) {
    result.page.push_back(row);
    return result.page.size() < query.count;
  });
  return result;
}

void Offer(const Query& query, RowTest& test, const ResourcePtr& row, QueryResult& result) {
  if (!test.Matches(*query.filter, *row)) return;
  ++result.total;
  if (result.total > SkippedRows(query) && result.page.size() < query.count) {
    result.page.push_back(row);
  }
}

}  // namespace

bool NeedsScan(const Directory& directory, const Query& query) {
  return query.filter && !DriverFinder(directory).Find(*query.filter);
}

QueryResult Run(const Directory& directory, const Query& query, std::string_view base_url) {
  if (!query.filter) return ListAll(directory, query);

  QueryResult result;
  if (const std::optional<Driver> driver = DriverFinder(directory).Find(*query.filter)) {
    FoundResources found = directory.LookUpAny(query.type, *driver);
    result.view = std::move(found.view);
    RowTest test(*result.view, query.type, base_url);
    for (const ResourcePtr& row : found.resources) Offer(query, test, row, result);
    return result;
  }
  result.view = directory.Freeze();
  RowTest test(*result.view, query.type, base_url);
  result.view->ForEachResource(query.type, [&](const ResourcePtr& row) {
    Offer(query, test, row, result);
    return true;
  });
  return result;
}

}  // namespace scimledger::projections
