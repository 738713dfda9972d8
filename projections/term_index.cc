#include "projections/term_index.h"

#include <mutex>
#include <string>

#include "projections/history_error.h"
#include "projections/history_rows.h"

namespace scimledger::projections {
namespace {

constexpr std::size_t kBitsBytes = kChunkEvents / 8;

/// The offsets, two bytes each, or one bit for each event where that is shorter.
std::string Encode(const std::vector<std::uint16_t>& offsets) {
  std::string value;
  if (offsets.size() * sizeof(std::uint16_t) < kBitsBytes) {
    value.reserve(offsets.size() * sizeof(std::uint16_t));
    for (const std::uint16_t offset : offsets) {
      value += static_cast<char>(offset >> 8U);
      value += static_cast<char>(offset & 0xFFU);
    }
    return value;
  }
  value.resize(kBitsBytes);
  for (const std::uint16_t offset : offsets) {
    value[offset / 8] = static_cast<char>(static_cast<unsigned char>(value[offset / 8]) |
                                          (1U << (offset % 8)));
  }
  return value;
}

ChunkEvents Decode(std::string_view value) {
  ChunkEvents events;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(value[at]); };
  if (value.size() == kBitsBytes) {
    for (std::size_t at = 0; at < kChunkEvents; ++at) events[at] = ((byte(at / 8) >> (at % 8)) & 1U) != 0;
    return events;
  }
  for (std::size_t at = 0; at + 1 < value.size(); at += 2) {
    events.set(((unsigned{byte(at)} << 8U) | byte(at + 1)) % kChunkEvents);
  }
  return events;
}

}  // namespace

TermIndex::Term TermIndex::HashTerm(EventAttribute attribute, std::string_view comparable) {
  return HashKey(static_cast<AttributeId>(attribute), comparable);
}

void TermIndex::Add(const Event& event) {
  const auto offset = static_cast<std::uint16_t>(OffsetOf(event.sequence));
  const std::unique_lock lock(mutex_);
  ForEachTerm(event, [&](EventAttribute attribute, std::string_view comparable) {
    Offsets& offsets = open_[HashTerm(attribute, comparable)];
    if (offsets.empty() || offsets.back() != offset) offsets.push_back(offset);
  });
}

void TermIndex::WriteTo(storage::KeyValueBatch& batch) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [term, offsets] : open_) batch.Put(TermKey(term, open_chunk_), Encode(offsets));
}

void TermIndex::Open(std::uint32_t chunk) {
  const std::unique_lock lock(mutex_);
  open_chunk_ = chunk;
  open_.clear();
}

ChunkEvents TermIndex::Find(const storage::KeyValueStore& store, Term term,
                            std::uint32_t chunk) const {
  {
    const std::shared_lock lock(mutex_);
    if (chunk == open_chunk_) {
      ChunkEvents events;
      const auto found = open_.find(term);
      if (found == open_.end()) return events;
      for (const std::uint16_t offset : found->second) events.set(offset);
      return events;
    }
  }
  const auto value = Expect(store.Get(TermKey(term, chunk)));
  return value ? Decode(*value) : ChunkEvents();
}

}  // namespace scimledger::projections
