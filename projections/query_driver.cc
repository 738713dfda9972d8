#include "projections/query_driver.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/unique_keys.h"
#include "projections/lookup_attributes.h"

namespace scimledger::projections {
namespace {

/// Finds out which equalities of a filter drive it, for one type.
class DriverFinder {
 public:
  DriverFinder(const DirectoryReader& directory, const LookupAttributes& lookups,
               ResourceTypeId type)
      : directory_(directory),
        lookups_(lookups),
        registry_(*lookups.registry()),
        type_(registry_.type(type)) {}

  std::optional<Driver> Find(const Filter& filter) const {
    return std::visit([this](const auto& node) { return FindIn(node); }, filter.node);
  }

 private:
  std::optional<Driver> FindIn(const Filter::Compare& compare) const {
    const bool is_text = compare.operand.value.AsString() != nullptr;
    if (compare.op != CompareOperator::kEq || !is_text) return std::nullopt;
    if (IsOtherType(compare)) return Driver{};
    if (!lookups_.Answers(compare.path)) return std::nullopt;
    return Driver{{KindOf(compare.path), compare.path, compare.operand.folded}};
  }
  std::optional<Driver> FindIn(const Filter::Present&) const { return std::nullopt; }
  std::optional<Driver> FindIn(const Filter::Not&) const { return std::nullopt; }
  std::optional<Driver> FindIn(const Filter::ValuePath& path) const { return Find(*path.inner); }

  /// The term with the fewest hits: the others are checked row by row.
  std::optional<Driver> FindIn(const Filter::And& node) const {
    std::optional<Driver> best;
    std::optional<std::size_t> fewest;  // counted once there is a choice
    for (const Filter& term : node.terms) {
      std::optional<Driver> driver = Find(term);
      if (!driver) continue;
      if (!best) {
        best = std::move(driver);
        continue;
      }
      if (!fewest) fewest = CountHits(*best);
      const std::size_t hits = CountHits(*driver);
      if (hits >= *fewest) continue;
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

  /// `meta.resourceType eq "User"` spares a query over all types the groups.
  bool IsOtherType(const Filter::Compare& compare) const {
    const CommonAttributes& common = registry_.common();
    const AttributePath resource_type{common.meta, common.meta_resource_type};
    if (compare.path != resource_type) return false;
    const Attribute& attribute = registry_.attribute(common.meta_resource_type);
    return ComparisonKey(attribute, type_.name) != compare.operand.folded;
  }

  EqualityKey::Kind KindOf(const AttributePath& path) const {
    if (path.attribute == registry_.common().id) return EqualityKey::Kind::kId;
    const bool is_set = registry_.attribute(path.attribute).role == AttributeRole::kReferenceSet;
    return is_set ? EqualityKey::Kind::kMember : EqualityKey::Kind::kAttribute;
  }

  std::size_t CountHits(const Driver& driver) const {
    std::size_t hits = 0;
    for (const EqualityKey& key : driver) hits += directory_.CountHits(key);
    return hits;
  }

  const DirectoryReader& directory_;
  const LookupAttributes& lookups_;
  const SchemaRegistry& registry_;
  const ResourceType& type_;
};

}  // namespace

std::optional<Driver> FindDriver(const DirectoryReader& directory, const LookupAttributes& lookups,
                                 const Query& query) {
  Driver all;
  for (const TypeQuery& type : query.types) {
    if (!type.filter) return std::nullopt;
    auto driver = DriverFinder(directory, lookups, type.type).Find(*type.filter);
    if (!driver) return std::nullopt;
    std::move(driver->begin(), driver->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace scimledger::projections
