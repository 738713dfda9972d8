#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/document.h"
#include "engine/filter.h"
#include "projections/view_reader.h"

namespace scimledger::projections {

/// Names a column among those of one resource type.
struct ColumnKey {
  enum class Kind : std::uint8_t {
    kValues,    ///< every value; a slot is a row, or an element of a multi-valued attribute
    kForemost,  ///< the value that sorting goes by (engine/sort_key.h); a slot is a row
  };
  AttributePath path;
  Kind kind = Kind::kValues;
  friend auto operator<=>(const ColumnKey& a, const ColumnKey& b) {
    return std::tie(a.path.attribute, a.path.sub, a.kind) <=>
           std::tie(b.path.attribute, b.path.sub, b.kind);
  }
  friend bool operator==(const ColumnKey&, const ColumnKey&) = default;
};

/// Whether the values at `path` depend on nothing but the resource's own row. What is derived from
/// others (groups, members, manager.displayName, meta.location) cannot be kept in a column.
bool HasColumn(const SchemaRegistry& registry, const AttributePath& path);

/// Whether the column's slots are elements of the attribute instead of rows.
bool IsOverElements(const SchemaRegistry& registry, const ColumnKey& key);

/// What one row puts into a column, slot by slot.
struct SlotValues {
  struct Slot {
    std::uint32_t key_count = 0;
    /// A value may have no key (no comparison finds it), and a missing `primary` has that of false.
    bool has_value = false;
  };
  std::vector<Slot> slots;
  std::vector<std::uint32_t> key_ends;  ///< of all slots' keys, in `text`
  std::string text;
};

/// Reads a column's keys out of rows. One thread.
class ColumnSource {
 public:
  /// `view` must outlive it; the rows come from it.
  ColumnSource(const DirectoryView& view, ResourceTypeId type, const ColumnKey& key);

  /// The row's slots, until the next call: one, or of a multi-valued attribute one for each
  /// element.
  const SlotValues& Read(const Resource& row);

 private:
  void AddInstant(std::int64_t time_us);
  void ReadForemost(const Resource& row);
  void ReadValue(const EncodedValue& value);
  void AddValues(const EncodedValue& value, SlotValues::Slot& slot);
  void AddParts(const EncodedValue& element, SlotValues::Slot& slot);
  std::optional<std::string> DerivedValue(const Resource& row);

  RegistryPtr registry_;
  ColumnKey key_;
  const Attribute& leaf_;
  bool is_over_elements_;
  bool is_stored_;
  ViewReader reader_;
  SlotValues values_;
};

}  // namespace scimledger::projections
