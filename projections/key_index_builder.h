#pragma once

#include "projections/directory_contents.h"
#include "projections/key_index.h"

namespace scimledger::projections {

/// Adds the keys of every row to an empty index, with all processors (four at the most) where there
/// are many rows: a start waits for it.
void AddKeysOfAllRows(const DirectoryContents& contents, KeyIndex& keys);

}  // namespace scimledger::projections
