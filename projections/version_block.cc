#include "projections/version_block.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "projections/history_error.h"
#include "projections/history_rows.h"
#include "storage/big_endian.h"

namespace scimledger::projections {
namespace {

using storage::AppendBigEndian;
using storage::ReadBigEndian;

enum class Kind : char {
  kWhole = 'w',    ///< as EncodeVersion
  kDelta = 'd',    ///< see Delta
  kDeleted = 'x',  ///< nothing
};

/// An entry is its sequence, its kind, the length of the rest, and the rest.
constexpr std::size_t kEntryHeadBytes = sizeof(std::uint64_t) + 1 + sizeof(std::uint32_t);
constexpr std::size_t kDeltaHeadBytes = sizeof(std::uint64_t) + 2 * sizeof(std::uint32_t);

[[noreturn]] void Nonsense() {
  throw HistoryError(
      {storage::ErrorCode::kCorrupt, "the history holds versions that cannot be read"});
}

struct Entry {
  Sequence sequence;
  Kind kind{};
  std::string_view rest;
};

/// The next version of the same resource: the document differs between its first `prefix` and its
/// last `suffix` bytes.
struct Delta {
  std::int64_t last_modified_us = 0;
  std::size_t prefix = 0;
  std::size_t suffix = 0;
  std::string_view middle;
};

Delta DeltaBetween(const Resource& before, const Resource& after) {
  const std::string_view a = before.document;
  const std::string_view b = after.document;
  const std::size_t most = std::min(a.size(), b.size());
  Delta delta{.last_modified_us = after.last_modified_us, .middle = {}};
  const auto differs =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin());
  delta.prefix = static_cast<std::size_t>(differs.first - a.begin());
  const auto left = static_cast<std::ptrdiff_t>(most - delta.prefix);
  const auto differs_back = std::mismatch(a.rbegin(), a.rbegin() + left, b.rbegin());
  delta.suffix = static_cast<std::size_t>(differs_back.first - a.rbegin());
  delta.middle = b.substr(delta.prefix, b.size() - delta.prefix - delta.suffix);
  return delta;
}

std::string Encode(const Delta& delta) {
  std::string rest;
  rest.reserve(kDeltaHeadBytes + delta.middle.size());
  AppendBigEndian(rest, static_cast<std::uint64_t>(delta.last_modified_us));
  AppendBigEndian(rest, static_cast<std::uint32_t>(delta.prefix));
  AppendBigEndian(rest, static_cast<std::uint32_t>(delta.suffix));
  return rest += delta.middle;
}

void ApplyDelta(std::string_view rest, Resource& resource) {
  if (rest.size() < kDeltaHeadBytes) Nonsense();
  const std::size_t prefix = ReadBigEndian<std::uint32_t>(rest, sizeof(std::uint64_t));
  const std::size_t suffix =
      ReadBigEndian<std::uint32_t>(rest, sizeof(std::uint64_t) + sizeof(std::uint32_t));
  std::string& document = resource.document;
  if (prefix + suffix > document.size()) Nonsense();
  ++resource.version;
  resource.last_modified_us = static_cast<std::int64_t>(ReadBigEndian<std::uint64_t>(rest, 0));
  document.replace(prefix, document.size() - prefix - suffix, rest.substr(kDeltaHeadBytes));
}

/// Visits the entries until `visit` returns false. One that is there twice is visited once.
template <typename Visit>
void ForEachEntry(std::string_view block, const Visit& visit) {
  Sequence last;
  while (!block.empty()) {
    if (block.size() < kEntryHeadBytes) Nonsense();
    const Sequence sequence{ReadBigEndian<std::uint64_t>(block, 0)};
    const auto kind = static_cast<Kind>(block[sizeof(std::uint64_t)]);
    const std::size_t size = ReadBigEndian<std::uint32_t>(block, sizeof(std::uint64_t) + 1);
    block.remove_prefix(kEntryHeadBytes);
    if (size > block.size()) Nonsense();
    const Entry entry{sequence, kind, block.substr(0, size)};
    block.remove_prefix(size);
    if (sequence <= last) continue;
    last = sequence;
    if (!visit(entry)) return;
  }
}

}  // namespace

std::string EncodeBlockEntry(Sequence sequence, const Resource* before, const Resource* after) {
  Kind kind = Kind::kDeleted;
  std::string rest;
  if (after != nullptr) {
    kind = Kind::kWhole;
    const Delta delta = before != nullptr ? DeltaBetween(*before, *after) : Delta{.middle = {}};
    const bool is_smaller =
        before != nullptr && kDeltaHeadBytes + delta.middle.size() < after->document.size();
    if (is_smaller) kind = Kind::kDelta;
    rest = is_smaller ? Encode(delta) : EncodeVersion(*after);
  }
  std::string entry;
  entry.reserve(kEntryHeadBytes + rest.size());
  AppendBigEndian(entry, sequence.value);
  entry += static_cast<char>(kind);
  AppendBigEndian(entry, static_cast<std::uint32_t>(rest.size()));
  return entry += rest;
}

Sequence FirstInBlock(std::string_view block) {
  if (block.size() < kEntryHeadBytes) Nonsense();
  return {ReadBigEndian<std::uint64_t>(block, 0)};
}

std::vector<Sequence> SequencesInBlock(std::string_view block) {
  std::vector<Sequence> sequences;
  ForEachEntry(block, [&](const Entry& entry) {
    sequences.push_back(entry.sequence);
    return true;
  });
  return sequences;
}

ResourcePtr ResourceInBlock(std::uint32_t ordinal, std::string_view block, Sequence at) {
  std::vector<Entry> entries;
  entries.reserve(kBlockVersions);
  ForEachEntry(block, [&](const Entry& entry) {
    if (entry.sequence > at) return false;
    if (entry.kind != Kind::kDelta) entries.clear();  // what was before does not matter
    entries.push_back(entry);
    return true;
  });
  if (entries.empty()) Nonsense();
  if (entries.front().kind == Kind::kDeleted) return nullptr;
  if (entries.front().kind != Kind::kWhole) Nonsense();
  const auto resource = DecodeVersion(ordinal, entries.front().rest);
  for (auto entry = entries.begin() + 1; entry != entries.end(); ++entry) {
    ApplyDelta(entry->rest, *resource);
  }
  return resource;
}

}  // namespace scimledger::projections
