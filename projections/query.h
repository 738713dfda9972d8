#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/filter.h"
#include "projections/directory.h"

namespace scimledger::projections {

/// A filtered, paged list of one resource type (RFC 7644 §3.4.2).
struct Query {
  ResourceTypeId type{};
  std::optional<Filter> filter;
  std::uint64_t start_index = 1;  ///< 1-based
  std::uint64_t count = 100;      ///< 0: the total only
};

struct QueryResult {
  std::shared_ptr<const DirectoryView> view;  ///< the sequence it is true for
  std::uint64_t total = 0;
  std::vector<ResourcePtr> page;  ///< in order of creation
};

/// Whether the query needs a scan (so that the caller runs it off its I/O thread). False: one of
/// the filter's and-ed terms, or all of its or-ed terms, is an equality the directory looks up.
bool NeedsScan(const Directory& directory, const Query& query);

/// Answers exactly what the plain evaluator says, at one sequence. `base_url` makes meta.location
/// and $ref, which filters may name. Thread-safe.
QueryResult Run(const Directory& directory, const Query& query, std::string_view base_url);

}  // namespace scimledger::projections
