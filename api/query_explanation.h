#pragma once

#include <string>
#include <string_view>

#include "projections/explain.h"

namespace scimledger::api {

/// Names the member of a ListResponse that says how the list was answered.
inline constexpr std::string_view kExplanationSchema = "urn:scimledger:scim:messages:Explanation";

/// `"steps":[{depth, what, how[, estimated][, found], microseconds}],"text":…`: members of a JSON
/// object.
void AppendExplanation(const projections::Explain& explain, std::string& out);

}  // namespace scimledger::api
