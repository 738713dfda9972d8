#pragma once

#include <optional>
#include <vector>

#include "projections/directory.h"
#include "projections/query.h"

namespace scimledger::projections {

/// Keys of which every row that matches holds at least one; none at all: no row matches.
using Driver = std::vector<EqualityKey>;

/// Finds the equalities that drive the query, of all its types together. nullopt: it takes a scan.
/// `lookups` are the directory's.
std::optional<Driver> FindDriver(const DirectoryReader& directory, const LookupAttributes& lookups,
                                 const Query& query);

}  // namespace scimledger::projections
