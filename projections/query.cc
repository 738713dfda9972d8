#include "projections/query.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "engine/sort_key.h"
#include "projections/query_driver.h"
#include "projections/query_page.h"
#include "projections/view_reader.h"

namespace scimledger::projections {
namespace {

/// Rows that a lookup may bring for the calling thread to look at.
constexpr std::size_t kHitsAtOnceMax = 1000;

/// The comparison of `members eq "id"` or `members[value eq "id"]`; nullptr: another filter.
const Filter::Compare* AsksForMember(const SchemaRegistry& registry, const Filter& filter) {
  const Filter* asked = &filter;
  if (const auto* node = std::get_if<Filter::ValuePath>(&filter.node)) asked = node->inner.get();
  const auto* compare = std::get_if<Filter::Compare>(&asked->node);
  if (compare == nullptr || compare->op != CompareOperator::kEq || !compare->path.sub ||
      compare->operand.value.AsString() == nullptr) {
    return nullptr;
  }
  const Attribute& attribute = registry.attribute(compare->path.attribute);
  const bool is_value =
      attribute.role == AttributeRole::kReferenceSet && attribute.parts.value == compare->path.sub;
  return is_value ? compare : nullptr;
}

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

/// What the plain evaluator says, except that `members eq "id"` asks the set instead of walking it:
/// with a group of 100,000 and an Entra query for one member that is the whole cost.
class RowTest {
 public:
  RowTest(const DirectoryView& view, const TypeQuery& query, std::string_view base_url)
      : view_(view),
        query_(query),
        registry_(view.registry()),
        reader_(view, query.type, base_url) {}

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
    if (const auto* one_member = AsksForMember(*registry_, filter)) {
      const auto id = ResourceId::Parse(one_member->operand.folded);
      return id && view_.IsMember(row, *id);
    }
    return scimledger::Matches(*registry_, filter, reader_);
  }

  const DirectoryView& view_;
  const TypeQuery& query_;
  RegistryPtr registry_;
  ViewReader reader_;
};

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
    if (rows_++ % kRowsBetweenLooks == 0 && std::chrono::steady_clock::now() > deadline_) {
      is_late_ = true;
      return false;
    }
    const auto index = static_cast<std::size_t>(row->type);
    if (index >= by_type_.size() || !by_type_[index]) return true;
    RowTest& test = *by_type_[index];
    return !test.Matches(*row) || page.Offer(row, test.SortKey());
  }

  bool is_late() const { return is_late_; }

 private:
  static constexpr std::uint64_t kRowsBetweenLooks = 64;

  const std::chrono::steady_clock::time_point deadline_;
  std::uint64_t rows_ = 0;
  bool is_late_ = false;
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
  if (IsPlainList(query)) return false;
  const auto driver = FindDriver(directory, query);
  if (!driver) return true;
  std::size_t hits = 0;
  for (const EqualityKey& key : *driver) hits += directory.CountHits(key);
  if (hits > kHitsAtOnceMax) return true;
  return std::any_of(query.types.begin(), query.types.end(), [&](const TypeQuery& type) {
    return type.filter && WalksMembers(*directory.current_registry(), *type.filter);
  });
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
    result.is_late = test.is_late();
  } else {
    result.view = directory.Freeze();
    QueryTest test(*result.view, query, base_url);
    result.view->ForEachResourceAtLeast(
        only_type, first, [&](const ResourcePtr& row) { return test.Offer(row, page); });
    result.is_late = test.is_late();
  }
  page.Finish(result);
  return result;
}

}  // namespace scimledger::projections
