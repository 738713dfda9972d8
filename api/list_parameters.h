#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "api/exchange.h"
#include "api/service.h"
#include "engine/resource_json.h"
#include "engine/scim_error.h"
#include "projections/query.h"

namespace scimledger::api {

/// `attributes` and `excludedAttributes` of the request, for the types of TypesOf. `supplied`: what
/// a write sent (engine/supplied_attributes.h).
[[nodiscard]] Result<AttributeSelection> ReadSelection(const Exchange& exchange,
                                                       std::span<const AttributeId> supplied = {});

/// The type of the request's endpoint; at the root, all of them (RFC 7644 §3.4.2.1).
std::span<const ResourceType> TypesOf(const Exchange& exchange);

/// What a list request asks for (RFC 7644 §3.4.2, RFC 9865), in its URL or in the body of a search.
struct ListRequest {
  projections::Query query;
  AttributeSelection selection;
  /// Set when it pages by cursor: what its cursors are bound to (ARCHITECTURE.md, "A cursor").
  std::optional<std::string> cursor_context;
  std::optional<std::uint64_t> total;  ///< of a walk that is under way
  bool explain = false;                ///< whether the answer says how it was found
};

/// An empty parameter counts as not given (Entra's onboarding probe sends `filter=`), but for
/// `cursor`, where it asks for the first page, and the numbers, where it is malformed. startIndex
/// below 1 is 1; count below 0 is 0, and above the page's limit it is the limit. `explain=true` is
/// for administrators, because counts and times tell of what others store: 403. Other errors, all
/// 400: `invalidValue`, `invalidFilter`, `tooMany` (PageTooDeep), `invalidCursor`, `expiredCursor`
/// and `invalidCount`.
[[nodiscard]] Result<ListRequest> ReadListRequest(const Exchange& exchange,
                                                  const ServiceOptions& options);

/// 400 `tooMany`: a sorted page too far from its start to be found without an index.
ScimError PageTooDeep();

/// The cursor for the page after one that ended at `position`.
std::string NextCursor(const ListRequest& request, const projections::ListPosition& position,
                       std::uint64_t total, const Exchange& exchange,
                       const ServiceOptions& options);

}  // namespace scimledger::api
