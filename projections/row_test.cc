#include "projections/row_test.h"

#include <algorithm>

#include "engine/sort_key.h"

namespace scimledger::projections {

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

RowTest::RowTest(const DirectoryView& view, const TypeQuery& query, std::string_view base_url)
    : view_(view), query_(query), registry_(view.registry()), reader_(view, query.type, base_url) {}

bool RowTest::Matches(const Resource& row) {
  reader_.Show(row);
  return !query_.filter || Evaluate(*query_.filter, row);
}

std::optional<std::string> RowTest::SortKey() const {
  if (!query_.sort_by) return std::nullopt;
  return scimledger::SortKeyOf(*registry_, *query_.sort_by, reader_);
}

std::optional<std::string> RowTest::SortKeyOf(const Resource& row) {
  reader_.Show(row);
  return SortKey();
}

bool RowTest::Evaluate(const Filter& filter, const Resource& row) const {
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

}  // namespace scimledger::projections
