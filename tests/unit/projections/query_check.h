#pragma once

#include <string>
#include <string_view>

#include "projections/explain.h"
#include "projections/query.h"

namespace scimledger::projections {

inline constexpr std::string_view kBaseUrl = "http://h/v2";

/// A query about one type, or about all of them (`type` empty).
Query MakeQuery(const DirectoryReader& directory, std::string_view type, const std::string& filter);

void SortBy(const DirectoryReader& directory, const std::string& name, ListOrder order, Query& query);

/// What the plain evaluator says of every row of the view.
QueryResult Expected(std::shared_ptr<const DirectoryView> view, const Query& query);

/// Run(), out of reach inside a test's body, which has a Run of its own.
QueryResult Answer(const DirectoryReader& directory, const Query& query, Explain* explain = nullptr);

/// Expects that the answer is what the plain evaluator says of the answer's own view.
void ExpectAnswer(const DirectoryReader& directory, const Query& query, Explain* explain = nullptr);

/// Expects that walking from page to page gives what one long list does.
void ExpectWalk(const DirectoryReader& directory, Query& query);

}  // namespace scimledger::projections
