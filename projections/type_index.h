#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "projections/column_builder.h"
#include "projections/frozen_view.h"

namespace scimledger::projections {

/// The rows of one resource type in one view, numbered in order of creation without gaps.
class TypeRows {
 public:
  explicit TypeRows(std::vector<std::uint32_t> ordinals) : ordinals_(std::move(ordinals)) {}

  std::size_t size() const { return ordinals_.size(); }
  std::uint32_t OrdinalAt(std::size_t row) const { return ordinals_[row]; }
  std::span<const std::uint32_t> ordinals() const { return ordinals_; }
  /// The number of the first row whose ordinal is at least this one.
  std::size_t LowerBound(std::uint32_t ordinal) const;
  /// nullopt: not a row of this type and view.
  std::optional<std::size_t> Find(std::uint32_t ordinal) const;

 private:
  std::vector<std::uint32_t> ordinals_;
};

/// By element of a multi-valued attribute: its row. Elements are numbered row by row.
using ElementRows = std::vector<std::uint32_t>;

/// The columns of one resource type over one view. Immutable: With() and At() make others that
/// share what stays.
class TypeIndex {
 public:
  TypeIndex(std::shared_ptr<const FrozenView> view, ResourceTypeId type);

  const TypeRows& rows() const { return *rows_; }
  /// nullptr: not there.
  ColumnPtr Find(const ColumnKey& key) const;
  /// nullptr: no column of the attribute's elements is there.
  const ElementRows* FindElements(AttributeId attribute) const;
  const std::map<AttributeId, std::shared_ptr<const ElementRows>>& elements() const {
    return elements_;
  }
  const std::map<ColumnKey, ColumnPtr>& columns() const { return columns_; }
  std::size_t memory_bytes() const;

  /// What was stored of an index over the same view. nullptr: it does not fit together.
  static std::shared_ptr<const TypeIndex> Restore(std::shared_ptr<const FrozenView> view,
                                                  ResourceTypeId type,
                                                  std::map<AttributeId, ElementRows> elements,
                                                  std::map<ColumnKey, StoredColumn> columns);
  /// nullptr: the column is too large to be one.
  std::shared_ptr<const TypeIndex> With(const ColumnKey& key) const;
  std::shared_ptr<const TypeIndex> Without(const ColumnKey& key) const;
  /// The same columns over another view of the directory, from which `changed` tells apart the rows
  /// of this one. Copies the columns once; reads only the changed rows.
  std::shared_ptr<const TypeIndex> At(std::shared_ptr<const FrozenView> view,
                                      std::span<const std::uint32_t> changed) const;

 private:
  class Update;

  std::shared_ptr<const FrozenView> view_;
  ResourceTypeId type_;
  std::shared_ptr<const TypeRows> rows_;
  std::map<AttributeId, std::shared_ptr<const ElementRows>> elements_;
  std::map<ColumnKey, ColumnPtr> columns_;
};

using TypeIndexPtr = std::shared_ptr<const TypeIndex>;

}  // namespace scimledger::projections
