#pragma once

#include <optional>
#include <string_view>

#include "projections/attribute_index.h"
#include "projections/explain.h"
#include "projections/query.h"

namespace scimledger::projections {

/// Answers the query from the attribute index. nullopt: the index has nothing for it (now).
std::optional<QueryResult> RunIndexed(const DirectoryReader& directory, const Query& query,
                                      std::string_view base_url, ExplainWriter& explain);

}  // namespace scimledger::projections
