#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "projections/column.h"
#include "projections/column_source.h"

namespace scimledger::projections {

using ColumnPtr = std::shared_ptr<const Column>;

/// Writes a column whose keys come in ascending order.
class ColumnWriter {
 public:
  explicit ColumnWriter(std::size_t slot_count) { parts_.slot_count = slot_count; }
  void Reserve(std::size_t text_bytes, std::size_t keys, std::size_t slots);

  /// Its slots follow, in ascending order. A key without slots does not become part of the column.
  void Key(std::string_view key) { key_ = key; }
  void Slot(std::uint32_t slot);
  /// Keys of another column with all their slots, which got these numbers. The caller has checked
  /// that the column does not get too large.
  void CopyRun(const Column& from, KeyRange range, std::span<const std::uint32_t> moved);
  /// Whether the column got too large for its 32-bit numbers; the rest was not taken.
  bool is_too_large() const { return is_too_large_; }

  /// `has_ranks`: no slot has several keys. `valued` as in ColumnParts.
  ColumnPtr Finish(bool has_ranks, std::optional<BitSet> valued);

 private:
  ColumnParts parts_;
  std::string_view key_;
  bool is_too_large_ = false;
};

/// What is stored of a column: everything but the ranks, which follow from the rest.
struct StoredColumn {
  ColumnParts parts;
  bool has_ranks = false;
};
/// Whether the parts fit together, so that the column can be restored.
bool IsSound(const StoredColumn& stored);
ColumnPtr RestoreColumn(StoredColumn stored);

/// Makes a column of slots that come one after another, from slot 0 on.
class ColumnBuilder {
 public:
  void Add(const SlotValues& values);
  /// nullptr: more text or slots than a column can number.
  ColumnPtr Finish();

 private:
  struct Key {
    std::string_view text;
    std::uint32_t slot_count = 0;
    std::uint32_t last_slot = Column::kNoRank;
  };
  std::uint32_t IdOf(std::string_view key);
  std::string_view Keep(std::string_view key);
  std::vector<std::uint32_t> IdsInOrder() const;
  std::vector<std::uint32_t> SlotsByKey(const std::vector<std::uint32_t>& order) const;
  std::optional<BitSet> Valued() const;

  std::vector<std::string> blocks_;  ///< the keys' text
  boost::unordered_flat_map<std::string_view, std::uint32_t> ids_;
  std::vector<Key> keys_;                                       ///< by id
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_;  ///< slot and id
  std::vector<std::uint32_t> keyless_;                          ///< slots with a value but no key
  std::vector<std::uint32_t> valueless_;                        ///< slots with a key but no value
  std::uint32_t slot_count_ = 0;
  bool is_single_ = true;
};

/// New slots of a column that is brought up to date.
struct FreshSlots {
  std::vector<std::uint32_t> numbers;  ///< ascending; as many as `values` has slots
  SlotValues values;
};

/// The column after some of its slots were replaced. `moved`: by old slot its new number, in the
/// same order, or Column::kNoRank for those that are gone. Copies; sorts nothing but the fresh
/// keys. nullptr as for ColumnBuilder.
ColumnPtr MergeColumn(const Column& old, std::span<const std::uint32_t> moved,
                      const FreshSlots& fresh, std::size_t slot_count);

}  // namespace scimledger::projections
