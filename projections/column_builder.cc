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

/// Where the slots of a rank end; `slot_ends` may be left out.
std::size_t SlotEnd(const ColumnParts& parts, std::size_t rank) {
  return parts.slot_ends.empty() ? rank + 1 : parts.slot_ends[rank];
}

void NoteRanks(ColumnParts& parts) {
  if (parts.ends.empty()) return;
  parts.ranks.assign(parts.slot_count, Column::kNoRank);
  std::size_t slot = 0;
  for (std::uint32_t rank = 0; rank < parts.ends.size(); ++rank) {
    for (const std::size_t end = SlotEnd(parts, rank); slot < end; ++slot) {
      parts.ranks[parts.slots[slot]] = rank;
    }
  }
}

/// Whether the keys follow each other in order.
bool HasOrderedKeys(const ColumnParts& parts) {
  std::optional<std::string_view> last;
  std::uint32_t begin = 0;
  for (const std::uint32_t end : parts.ends) {
    if (end < begin || end > parts.text.size()) return false;
    const std::string_view key = std::string_view(parts.text).substr(begin, end - begin);
    if (last && key <= *last) return false;
    last = key;
    begin = end;
  }
  return begin == parts.text.size();
}

/// Whether each key has slots, in order, that are there.
bool HasOrderedSlots(const ColumnParts& parts) {
  const std::size_t ends = parts.slot_ends.empty() ? parts.slots.size() : parts.slot_ends.size();
  if (ends != parts.ends.size()) return false;
  std::size_t begin = 0;
  for (std::size_t rank = 0; rank < ends; ++rank) {
    const std::size_t end = SlotEnd(parts, rank);
    if (end <= begin || end > parts.slots.size()) return false;
    for (std::size_t at = begin; at < end; ++at) {
      if (parts.slots[at] >= parts.slot_count) return false;
      if (at > begin && parts.slots[at] <= parts.slots[at - 1]) return false;
    }
    begin = end;
  }
  return begin == parts.slots.size();
}

}  // namespace

bool IsSound(const StoredColumn& stored) {
  const ColumnParts& parts = stored.parts;
  // A set of its own says which slots have a value, where the ranks cannot.
  const bool needs_valued = !stored.has_ranks || parts.ends.empty();
  if (parts.valued ? parts.valued->size() != parts.slot_count : needs_valued) return false;
  return HasOrderedKeys(parts) && HasOrderedSlots(parts);
}

ColumnPtr RestoreColumn(StoredColumn stored) {
  if (stored.has_ranks) NoteRanks(stored.parts);
  return std::make_shared<const Column>(std::move(stored.parts));
}

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

void ColumnWriter::CopyRun(const Column& from, KeyRange range,
                           std::span<const std::uint32_t> moved) {
  if (range.begin == range.end) return;
  const ColumnParts& old = from.parts();
  const std::size_t begin = range.begin == 0 ? 0 : old.ends[range.begin - 1];
  // Differences may be negative: unsigned numbers wrap to the same.
  const auto text_shift = static_cast<std::uint32_t>(parts_.text.size() - begin);
  const auto slot_shift =
      static_cast<std::uint32_t>(parts_.slots.size() - from.SlotsBefore(range.begin));
  parts_.text.append(old.text, begin, old.ends[range.end - 1] - begin);
  for (std::uint32_t rank = range.begin; rank < range.end; ++rank) {
    parts_.ends.push_back(old.ends[rank] + text_shift);
    parts_.slot_ends.push_back(static_cast<std::uint32_t>(from.SlotsBefore(rank + 1)) + slot_shift);
  }
  for (const std::uint32_t slot : from.SlotsOf(range)) parts_.slots.push_back(moved[slot]);
}

ColumnPtr ColumnWriter::Finish(bool has_ranks, std::optional<BitSet> valued) {
  if (is_too_large_) return nullptr;
  if (has_ranks) NoteRanks(parts_);
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
    if (distinct > 0 && !slot.has_value) valueless_.push_back(slot_count_);
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
  const bool is_by_rank = keyless_.empty() && valueless_.empty() && !keys_.empty();
  if (is_single_ && is_by_rank) return std::nullopt;
  BitSet valued(slot_count_);
  for (const auto& [slot, id] : pairs_) valued.Set(slot);
  for (const std::uint32_t slot : valueless_) valued.Clear(slot);
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
  bool is_by_rank = true;  ///< those with a value are those with a key

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
      if (slot.has_value != (slot.key_count > 0)) is_by_rank = false;
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

/// The ranks of keys that lose slots, ascending. nullopt: the column cannot tell.
std::optional<std::vector<std::uint32_t>> RanksThatLose(const Column& old,
                                                        std::span<const std::uint32_t> moved) {
  if (!old.has_ranks() || old.ranks().empty()) return std::nullopt;
  std::vector<std::uint32_t> ranks;
  for (std::size_t slot = 0; slot < moved.size(); ++slot) {
    const std::uint32_t rank = old.ranks()[slot];
    if (moved[slot] == Column::kNoRank && rank != Column::kNoRank) ranks.push_back(rank);
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

/// Writes old and fresh keys in one order. Runs of keys with nothing to change are copied whole.
class KeyMerge {
 public:
  KeyMerge(const Column& old, std::span<const std::uint32_t> moved, const FreshKeys& fresh,
           ColumnWriter& writer)
      : old_(old),
        moved_(moved),
        losing_(RanksThatLose(old, moved)),
        next_(fresh.entries.begin()),
        end_(fresh.entries.end()),
        writer_(writer) {}

  void Run() {
    std::uint32_t rank = 0;
    while (true) {
      const std::uint32_t fresh_rank = next_ == end_ ? old_.key_count() : RankOfNext();
      const std::uint32_t stop = std::min(fresh_rank, NextLosing(rank));
      writer_.CopyRun(old_, {rank, stop}, moved_);
      rank = stop;
      const bool is_fresh_next = next_ != end_ && fresh_rank == rank;
      if (is_fresh_next && !(rank < old_.key_count() && old_.KeyAt(rank) == next_->key)) {
        Write(next_->key, {}, EndOfNext());
        continue;
      }
      if (rank == old_.key_count()) return;
      Write(old_.KeyAt(rank), old_.SlotsOf({rank, rank + 1}), is_fresh_next ? EndOfNext() : next_);
      ++rank;
    }
  }

 private:
  using Entries = std::vector<FreshKeys::Entry>::const_iterator;

  std::uint32_t RankOfNext() {
    if (known_ != next_) {
      known_ = next_;
      known_rank_ = old_.LowerBound(next_->key);
    }
    return known_rank_;
  }
  std::uint32_t NextLosing(std::uint32_t rank) {
    if (!losing_) return rank;
    while (at_losing_ < losing_->size() && (*losing_)[at_losing_] < rank) ++at_losing_;
    return at_losing_ < losing_->size() ? (*losing_)[at_losing_] : old_.key_count();
  }
  Entries EndOfNext() const {
    return std::find_if(next_, end_,
                        [&](const FreshKeys::Entry& entry) { return entry.key != next_->key; });
  }
  void Write(std::string_view key, std::span<const std::uint32_t> slots, Entries fresh_end) {
    writer_.Key(key);
    MergeSlots(slots, moved_, {next_, fresh_end}, writer_);
    next_ = fresh_end;
  }

  const Column& old_;
  std::span<const std::uint32_t> moved_;
  std::optional<std::vector<std::uint32_t>> losing_;
  std::size_t at_losing_ = 0;
  Entries next_;
  Entries end_;
  Entries known_{};
  std::uint32_t known_rank_ = 0;
  ColumnWriter& writer_;
};

}  // namespace

ColumnPtr MergeColumn(const Column& old, std::span<const std::uint32_t> moved,
                      const FreshSlots& fresh, std::size_t slot_count) {
  const FreshKeys keys(fresh);
  const std::size_t text_max = old.key_bytes() + fresh.values.text.size();
  const std::size_t slots_max = old.parts().slots.size() + keys.entries.size();
  if (text_max > kNumbersMax || slots_max > kNumbersMax) return nullptr;
  ColumnWriter writer(slot_count);
  writer.Reserve(text_max, old.key_count() + keys.entries.size(), slots_max);
  KeyMerge(old, moved, keys, writer).Run();
  const bool was_single = old.has_ranks() || old.key_count() == 0;
  const bool is_single = was_single && keys.is_single;
  const bool needs_valued = old.parts().valued || !is_single || !keys.is_by_rank;
  return writer.Finish(is_single, needs_valued
                                      ? std::optional(MergeValued(old, moved, keys, slot_count))
                                      : std::nullopt);
}

}  // namespace scimledger::projections
