#include "projections/history_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "projections/history_error.h"
#include "projections/version_block.h"
#include "storage/big_endian.h"

namespace scimledger::projections {
namespace {

using storage::KeyValueCursor;
using storage::ReadBigEndian;

/// A cursor that stopped: the end, or a failed read.
void ExpectEnd(const KeyValueCursor& cursor) {
  if (!cursor.is_valid()) Expect(cursor.status());
}

bool IsAtBlockOf(const KeyValueCursor& cursor, std::uint32_t ordinal) {
  return cursor.is_valid() && IsOf(cursor.key(), HistoryRow::kVersion, ordinal);
}

std::uint32_t BlockIn(std::string_view version_key) {
  return ReadBigEndian<std::uint32_t>(version_key, version_key.size() - sizeof(std::uint32_t));
}

/// Moves to the block that holds the resource's version as of `at`. False: it has none yet.
bool SeekBlock(KeyValueCursor& cursor, std::uint32_t ordinal, Sequence at) {
  cursor.SeekBack(VersionKey(ordinal, UINT32_MAX));
  ExpectEnd(cursor);
  if (!IsAtBlockOf(cursor, ordinal)) return false;
  if (FirstInBlock(cursor.value()) <= at) return true;
  const auto seek = [&](std::uint32_t block) {
    cursor.Seek(VersionKey(ordinal, block));
    ExpectEnd(cursor);
    return IsAtBlockOf(cursor, ordinal);
  };
  // Blocks have no gaps: how many begin at or before `at`?
  std::uint32_t begun = 0;
  std::uint32_t later = BlockIn(cursor.key());
  while (begun < later) {
    const std::uint32_t middle = begun + (later - begun) / 2;
    const bool has_begun = seek(middle) && FirstInBlock(cursor.value()) <= at;
    has_begun ? begun = middle + 1 : later = middle;
  }
  return begun > 0 && seek(begun - 1);
}

/// Versions of resources in ascending order. Those of neighbours lie together, so that stepping
/// over what is between costs less than a seek, unless that is a lot.
class VersionsInOrder {
 public:
  explicit VersionsInOrder(const storage::KeyValueStore& store)
      : sparse_(store), cursor_(store.ScanOnce()) {}

  ResourcePtr At(std::uint32_t ordinal, Sequence at) {
    const bool is_near = last_ && ordinal - *last_ <= kNear;
    last_ = ordinal;
    if (!is_near) {
      is_placed_ = false;
      return sparse_.At(ordinal, at);
    }
    StepTo(ordinal);
    block_.clear();
    int step = 0;
    for (; IsAtBlockOf(*cursor_, ordinal) && FirstInBlock(cursor_->value()) <= at; ++step) {
      // One of many versions: they would all be read.
      if (step == kBlocksMax) return sparse_.At(ordinal, at);
      block_ = cursor_->value();
      cursor_->Next();
    }
    ExpectEnd(*cursor_);
    return step > 0 ? ResourceInBlock(ordinal, block_, at) : nullptr;
  }

 private:
  static constexpr std::uint32_t kNear = 16;
  static constexpr int kBlocksMax = 16;
  static constexpr int kStepsMax = 32;

  /// To the first block of the resource, or of one after it.
  void StepTo(std::uint32_t ordinal) {
    const std::string first = VersionKey(ordinal, 0);
    if (!is_placed_) {
      cursor_->Seek(first);
      is_placed_ = true;
    }
    for (int step = 0; cursor_->is_valid() && cursor_->key() < first; ++step) {
      if (step == kStepsMax) return cursor_->Seek(first);
      cursor_->Next();
    }
    ExpectEnd(*cursor_);
  }

  HistoryReader::Versions sparse_;
  const std::unique_ptr<KeyValueCursor> cursor_;
  std::string block_;
  std::optional<std::uint32_t> last_;
  bool is_placed_ = false;  ///< the cursor is at or before what comes next
};

/// Later changes over an ascending set.
class SetChanges {
 public:
  void Put(std::uint32_t ordinal, Sequence since, bool is_member) {
    changes_[ordinal] = is_member ? since : Sequence{0};
  }

  std::vector<Membership> Over(const std::vector<Membership>& set) const {
    std::vector<Membership> result;
    result.reserve(set.size() + changes_.size());
    auto change = changes_.begin();
    const auto take = [&] {
      if (change->second != Sequence{0}) result.push_back({change->first, change->second});
      ++change;
    };
    for (const Membership& member : set) {
      while (change != changes_.end() && change->first < member.ordinal) take();
      if (change != changes_.end() && change->first == member.ordinal) {
        take();
      } else {
        result.push_back(member);
      }
    }
    while (change != changes_.end()) take();
    return result;
  }

 private:
  std::map<std::uint32_t, Sequence> changes_;  ///< sequence 0: left
};

}  // namespace

std::optional<std::uint32_t> HistoryReader::OrdinalOf(const ResourceId& id) const {
  const auto value = Expect(store_.Get(IdKey(id)));
  if (!value) return std::nullopt;
  return ReadBigEndian<std::uint32_t>(*value, 0);
}

ResourcePtr HistoryReader::ResourceAt(std::uint32_t ordinal, Sequence at) const {
  return Versions(store_).At(ordinal, at);
}

ResourcePtr HistoryReader::Versions::At(std::uint32_t ordinal, Sequence at) {
  if (!SeekBlock(*cursor_, ordinal, at)) return nullptr;
  return ResourceInBlock(ordinal, cursor_->value(), at);
}

std::vector<ResourcePtr> HistoryReader::ResourcesAt(std::span<const std::uint32_t> ordinals,
                                                    Sequence at) const {
  VersionsInOrder versions(store_);
  std::vector<ResourcePtr> resources;
  resources.reserve(ordinals.size());
  for (const std::uint32_t ordinal : ordinals) resources.push_back(versions.At(ordinal, at));
  return resources;
}

std::vector<std::uint32_t> HistoryReader::PastHoldersOf(KeyHash key, std::size_t count_max) const {
  std::vector<std::uint32_t> holders;
  const std::string first = KeyHashKey(key, 0);
  const std::string_view prefix =
      std::string_view(first).substr(0, first.size() - sizeof(std::uint32_t));
  const auto cursor = store_.ScanPrefix();
  cursor->Seek(first);
  for (; cursor->is_valid() && cursor->key().starts_with(prefix) && holders.size() < count_max;
       cursor->Next()) {
    holders.push_back(ReadBigEndian<std::uint32_t>(cursor->key(), prefix.size()));
  }
  ExpectEnd(*cursor);
  return holders;
}

std::vector<Membership> HistoryReader::MembersAt(std::uint32_t group, Sequence at) const {
  const auto cursor = store_.ScanPrefix();
  cursor->SeekBack(HistoryKey(HistoryRow::kMemberSet, group, at));
  ExpectEnd(*cursor);
  std::vector<Membership> set;
  Sequence after;
  if (cursor->is_valid() && IsOf(cursor->key(), HistoryRow::kMemberSet, group)) {
    after = SequenceOf(cursor->key());
    set = DecodeMemberSet(cursor->value());
  }
  SetChanges changes;
  ForEachMembersChange(group, after, at, [&](Sequence sequence, const auto& changed) {
    for (const MembershipChange& change : changed) {
      changes.Put(change.ordinal, sequence, change.is_added);
    }
  });
  return changes.Over(set);
}

std::vector<Membership> HistoryReader::GroupsAt(std::uint32_t member, Sequence at) const {
  SetChanges changes;
  ForEachGroupsChange(member, Sequence{1}, at, false,
                      [&](Sequence sequence, std::uint32_t group, bool joined) {
                        changes.Put(group, sequence, joined);
                        return true;
                      });
  return changes.Over({});
}

MembersRow HistoryReader::LastMembersRow(std::uint32_t group) const {
  const auto cursor = store_.ScanPrefix();
  cursor->SeekBack(HistoryKey(HistoryRow::kMembers, group, Sequence{UINT64_MAX}));
  ExpectEnd(*cursor);
  if (!cursor->is_valid() || !IsOf(cursor->key(), HistoryRow::kMembers, group)) return {};
  MembersRow row = DecodeMembers(cursor->value());
  const Sequence last = SequenceOf(cursor->key());
  cursor->SeekBack(HistoryKey(HistoryRow::kMemberSet, group, Sequence{UINT64_MAX}));
  ExpectEnd(*cursor);
  if (cursor->is_valid() && IsOf(cursor->key(), HistoryRow::kMemberSet, group) &&
      SequenceOf(cursor->key()) >= last) {
    row.changes_since_set = 0;
  }
  return row;
}

void HistoryReader::ForEachMembersChange(
    std::uint32_t group, Sequence after, Sequence until,
    const std::function<void(Sequence, const std::vector<MembershipChange>&)>& visit) const {
  const auto cursor = store_.ScanPrefix();
  cursor->Seek(HistoryKey(HistoryRow::kMembers, group, after.Next()));
  for (; cursor->is_valid() && IsOf(cursor->key(), HistoryRow::kMembers, group); cursor->Next()) {
    const Sequence sequence = SequenceOf(cursor->key());
    if (sequence > until) return;
    visit(sequence, DecodeMembers(cursor->value()).changes);
  }
  ExpectEnd(*cursor);
}

void HistoryReader::ForEachTouched(
    Sequence after, Sequence until,
    const std::function<void(Sequence, std::uint32_t)>& visit) const {
  const auto cursor = store_.Scan();
  cursor->SeekBack(HistoryKey(HistoryRow::kTouched, after.Next()));
  for (; cursor->is_valid() && cursor->key().front() == static_cast<char>(HistoryRow::kTouched);
       cursor->Next()) {
    const Sequence first = SequenceOf(cursor->key());
    if (first > until) return;
    const std::size_t count = CountTouched(cursor->value());
    const std::size_t begin = after < first ? 0 : after.value + 1 - first.value;
    for (std::size_t at = begin; at < count; ++at) {
      const Sequence sequence{first.value + at};
      if (sequence > until) return;
      const std::uint32_t ordinal = TouchedAt(cursor->value(), at).ordinal;
      if (ordinal != TouchedEvent::kNone) visit(sequence, ordinal);
    }
  }
  ExpectEnd(*cursor);
}

void HistoryReader::ForEachVersion(std::uint32_t ordinal, Sequence first, Sequence last,
                                   bool is_descending,
                                   const std::function<bool(Sequence)>& visit) const {
  const auto cursor = store_.ScanPrefix();
  const bool is_placed = SeekBlock(*cursor, ordinal, is_descending ? last : first);
  if (!is_placed && is_descending) return;
  if (!is_placed) cursor->Seek(VersionKey(ordinal, 0));
  while (IsAtBlockOf(*cursor, ordinal)) {
    std::vector<Sequence> sequences = SequencesInBlock(cursor->value());
    if (is_descending) std::reverse(sequences.begin(), sequences.end());
    for (const Sequence sequence : sequences) {
      if (is_descending ? sequence > last : sequence < first) continue;
      if (sequence < first || sequence > last || !visit(sequence)) return;
    }
    is_descending ? cursor->Previous() : cursor->Next();
  }
  ExpectEnd(*cursor);
}

void HistoryReader::ForEachGroupsChange(
    std::uint32_t member, Sequence first, Sequence last, bool is_descending,
    const std::function<bool(Sequence, std::uint32_t, bool)>& visit) const {
  constexpr std::size_t kSequenceAt = 1 + sizeof(std::uint32_t);
  const auto cursor = store_.ScanPrefix();
  if (is_descending) {
    cursor->SeekBack(GroupsKey(member, last, UINT32_MAX));
  } else {
    cursor->Seek(GroupsKey(member, first, 0));
  }
  while (cursor->is_valid() && IsOf(cursor->key(), HistoryRow::kGroups, member)) {
    const Sequence sequence{ReadBigEndian<std::uint64_t>(cursor->key(), kSequenceAt)};
    const auto group =
        ReadBigEndian<std::uint32_t>(cursor->key(), kSequenceAt + sizeof sequence.value);
    if (sequence < first || sequence > last || !visit(sequence, group, cursor->value() == "+")) {
      return;
    }
    is_descending ? cursor->Previous() : cursor->Next();
  }
  ExpectEnd(*cursor);
}

std::int64_t HistoryReader::TimeOf(Sequence sequence) const {
  const auto cursor = store_.Scan();
  cursor->SeekBack(HistoryKey(HistoryRow::kTouched, sequence));
  ExpectEnd(*cursor);
  if (cursor->is_valid() && cursor->key().front() == static_cast<char>(HistoryRow::kTouched)) {
    const std::size_t index = sequence.value - SequenceOf(cursor->key()).value;
    if (index < CountTouched(cursor->value())) return TouchedAt(cursor->value(), index).time_us;
  }
  throw HistoryError(
      {storage::ErrorCode::kCorrupt, fmt::format("the history has no event {}", sequence.value)});
}

Sequence HistoryReader::SequenceAt(std::int64_t time_us, Sequence head) const {
  // Recorded times never decrease (I-2).
  std::uint64_t at_or_before = 0;
  std::uint64_t after = head.value + 1;
  while (after - at_or_before > 1) {
    const std::uint64_t middle = at_or_before + (after - at_or_before) / 2;
    (TimeOf(Sequence{middle}) <= time_us ? at_or_before : after) = middle;
  }
  return Sequence{at_or_before};
}

std::vector<storage::NewEvent> HistoryReader::Administration(Sequence until) const {
  std::vector<storage::NewEvent> events;
  const auto cursor = store_.Scan();
  cursor->Seek(HistoryKey(HistoryRow::kAdministration, Sequence{0}));
  for (; cursor->is_valid() &&
         cursor->key().front() == static_cast<char>(HistoryRow::kAdministration);
       cursor->Next()) {
    const Sequence sequence = SequenceOf(cursor->key());
    if (sequence > until) return events;
    events.push_back(DecodeStored(sequence, cursor->value()));
  }
  ExpectEnd(*cursor);
  return events;
}

}  // namespace scimledger::projections
