#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/filter.h"
#include "engine/json.h"
#include "engine/password.h"
#include "engine/resource.h"
#include "engine/value.h"

namespace scimledger {

class State;

inline constexpr std::size_t kPatchOperationsMax = 10'000;

enum class PatchOp : std::uint8_t { kAdd, kRemove, kReplace };

/// RFC 7644 §3.5.2 path, bound: attribute, `attribute[filter]`, each with an optional
/// sub-attribute.
struct PatchPath {
  AttributeId attribute{};
  std::optional<Filter> value_filter;
  std::optional<AttributeId> sub;
};

/// One operation on one attribute. Operations without a path, and paths naming a whole extension,
/// are expanded into several of these when they are parsed; so are the dialects Entra and Okta
/// send.
struct PatchOperation {
  PatchOp op{};
  PatchPath path;
  Value value;  ///< typed for the target; unassigned clears
  /// For a reference set: the ids sent. nullopt on a remove: no value list was sent.
  std::optional<std::vector<std::string>> members;
  std::string path_text;  ///< as it was sent, for error details
  /// A singular complex value that is set as a whole: parts that were not sent go.
  bool replaces_whole = false;
};

struct Patch {
  std::vector<PatchOperation> operations;
  std::vector<AttributeId>
      secrets;  ///< `returned: never` attributes supplied; their values are dropped
  /// Not among the secrets: where the tenant keeps passwords. The last one supplied, if no
  /// operation after it took it away.
  std::optional<SuppliedPassword> password;
};

/// Parses a PatchOp body (RFC 7644 §3.5.2), in the RFC's own form and both Entra dialects and
/// Okta's: capitalised ops, string booleans, `remove members` with a value list, dotted and URN
/// keys in path-less values, URN-qualified core paths, manager as string, array or object, empty
/// Operations. Path-less writes to readOnly attributes (id, meta, groups) are ignored; a path to
/// one is refused. Whole schemas may be addressed by their URN. null and "" clear (RFC 7643 §2.5),
/// but an add of [] or of null members adds nothing: it must never empty a group. Details start
/// with `Operations[i]`. The tenant's settings may
/// refuse operations without a path and unknown attributes, and let a replace of a complex
/// attribute clear the parts it does not name. Errors: `invalidSyntax` (structure, unknown op),
/// `invalidPath`, `invalidFilter`, `invalidValue`, `noTarget` (remove without path), `mutability`
/// (readOnly target).
[[nodiscard]] Result<Patch> ParsePatch(const SchemaRegistry& registry, const ResourceType& type,
                                       simdjson::dom::element body);

/// What a patch does to one resource.
struct PatchEffect {
  AttributeMap attributes;          ///< after all operations
  std::vector<ResourceId> added;    ///< members not in the set before, each once, in order sent
  std::vector<ResourceId> removed;  ///< members in the set before, each once
  std::size_t steps = 0;            ///< of work it took (engine/work_budget.h)
};

/// Applies all operations in order, all or nothing (RFC 7644 §3.5.2). Pure; members are looked up
/// in `state` one by one, so the cost follows the patch and not the group. add and replace with a
/// value filter that matches nothing create the element from the filter's equalities (Entra);
/// remove of what is not there does nothing. Setting primary on one value clears it on the others.
/// An added element merges into the one with its type and value; elements that a change makes equal
/// so become one, as in a PUT (engine/element_keys.h); one that is left with type and primary only
/// goes; a new `value` drops the `$ref` of the old one. Errors: `mutability` (immutable changed,
/// required removed), `noTarget` (replace with a filter that matches nothing and cannot make an
/// element), `invalidValue` (two primaries, unknown member ids, each named), 413 beyond
/// kDecideStepsMax.
[[nodiscard]] Result<PatchEffect> ApplyPatch(const State& state, const ResourceType& type,
                                             const Resource& resource, const Patch& patch);

}  // namespace scimledger
