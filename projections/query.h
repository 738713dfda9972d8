#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/filter.h"
#include "projections/directory.h"

namespace scimledger::projections {

/// What a query asks of the resources of one type.
struct TypeQuery {
  ResourceTypeId type{};
  std::optional<Filter> filter;
  /// What they are sorted by; nullopt in a sorted query: they have no such attribute, so no value.
  std::optional<AttributePath> sort_by;
};

/// Order of a list. Resources that sort alike come in order of creation; those without a value come
/// last ascending and first descending (RFC 7644 §3.4.2.3).
enum class ListOrder : std::uint8_t { kCreation, kAscending, kDescending };

/// Where a page ended. The page after it is whatever comes later in the list's order at that time.
struct ListPosition {
  std::uint32_t ordinal = 0;
  std::optional<std::string> key;  ///< engine/sort_key.h; nullopt: no value, or not sorted
};

/// A filtered, sorted, paged list (RFC 7644 §3.4.2).
struct Query {
  std::vector<TypeQuery> types;  ///< one, or all of them (§3.4.2.1)
  ListOrder order = ListOrder::kCreation;
  std::uint64_t start_index = 1;      ///< 1-based
  std::uint64_t count = 100;          ///< 0: the total only
  std::optional<ListPosition> after;  ///< start there; `start_index` is 1 then
  /// When to give up: one query must not keep others waiting for minutes.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

struct QueryResult {
  std::shared_ptr<const DirectoryView> view;  ///< the sequence it is true for
  std::uint64_t total = 0;  ///< all matches; without meaning for a query with `after`
  std::vector<ResourcePtr> page;
  std::optional<ListPosition> next;  ///< where the page ended; nullopt: nothing comes after it
  bool is_late = false;              ///< the deadline passed: nothing else here means anything
  bool is_too_deep = false;          ///< beyond kSortedRowsMax and without a column: the same
};

/// Rows that a sorted query may have to keep while it scans. A page that ends beyond this one is
/// found by the attribute index alone. A key has at most kSortKeyBytesMax bytes.
inline constexpr std::uint64_t kSortedRowsMax = 100'000;

/// Whether the query's page ends too far from its start to be found by keeping rows.
bool IsDeep(const Query& query);
/// Whether the index can find such a page, after waiting for its columns if need be: what the list
/// is sorted by depends on nothing but each resource itself. The caller refuses others.
bool CanPageDeep(const SchemaRegistry& registry, const Query& query);

struct Explain;

/// Answers as Run does where that takes few steps: a plain list of one type (of a directory that
/// has its rows), or for each type one of the filter's and-ed terms, or all of its or-ed terms, is
/// an equality that the directory looks up. nullopt: it takes more, so that the caller runs it off
/// its I/O thread.
std::optional<QueryResult> RunAtOnce(const DirectoryReader& directory, const Query& query,
                                     std::string_view base_url);

/// Answers exactly what the plain evaluator says, at one sequence. `base_url` makes meta.location
/// and $ref, which filters may name. `explain` (explain.h), where given, is told how. Thread-safe.
QueryResult Run(const DirectoryReader& directory, const Query& query, std::string_view base_url,
                Explain* explain = nullptr);

}  // namespace scimledger::projections
