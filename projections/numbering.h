#pragma once

#include "engine/schema.h"
#include "storage/hash.h"

namespace scimledger::projections {

/// Hash of what attribute ids and resource type ids mean: documents name attributes by number, so
/// two registries read them alike if this is equal. One log gives one numbering (ARCHITECTURE.md,
/// decision 3), unless another version of this program numbered it.
Hash HashNumbering(const SchemaRegistry& registry);

}  // namespace scimledger::projections
