#include "projections/type_index.h"

#include <algorithm>
#include <utility>

namespace scimledger::projections {
namespace {

std::vector<std::uint32_t> OrdinalsOf(const FrozenView& view, ResourceTypeId type) {
  std::vector<std::uint32_t> ordinals;
  const auto& by_type = view.contents().by_type;
  const auto index = static_cast<std::size_t>(type);
  if (index < by_type.size() && by_type[index]) by_type[index]->AppendTo(ordinals);
  return ordinals;
}

}  // namespace

std::size_t TypeRows::LowerBound(std::uint32_t ordinal) const {
  const auto found = std::lower_bound(ordinals_.begin(), ordinals_.end(), ordinal);
  return static_cast<std::size_t>(found - ordinals_.begin());
}

std::optional<std::size_t> TypeRows::Find(std::uint32_t ordinal) const {
  // Where nothing was deleted and no other type came between, that is its place.
  if (ordinal < ordinals_.size() && ordinals_[ordinal] == ordinal) return ordinal;
  const std::size_t row = LowerBound(ordinal);
  if (row == ordinals_.size() || ordinals_[row] != ordinal) return std::nullopt;
  return row;
}

TypeIndex::TypeIndex(std::shared_ptr<const FrozenView> view, ResourceTypeId type)
    : view_(std::move(view)),
      type_(type),
      rows_(std::make_shared<const TypeRows>(OrdinalsOf(*view_, type))) {}

ColumnPtr TypeIndex::Find(const ColumnKey& key) const {
  const auto found = columns_.find(key);
  return found == columns_.end() ? nullptr : found->second;
}

const ElementRows* TypeIndex::FindElements(AttributeId attribute) const {
  const auto found = elements_.find(attribute);
  return found == elements_.end() ? nullptr : found->second.get();
}

std::size_t TypeIndex::memory_bytes() const {
  std::size_t bytes = rows_->size() * sizeof(std::uint32_t);
  for (const auto& [attribute, elements] : elements_) {
    bytes += elements->capacity() * sizeof(std::uint32_t);
  }
  for (const auto& [key, column] : columns_) bytes += column->memory_bytes();
  return bytes;
}

std::shared_ptr<const TypeIndex> TypeIndex::Restore(std::shared_ptr<const FrozenView> view,
                                                    ResourceTypeId type,
                                                    std::map<AttributeId, ElementRows> elements,
                                                    std::map<ColumnKey, StoredColumn> columns) {
  auto result = std::make_shared<TypeIndex>(std::move(view), type);
  for (auto& [attribute, rows] : elements) {
    const bool fits = std::is_sorted(rows.begin(), rows.end()) &&
                      (rows.empty() || rows.back() < result->rows_->size());
    if (!fits) return nullptr;
    result->elements_[attribute] = std::make_shared<const ElementRows>(std::move(rows));
  }
  const RegistryPtr registry = result->view_->registry();
  for (auto& [key, column] : columns) {
    std::size_t slots = result->rows_->size();
    if (IsOverElements(*registry, key)) {
      const ElementRows* const rows = result->FindElements(key.path.attribute);
      if (rows == nullptr) return nullptr;
      slots = rows->size();
    }
    if (column.parts.slot_count != slots) return nullptr;
    result->columns_[key] = RestoreColumn(std::move(column));
  }
  return result;
}

std::shared_ptr<const TypeIndex> TypeIndex::With(const ColumnKey& key) const {
  ColumnSource source(*view_, type_, key);
  ColumnBuilder builder;
  const bool is_over_elements = IsOverElements(*view_->registry(), key);
  const bool needs_elements = is_over_elements && FindElements(key.path.attribute) == nullptr;
  ElementRows elements;
  for (std::size_t row = 0; row < rows_->size(); ++row) {
    const SlotValues& values = source.Read(*view_->contents().Find(rows_->OrdinalAt(row)));
    builder.Add(values);
    if (!needs_elements) continue;
    elements.insert(elements.end(), values.slots.size(), static_cast<std::uint32_t>(row));
  }
  ColumnPtr column = builder.Finish();
  if (column == nullptr) return nullptr;
  auto result = std::make_shared<TypeIndex>(*this);
  if (needs_elements) {
    elements.shrink_to_fit();
    result->elements_[key.path.attribute] =
        std::make_shared<const ElementRows>(std::move(elements));
  }
  result->columns_[key] = std::move(column);
  return result;
}

std::shared_ptr<const TypeIndex> TypeIndex::Without(const ColumnKey& key) const {
  auto result = std::make_shared<TypeIndex>(*this);
  result->columns_.erase(key);
  const bool is_needed =
      std::any_of(result->columns_.begin(), result->columns_.end(), [&](const auto& entry) {
        return entry.first.path.attribute == key.path.attribute &&
               IsOverElements(*view_->registry(), entry.first);
      });
  if (!is_needed) result->elements_.erase(key.path.attribute);
  return result;
}

/// Brings the columns of one index to another view.
class TypeIndex::Update {
 public:
  Update(const TypeIndex& old, std::shared_ptr<const FrozenView> view,
         std::span<const std::uint32_t> changed)
      : old_(old), result_(std::make_shared<TypeIndex>(std::move(view), old.type_)) {
    NumberRows(changed);
  }

  std::shared_ptr<const TypeIndex> Run() {
    if (is_unchanged_) {
      auto same = std::make_shared<TypeIndex>(old_);
      same->view_ = result_->view_;
      return same;
    }
    for (const auto& [key, column] : old_.columns_) MoveColumn(key, *column);
    return std::move(result_);
  }

 private:
  static constexpr std::uint32_t kGone = Column::kNoRank;

  struct Elements {
    std::vector<std::uint32_t> moved;
    std::vector<std::uint32_t> fresh;
    std::size_t count = 0;
  };

  /// Rows that are in both views and did not change move; the new view's others are fresh.
  void NumberRows(std::span<const std::uint32_t> changed) {
    const auto now = result_->rows_->ordinals();
    const auto before = old_.rows_->ordinals();
    moved_.reserve(before.size());
    std::size_t row = 0;
    auto next = changed.begin();
    for (const std::uint32_t ordinal : before) {
      for (; row < now.size() && now[row] < ordinal; ++row) AddFresh(row);
      while (next != changed.end() && *next < ordinal) ++next;
      const bool has_changed = next != changed.end() && *next == ordinal;
      const bool is_there = row < now.size() && now[row] == ordinal;
      moved_.push_back(is_there && !has_changed ? static_cast<std::uint32_t>(row) : kGone);
      if (is_there && has_changed) AddFresh(row);
      if (is_there) ++row;
    }
    for (; row < now.size(); ++row) AddFresh(row);
    is_unchanged_ = fresh_.empty() && now.size() == before.size();
  }
  void AddFresh(std::size_t row) { fresh_.push_back(static_cast<std::uint32_t>(row)); }

  void MoveColumn(const ColumnKey& key, const Column& column) {
    FreshSlots fresh;
    std::vector<std::uint32_t> counts;
    ReadFresh(key, fresh.values, counts);
    ColumnPtr merged;
    if (IsOverElements(*result_->view_->registry(), key)) {
      const Elements& elements = NumberElements(key.path.attribute, counts);
      fresh.numbers = elements.fresh;
      merged = MergeColumn(column, elements.moved, fresh, elements.count);
    } else {
      fresh.numbers = fresh_;
      merged = MergeColumn(column, moved_, fresh, result_->rows_->size());
    }
    if (merged != nullptr) result_->columns_[key] = std::move(merged);
  }

  void ReadFresh(const ColumnKey& key, SlotValues& all, std::vector<std::uint32_t>& counts) {
    ColumnSource source(*result_->view_, result_->type_, key);
    for (const std::uint32_t row : fresh_) {
      const std::uint32_t ordinal = result_->rows_->OrdinalAt(row);
      const SlotValues& values = source.Read(*result_->view_->contents().Find(ordinal));
      const auto before = static_cast<std::uint32_t>(all.text.size());
      all.text += values.text;
      for (const std::uint32_t end : values.key_ends) all.key_ends.push_back(before + end);
      all.slots.insert(all.slots.end(), values.slots.begin(), values.slots.end());
      counts.push_back(static_cast<std::uint32_t>(values.slots.size()));
    }
  }

  /// Every column of an attribute has the same elements, so their numbers are made once.
  const Elements& NumberElements(AttributeId attribute,
                                 const std::vector<std::uint32_t>& fresh_counts) {
    const auto known = elements_.find(attribute);
    if (known != elements_.end()) return known->second;
    Elements& elements = elements_[attribute];
    const ElementRows& before = *old_.FindElements(attribute);
    auto rows = std::make_shared<ElementRows>();
    rows->reserve(before.size());
    elements.moved.reserve(before.size());
    std::size_t next_fresh = 0;
    const auto add_fresh_below = [&](std::size_t row) {
      for (; next_fresh < fresh_.size() && fresh_[next_fresh] < row; ++next_fresh) {
        for (std::uint32_t left = fresh_counts[next_fresh]; left > 0; --left) {
          elements.fresh.push_back(static_cast<std::uint32_t>(rows->size()));
          rows->push_back(fresh_[next_fresh]);
        }
      }
    };
    for (const std::uint32_t old_row : before) {
      const std::uint32_t row = moved_[old_row];
      if (row == kGone) {
        elements.moved.push_back(kGone);
        continue;
      }
      add_fresh_below(row);
      elements.moved.push_back(static_cast<std::uint32_t>(rows->size()));
      rows->push_back(row);
    }
    add_fresh_below(result_->rows_->size());
    elements.count = rows->size();
    rows->shrink_to_fit();
    result_->elements_[attribute] = std::move(rows);
    return elements;
  }

  const TypeIndex& old_;
  std::shared_ptr<TypeIndex> result_;
  std::vector<std::uint32_t> moved_;  ///< by old row: its new number
  std::vector<std::uint32_t> fresh_;  ///< new rows that have to be read
  bool is_unchanged_ = false;
  std::map<AttributeId, Elements> elements_;
};

std::shared_ptr<const TypeIndex> TypeIndex::At(std::shared_ptr<const FrozenView> view,
                                               std::span<const std::uint32_t> changed) const {
  return Update(*this, std::move(view), changed).Run();
}

}  // namespace scimledger::projections
