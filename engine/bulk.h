#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command_group.h"
#include "engine/json.h"

namespace scimledger {

inline constexpr std::size_t kBulkOperationsMax = 1000;

enum class BulkMethod : std::uint8_t { kPost, kPut, kPatch, kDelete };
std::string_view ToString(BulkMethod method);

/// One operation as it was sent, with what its answer needs.
struct BulkOperation {
  BulkMethod method{};
  std::string method_text;  ///< as it was sent; empty: missing
  std::string path;         ///< as it was sent
  std::string bulk_id;
  /// The resource it makes or changes. nullopt: the path names none.
  std::optional<ResourceTypeId> type;
  ResourceId id;
  Result<CommandBody> body;             ///< or why there is none
  std::vector<std::size_t> references;  ///< operations whose new resources it names
  std::vector<ResourceId> named;        ///< other resources that it names
};

struct BulkRequest {
  std::vector<BulkOperation> operations;
  std::size_t fail_on_errors = 0;  ///< 0: no limit
};

/// What parsing needs from outside.
struct BulkEdge {
  /// Ids of new resources: the engine draws nothing at random.
  std::function<ResourceId()> new_id;
  /// `version` as the header If-Match would have it.
  std::function<Result<ExpectedVersion>(std::string_view)> read_version;
  /// What a `path` may begin with: the URL of the service's root.
  std::string_view base_url;
};

/// Parses a BulkRequest (RFC 7644 §3.7) and replaces every `bulkId:…` in the references of its
/// operations by the id the resource will have. What is wrong with one operation is its own
/// refusal. Of the whole: `invalidSyntax` (not a BulkRequest, a bulkId used twice), 413 naming
/// kBulkOperationsMax.
[[nodiscard]] Result<BulkRequest> ParseBulk(const SchemaRegistry& registry,
                                            simdjson::dom::element body, const BulkEdge& edge);

/// The commands in the order sent, save that what refers to a later operation waits for it, and
/// with it what was sent after it and touches a resource that it touches (engine/bulk_order.h).
/// Takes the bodies out of `request`. Actor, client, transaction and registry are the caller's to
/// set.
CommandGroup PlanBulk(const SchemaRegistry& registry, BulkRequest& request);

}  // namespace scimledger
