#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/exchange.h"
#include "engine/resource_json.h"
#include "engine/scim_error.h"
#include "projections/query.h"

namespace scimledger::api {

/// A parameter that may be repeated, its values joined with commas. nullopt: not there, or all
/// empty.
std::optional<std::string> JoinedParameter(const Target& target, std::string_view name);

/// `attributes` and `excludedAttributes` of the request, for its resource type. `supplied`: what a
/// write sent (engine/supplied_attributes.h).
[[nodiscard]] Result<AttributeSelection> ReadSelection(const Exchange& exchange,
                                                       std::span<const AttributeId> supplied = {});

/// A page's limits (RFC 7644 §3.4.2.4).
struct Page {
  std::uint64_t start_index = 1;
  std::uint64_t count = 0;
};
/// startIndex below 1 is 1; count below 0 is 0, above `count_max` it is `count_max`. 400
/// `invalidValue`: not an integer.
[[nodiscard]] Result<Page> ReadPage(const Target& target, std::size_t count_default,
                                    std::size_t count_max);

/// The query a list request asks for. An empty `filter=` is no filter: Entra's onboarding probe
/// sends one.
[[nodiscard]] Result<projections::Query> ReadQuery(const Exchange& exchange,
                                                   std::size_t count_default,
                                                   std::size_t count_max);

}  // namespace scimledger::api
