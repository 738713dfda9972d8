#include "projections/term_index.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "projections/history_error.h"
#include "projections/history_rows.h"
#include "storage/big_endian.h"

namespace scimledger::projections {
namespace {

/// A row has the terms of one bucket in one chunk. More buckets: shorter walks for a term, more
/// rows to write. At ten million events a walk over one is some 2,400 rows of 150 bytes.
constexpr unsigned kBucketBits = 10;
constexpr std::size_t kBitsBytes = kChunkEvents / 8;
/// A walk that is this close reads on instead of seeking.
constexpr std::uint32_t kStepsMax = 8;
constexpr std::size_t kPathTermsMax = 4096;
constexpr std::size_t kPlacesMax = 256;

std::uint32_t BucketOf(TermIndex::Term term) {
  return static_cast<std::uint32_t>(term >> (64U - kBucketBits));
}

void AppendShort(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xFFU);
}

std::size_t ShortAt(std::string_view bytes, std::size_t at) {
  return (std::size_t{static_cast<unsigned char>(bytes[at])} << 8U) |
         static_cast<unsigned char>(bytes[at + 1]);
}

/// How an entry's events are stored: their offsets, or one bit for each event of the chunk where
/// that is shorter.
bool IsStoredAsBits(std::size_t count) { return count * sizeof(std::uint16_t) >= kBitsBytes; }
std::size_t StoredBytes(std::size_t count) {
  return IsStoredAsBits(count) ? kBitsBytes : count * sizeof(std::uint16_t);
}

template <typename Offsets>
void AppendEntry(std::string& out, TermIndex::Term term, const Offsets& offsets) {
  storage::AppendBigEndian(out, term);
  AppendShort(out, offsets.size());
  if (!IsStoredAsBits(offsets.size())) {
    for (const std::uint16_t offset : offsets) AppendShort(out, offset);
    return;
  }
  const std::size_t begin = out.size();
  out.resize(begin + kBitsBytes);
  for (const std::uint16_t offset : offsets) {
    char& byte = out[begin + offset / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | (1U << (offset % 8)));
  }
}

ChunkEvents DecodeEvents(std::string_view stored, std::size_t count) {
  ChunkEvents events;
  if (!IsStoredAsBits(count)) {
    for (std::size_t at = 0; at < stored.size(); at += sizeof(std::uint16_t)) {
      events.set(ShortAt(stored, at) % kChunkEvents);
    }
    return events;
  }
  for (std::size_t at = 0; at < kBitsBytes; ++at) {
    const auto byte = static_cast<unsigned char>(stored[at]);
    for (unsigned bit = 0; byte != 0 && bit < 8; ++bit) {
      if (((byte >> bit) & 1U) != 0) events.set(at * 8 + bit);
    }
  }
  return events;
}

/// The term's events in a row of its bucket. nullopt: it has none.
std::optional<ChunkEvents> FindEntry(std::string_view row, TermIndex::Term term) {
  constexpr std::size_t kHeadBytes = sizeof term + sizeof(std::uint16_t);
  for (std::size_t at = 0; at < row.size();) {
    const bool is_whole = row.size() - at >= kHeadBytes;
    const std::size_t count = is_whole ? ShortAt(row, at + sizeof term) : 0;
    if (!is_whole || row.size() - at - kHeadBytes < StoredBytes(count)) {
      throw HistoryError(
          {storage::ErrorCode::kCorrupt, "the history holds terms that cannot be read"});
    }
    const auto stored = storage::ReadBigEndian<TermIndex::Term>(row, at);
    at += kHeadBytes;
    if (stored == term) return DecodeEvents(row.substr(at, StoredBytes(count)), count);
    at += StoredBytes(count);
  }
  return std::nullopt;
}

}  // namespace

/// The rows of one bucket, then the open chunk as it was at first.
class TermIndex::TermWalk final : public ChunkWalk {
 public:
  /// The cursor is made after the open chunk was looked at: what closes in between is a row that it
  /// sees and does not need.
  TermWalk(Term term, std::uint32_t open_chunk, ChunkEvents open_events,
           const storage::KeyValueStore& store)
      : term_(term),
        open_chunk_(open_chunk),
        open_events_(std::move(open_events)),
        cursor_(store.ScanPrefix()) {}

  std::optional<std::uint32_t> AtOrAfter(std::uint32_t chunk) override {
    if (chunk < open_chunk_ && FindStored(chunk, true)) return chunk_;
    if (chunk > open_chunk_ || open_events_.none()) return std::nullopt;
    return FoundOpen();
  }

  std::optional<std::uint32_t> AtOrBefore(std::uint32_t chunk) override {
    if (chunk >= open_chunk_) {
      if (open_events_.any()) return FoundOpen();
      if (open_chunk_ == 0) return std::nullopt;
      chunk = open_chunk_ - 1;
    }
    if (!FindStored(chunk, false)) return std::nullopt;
    return chunk_;
  }

  ChunkEvents events() override { return events_; }

 private:
  std::uint32_t FoundOpen() {
    events_ = open_events_;
    return open_chunk_;
  }

  /// The nearest closed chunk that has the term, in one direction.
  bool FindStored(std::uint32_t chunk, bool is_forwards) {
    MoveTo(chunk, is_forwards);
    for (; IsInBucket(); is_forwards ? cursor_->Next() : cursor_->Previous()) {
      chunk_ = ChunkAt();
      if (chunk_ >= open_chunk_) return false;
      if (auto events = FindEntry(cursor_->value(), term_)) {
        events_ = *std::move(events);
        return true;
      }
    }
    return false;
  }

  void MoveTo(std::uint32_t chunk, bool is_forwards) {
    const std::string key = TermKey(BucketOf(term_), chunk);
    for (std::uint32_t step = 0; is_placed_ && step < kStepsMax && IsInBucket(); ++step) {
      const std::uint32_t at = ChunkAt();
      if (at == chunk) return;
      // The other way, a walk has to see what lies between.
      if (is_forwards ? at > chunk : at < chunk) break;
      is_forwards ? cursor_->Next() : cursor_->Previous();
      if (IsInBucket() && (is_forwards ? ChunkAt() > chunk : ChunkAt() < chunk)) return;
    }
    is_forwards ? cursor_->Seek(key) : cursor_->SeekBack(key);
    is_placed_ = true;
  }

  bool IsInBucket() {
    if (!cursor_->is_valid()) {
      Expect(cursor_->status());
      return false;
    }
    return IsOf(cursor_->key(), HistoryRow::kTerms, BucketOf(term_));
  }
  std::uint32_t ChunkAt() const {
    return storage::ReadBigEndian<std::uint32_t>(cursor_->key(), 1 + sizeof(std::uint32_t));
  }

  const Term term_;
  const std::uint32_t open_chunk_;
  const ChunkEvents open_events_;
  const std::unique_ptr<storage::KeyValueCursor> cursor_;
  bool is_placed_ = false;
  std::uint32_t chunk_ = 0;
  ChunkEvents events_;  ///< of the chunk found last
};

TermIndex::Term TermIndex::HashTerm(EventAttribute attribute, std::string_view comparable) {
  return HashKey(static_cast<AttributeId>(attribute), comparable);
}

TermIndex::Term TermIndex::PathTerm(std::string_view path, std::size_t place) {
  const bool has_place = place < last_paths_.size();
  if (has_place && last_paths_[place].path == path) return last_paths_[place].term;
  auto known = path_terms_.find(path);
  if (known == path_terms_.end()) {
    if (path_terms_.size() >= kPathTermsMax) path_terms_.clear();
    known = path_terms_.emplace(path, HashTerm(EventAttribute::kPath, FoldCase(path))).first;
  }
  if (has_place) {
    last_paths_[place].path = path;
    last_paths_[place].term = known->second;
  } else if (place < kPlacesMax) {
    last_paths_.push_back({std::string(path), known->second});
  }
  return known->second;
}

void TermIndex::Add(const SchemaRegistry& registry, const Event& event) {
  const auto offset = static_cast<std::uint16_t>(OffsetOf(event.sequence));
  const std::unique_lock lock(mutex_);
  const auto add = [&](Term term) {
    Offsets& offsets = open_[term];
    if (offsets.empty() || offsets.back() != offset) offsets.push_back(offset);
  };
  ForEachTerm(event, [&](EventAttribute attribute, std::string_view comparable) {
    add(HashTerm(attribute, comparable));
  });
  std::size_t place = 0;
  ForEachPath(registry, event, [&](std::string_view path) { add(PathTerm(path, place++)); });
}

void TermIndex::WriteTo(storage::KeyValueBatch& batch) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::pair<Term, const Offsets*>> sorted;
  sorted.reserve(open_.size());
  for (const auto& [term, offsets] : open_) sorted.emplace_back(term, &offsets);
  std::sort(sorted.begin(), sorted.end());
  std::string row;
  for (auto entry = sorted.begin(); entry != sorted.end();) {
    const std::uint32_t bucket = BucketOf(entry->first);
    row.clear();
    for (; entry != sorted.end() && BucketOf(entry->first) == bucket; ++entry) {
      AppendEntry(row, entry->first, *entry->second);
    }
    batch.Put(TermKey(bucket, open_chunk_), row);
  }
}

void TermIndex::Open(std::uint32_t chunk) {
  const std::unique_lock lock(mutex_);
  open_chunk_ = chunk;
  open_.clear();
}

std::unique_ptr<ChunkWalk> TermIndex::Walk(const storage::KeyValueStore& store, Term term) const {
  std::uint32_t open_chunk = 0;
  ChunkEvents open_events;
  {
    const std::shared_lock lock(mutex_);
    open_chunk = open_chunk_;
    if (const auto found = open_.find(term); found != open_.end()) {
      for (const std::uint16_t offset : found->second) open_events.set(offset);
    }
  }
  return std::make_unique<TermWalk>(term, open_chunk, std::move(open_events), store);
}

}  // namespace scimledger::projections
