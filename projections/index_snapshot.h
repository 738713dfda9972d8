#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "projections/attribute_index.h"
#include "storage/snapshot_file.h"

namespace scimledger::projections {

/// The columns of an attribute index as they were stored, not yet bound to a view.
struct StoredIndex {
  struct Type {
    std::map<AttributeId, ElementRows> elements;
    std::map<ColumnKey, StoredColumn> columns;
  };
  storage::SnapshotInfo info;
  Hash numbering{};  ///< of the attributes (numbering.h)
  std::map<ResourceTypeId, Type> types;
};

/// Writes the columns of a state as the snapshot of the attribute index (storage/snapshot_file.h),
/// so that a start loads them instead of reading every row. `leaf_hash`: of the base's sequence.
[[nodiscard]] storage::Result<void> WriteIndexSnapshot(const IndexState& state, Uuid log_id,
                                                       const Hash& leaf_hash,
                                                       const std::filesystem::path& file);

/// Reads a snapshot without a directory, so that both can be loaded at once. kNotFound: no file.
/// kCorrupt and kIncompatible: delete it; queries make the columns again.
[[nodiscard]] storage::Result<StoredIndex> ReadIndexSnapshot(const std::filesystem::path& file);

/// Gives the stored columns to the index of a directory that was just loaded and that nobody uses
/// yet. Where the directory is of another sequence they cannot be used: returns their names, so that
/// they can be made again (AttributeIndex::Expect). kCorrupt, kIncompatible: as above.
[[nodiscard]] storage::Result<std::vector<ColumnName>> AdoptIndex(const Directory& directory,
                                                                  StoredIndex stored);

}  // namespace scimledger::projections
