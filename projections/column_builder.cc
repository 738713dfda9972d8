#include "projections/column_builder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/big_endian.h"

namespace scimledger::projections {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18U;
constexpr std::size_t kNumbersMax = std::numeric_limits<std::uint32_t>::max() - 1;

/// The first eight bytes as a number that orders as they do: most comparisons end there, without a
/// look at the text.
std::uint64_t HeadOf(std::string_view key) {
  if (key.size() >= 8) return storage::ReadBigEndian<std::uint64_t>(key, 0);
  std::string padded(key);
  padded.resize(8, '\0');
  return storage::ReadBigEndian<std::uint64_t>(padded, 0);
}

}  // namespace

void ColumnWriter::Reserve(std::size_t text_bytes, std::size_t keys, std::size_t slots) {
  parts_.text.reserve(text_bytes);
  parts_.ends.reserve(keys);
  parts_.slot_ends.reserve(keys);
  parts_.slots.reserve(slots);
}

void ColumnWriter::Slot(std::uint32_t slot) {
  if (is_too_large_) return;
  if (key_.data() != nullptr) {
    is_too_large_ = parts_.text.size() + key_.size() > kNumbersMax;
    if (is_too_large_) return;
    parts_.text.append(key_);
    parts_.ends.push_back(static_cast<std::uint32_t>(parts_.text.size()));
    parts_.slot_ends.push_back(static_cast<std::uint32_t>(parts_.slots.size()));
    key_ = {};
  }
  is_too_large_ = parts_.slots.size() >= kNumbersMax;
  if (is_too_large_) return;
  parts_.slots.push_back(slot);
  parts_.slot_ends.back() = static_cast<std::uint32_t>(parts_.slots.size());
}

ColumnPtr ColumnWriter::Finish(bool has_ranks, std::optional<BitSet> valued) {
  if (is_too_large_) return nullptr;
  if (has_ranks && !parts_.ends.empty()) {
    parts_.ranks.assign(parts_.slot_count, Column::kNoRank);
    std::size_t slot = 0;
    for (std::uint32_t rank = 0; rank < parts_.slot_ends.size(); ++rank) {
      for (; slot < parts_.slot_ends[rank]; ++slot) parts_.ranks[parts_.slots[slot]] = rank;
    }
  }
  if (parts_.slots.size() == parts_.ends.size()) parts_.slot_ends = {};
  parts_.text.shrink_to_fit();
  parts_.ends.shrink_to_fit();
  parts_.slot_ends.shrink_to_fit();
  parts_.slots.shrink_to_fit();
  parts_.valued = std::move(valued);
  if (parts_.ends.empty() && !parts_.valued) parts_.valued.emplace(parts_.slot_count);
  return std::make_shared<const Column>(std::move(parts_));
}

std::string_view ColumnBuilder::Keep(std::string_view key) {
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < key.size()) {
    blocks_.emplace_back().reserve(std::max(kBlockBytes, key.size()));
  }
  std::string& block = blocks_.back();
  block.append(key);
  return std::string_view(block).substr(block.size() - key.size());
}

std::uint32_t ColumnBuilder::IdOf(std::string_view key) {
  const auto found = ids_.find(key);
  if (found != ids_.end()) return found->second;
  const auto id = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back({Keep(key), 0, Column::kNoRank});
  ids_.emplace(keys_.back().text, id);
  return id;
}

void ColumnBuilder::Add(const SlotValues& values) {
  std::size_t next_key = 0;
  std::size_t begin = 0;
  for (const SlotValues::Slot& slot : values.slots) {
    std::uint32_t distinct = 0;
    for (std::uint32_t key = 0; key < slot.key_count; ++key) {
      const std::size_t end = values.key_ends[next_key++];
      const std::uint32_t id = IdOf(std::string_view(values.text).substr(begin, end - begin));
      begin = end;
      if (keys_[id].last_slot == slot_count_) continue;
      keys_[id].last_slot = slot_count_;
      ++keys_[id].slot_count;
      pairs_.emplace_back(slot_count_, id);
      ++distinct;
    }
    if (distinct > 1) is_single_ = false;
    if (distinct == 0 && slot.has_value) keyless_.push_back(slot_count_);
    ++slot_count_;
  }
}

std::vector<std::uint32_t> ColumnBuilder::IdsInOrder() const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> heads;
  heads.reserve(keys_.size());
  for (std::uint32_t id = 0; id < keys_.size(); ++id) {
    heads.emplace_back(HeadOf(keys_[id].text), id);
  }
  std::sort(heads.begin(), heads.end(), [this](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return keys_[a.second].text < keys_[b.second].text;
  });
  std::vector<std::uint32_t> ids;
  ids.reserve(heads.size());
  for (const auto& [head, id] : heads) ids.push_back(id);
  return ids;
}

std::vector<std::uint32_t> ColumnBuilder::SlotsByKey(
    const std::vector<std::uint32_t>& order) const {
  std::vector<std::uint32_t> next(keys_.size());
  std::uint32_t begin = 0;
  for (const std::uint32_t id : order) {
    next[id] = begin;
    begin += keys_[id].slot_count;
  }
  std::vector<std::uint32_t> slots(pairs_.size());
  for (const auto& [slot, id] : pairs_) slots[next[id]++] = slot;
  return slots;
}

std::optional<BitSet> ColumnBuilder::Valued() const {
  if (is_single_ && keyless_.empty() && !keys_.empty()) return std::nullopt;
  BitSet valued(slot_count_);
  for (const auto& [slot, id] : pairs_) valued.Set(slot);
  for (const std::uint32_t slot : keyless_) valued.Set(slot);
  return valued;
}

ColumnPtr ColumnBuilder::Finish() {
  if (pairs_.size() > kNumbersMax) return nullptr;
  const std::vector<std::uint32_t> order = IdsInOrder();
  const std::vector<std::uint32_t> slots = SlotsByKey(order);
  std::size_t text_bytes = 0;
  for (const Key& key : keys_) text_bytes += key.text.size();
  ColumnWriter writer(slot_count_);
  writer.Reserve(std::min(text_bytes, kNumbersMax), keys_.size(), pairs_.size());
  std::size_t next = 0;
  for (const std::uint32_t id : order) {
    writer.Key(keys_[id].text);
    for (std::uint32_t left = keys_[id].slot_count; left > 0; --left) writer.Slot(slots[next++]);
  }
  return writer.Finish(is_single_, Valued());
}

namespace {

/// The fresh slots' keys in order.
struct FreshKeys {
  struct Entry {
    std::string_view key;
    std::uint32_t slot = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;
  std::vector<std::uint32_t> valued;
  bool is_single = true;
  bool has_keyless = false;

  explicit FreshKeys(const FreshSlots& fresh) {
    const SlotValues& values = fresh.values;
    std::size_t next_key = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < values.slots.size(); ++at) {
      const SlotValues::Slot& slot = values.slots[at];
      for (std::uint32_t key = 0; key < slot.key_count; ++key) {
        const std::size_t end = values.key_ends[next_key++];
        const auto text = std::string_view(values.text).substr(begin, end - begin);
        entries.push_back({text, fresh.numbers[at]});
        begin = end;
      }
      if (slot.has_value) valued.push_back(fresh.numbers[at]);
      if (slot.key_count > 1) is_single = false;
      if (slot.has_value && slot.key_count == 0) has_keyless = true;
    }
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  }
};

/// Both ascend; a slot is in one of them only.
void MergeSlots(std::span<const std::uint32_t> old, std::span<const std::uint32_t> moved,
                std::span<const FreshKeys::Entry> fresh, ColumnWriter& writer) {
  auto next = fresh.begin();
  for (const std::uint32_t slot : old) {
    const std::uint32_t number = moved[slot];
    if (number == Column::kNoRank) continue;
    for (; next != fresh.end() && next->slot < number; ++next) writer.Slot(next->slot);
    writer.Slot(number);
  }
  for (; next != fresh.end(); ++next) writer.Slot(next->slot);
}

BitSet MergeValued(const Column& old, std::span<const std::uint32_t> moved, const FreshKeys& fresh,
                   std::size_t slot_count) {
  BitSet valued(slot_count);
  old.Valued().ForEach([&](std::size_t slot) {
    if (moved[slot] != Column::kNoRank) valued.Set(moved[slot]);
  });
  for (const std::uint32_t slot : fresh.valued) valued.Set(slot);
  return valued;
}

}  // namespace

ColumnPtr MergeColumn(const Column& old, std::span<const std::uint32_t> moved,
                      const FreshSlots& fresh, std::size_t slot_count) {
  const FreshKeys keys(fresh);
  ColumnWriter writer(slot_count);
  writer.Reserve(old.key_bytes() + fresh.values.text.size(), old.key_count() + keys.entries.size(),
                 old.parts().slots.size() + keys.entries.size());
  auto next = keys.entries.begin();
  const auto end_of_key = [&](std::string_view key) {
    return std::find_if(next, keys.entries.end(),
                        [&](const FreshKeys::Entry& entry) { return entry.key != key; });
  };
  const auto write_fresh_below = [&](const std::string_view* key) {
    while (next != keys.entries.end() && (key == nullptr || next->key < *key)) {
      const auto end = end_of_key(next->key);
      writer.Key(next->key);
      MergeSlots({}, moved, {next, end}, writer);
      next = end;
    }
  };
  for (std::uint32_t rank = 0; rank < old.key_count(); ++rank) {
    const std::string_view key = old.KeyAt(rank);
    write_fresh_below(&key);
    const auto end = next != keys.entries.end() && next->key == key ? end_of_key(key) : next;
    writer.Key(key);
    MergeSlots(old.SlotsOf({rank, rank + 1}), moved, {next, end}, writer);
    next = end;
  }
  write_fresh_below(nullptr);
  const bool was_single = old.has_ranks() || old.key_count() == 0;
  const bool is_single = was_single && keys.is_single;
  const bool needs_valued = old.parts().valued || !is_single || keys.has_keyless;
  return writer.Finish(is_single, needs_valued
                                      ? std::optional(MergeValued(old, moved, keys, slot_count))
                                      : std::nullopt);
}

}  // namespace scimledger::projections
