#pragma once

#include <functional>
#include <string>

#include "engine/patch.h"
#include "engine/resource_json.h"

namespace scimledger {

/// Told the text of one reference; may change it. An error ends the walk.
using ReferenceVisitor = std::function<Result<void>(std::string& text)>;

/// Visits every text that may name a SCIM resource: ids of reference sets; attributes of type
/// reference to SCIM resources; the `value` beside a `$ref` to SCIM resources. Characteristics
/// decide, so custom schemas take part.
[[nodiscard]] Result<void> VisitReferences(const SchemaRegistry& registry, ResourceDraft& draft,
                                           const ReferenceVisitor& visit);
/// The same for the values of a PATCH and the operands of filters in its paths.
[[nodiscard]] Result<void> VisitReferences(const SchemaRegistry& registry, Patch& patch,
                                           const ReferenceVisitor& visit);

}  // namespace scimledger
