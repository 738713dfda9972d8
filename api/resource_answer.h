#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/http.h"
#include "engine/resource_json.h"
#include "projections/directory.h"
#include "projections/query.h"

namespace scimledger::api {

/// How the resources of one answer are shown.
struct Presentation {
  AttributeSelection selection;
  std::string base_url;
};

/// `base_url` + endpoint + id.
std::string LocationOf(const SchemaRegistry& registry, const Resource& resource,
                       std::string_view base_url);

/// The resource as body, with its ETag. Streamed where it is long: a group may be of any size.
HttpResponse ResourceResponse(int status, ResourcePtr resource,
                              std::shared_ptr<const projections::DirectoryView> view,
                              Presentation presentation);

/// What a ListResponse says before its resources (RFC 7644 §3.4.2, RFC 9865 §2).
struct ListHead {
  std::uint64_t total = 0;
  std::uint64_t items = 0;
  std::optional<std::uint64_t> start_index = {};  ///< not in pages by cursor
  std::string next_cursor = {};                   ///< empty: no further page, or pages by index
  std::string explanation = {};  ///< what kExplanationSchema names, as JSON; empty: not asked for
};

/// A ListResponse, streamed where it is long, piece by piece: what one answer holds in memory
/// depends neither on the page nor on the size of its groups.
HttpResponse ListResponse(projections::QueryResult result, const ListHead& head,
                          Presentation presentation);

/// The parts of a ListResponse around its resources.
void AppendListHead(const ListHead& head, std::string& out);
void AppendListTail(std::string& out);

}  // namespace scimledger::api
