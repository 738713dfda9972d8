#include "projections/history_rows.h"

#include <cstring>

#include "projections/history_error.h"
#include "storage/big_endian.h"

namespace scimledger::projections {
namespace {

using storage::AppendBigEndian;
using storage::ReadBigEndian;

constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kVersionHeadBytes = kUuidBytes + 1 + 3 * sizeof(std::uint64_t);
constexpr std::size_t kStoredHeadBytes =
    kUuidBytes + sizeof(std::uint64_t) + 2 * sizeof(std::uint32_t);
constexpr std::size_t kTouchedBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::size_t kMembershipBytes = sizeof(std::uint32_t) + sizeof(std::uint64_t);
/// The lowest bit of a change tells whether it adds; an ordinal needs 32 of the others.
constexpr std::size_t kChangeBytes = sizeof(std::uint64_t);

[[noreturn]] void Nonsense(const char* what) {
  throw HistoryError({storage::ErrorCode::kCorrupt,
                      std::string("the history holds ") + what + " that cannot be read"});
}

std::string BeginKey(HistoryRow row, std::size_t bytes) {
  std::string key;
  key.reserve(1 + bytes);
  key += static_cast<char>(row);
  return key;
}

}  // namespace

std::string HistoryKey(HistoryRow row, std::uint32_t owner, Sequence sequence) {
  std::string key = BeginKey(row, sizeof owner + sizeof sequence.value);
  AppendBigEndian(key, owner);
  AppendBigEndian(key, sequence.value);
  return key;
}

std::string HistoryKey(HistoryRow row, Sequence sequence) {
  std::string key = BeginKey(row, sizeof sequence.value);
  AppendBigEndian(key, sequence.value);
  return key;
}

std::string IdKey(const ResourceId& id) {
  std::string key = BeginKey(HistoryRow::kId, kUuidBytes);
  key += id.AsBytes();
  return key;
}

std::string KeyHashKey(KeyHash hash, std::uint32_t ordinal) {
  std::string key = BeginKey(HistoryRow::kKey, sizeof hash + sizeof ordinal);
  AppendBigEndian(key, hash);
  AppendBigEndian(key, ordinal);
  return key;
}

std::string VersionKey(std::uint32_t ordinal, std::uint32_t block) {
  std::string key = BeginKey(HistoryRow::kVersion, sizeof ordinal + sizeof block);
  AppendBigEndian(key, ordinal);
  AppendBigEndian(key, block);
  return key;
}

std::string GroupsKey(std::uint32_t member, Sequence sequence, std::uint32_t group) {
  std::string key = HistoryKey(HistoryRow::kGroups, member, sequence);
  AppendBigEndian(key, group);
  return key;
}

std::string TermKey(std::uint32_t bucket, std::uint32_t chunk) {
  std::string key = BeginKey(HistoryRow::kTerms, sizeof bucket + sizeof chunk);
  AppendBigEndian(key, bucket);
  AppendBigEndian(key, chunk);
  return key;
}

Sequence SequenceOf(std::string_view key) {
  return {ReadBigEndian<std::uint64_t>(key, key.size() - sizeof(std::uint64_t))};
}

bool IsOf(std::string_view key, HistoryRow row, std::uint32_t owner) {
  return key.size() > sizeof owner && key.front() == static_cast<char>(row) &&
         ReadBigEndian<std::uint32_t>(key, 1) == owner;
}

std::string EncodeVersion(const Resource& resource) {
  std::string value;
  value.reserve(kVersionHeadBytes + resource.document.size());
  value += resource.id.AsBytes();
  value += static_cast<char>(resource.type);
  AppendBigEndian(value, resource.version);
  AppendBigEndian(value, static_cast<std::uint64_t>(resource.created_us));
  AppendBigEndian(value, static_cast<std::uint64_t>(resource.last_modified_us));
  value += resource.document;
  return value;
}

std::shared_ptr<Resource> DecodeVersion(std::uint32_t ordinal, std::string_view value) {
  if (value.size() < kVersionHeadBytes) Nonsense("a version");
  auto resource = std::make_shared<Resource>();
  resource->id = *Uuid::FromBytes(value.substr(0, kUuidBytes));
  resource->type = static_cast<ResourceTypeId>(value[kUuidBytes]);
  resource->ordinal = ordinal;
  std::size_t at = kUuidBytes + 1;
  resource->version = ReadBigEndian<std::uint64_t>(value, at);
  at += sizeof(std::uint64_t);
  resource->created_us = static_cast<std::int64_t>(ReadBigEndian<std::uint64_t>(value, at));
  at += sizeof(std::uint64_t);
  resource->last_modified_us = static_cast<std::int64_t>(ReadBigEndian<std::uint64_t>(value, at));
  resource->document = value.substr(kVersionHeadBytes);
  return resource;
}

std::string EncodeStored(const storage::NewEvent& event) {
  std::string value(event.id.AsBytes());
  AppendBigEndian(value, static_cast<std::uint64_t>(event.time_us));
  AppendBigEndian(value, static_cast<std::uint32_t>(event.header.size()));
  AppendBigEndian(value, static_cast<std::uint32_t>(event.context.size()));
  return value + event.header + event.context + event.body;
}

storage::NewEvent DecodeStored(Sequence sequence, std::string_view value) {
  if (value.size() < kStoredHeadBytes) Nonsense("an event");
  storage::NewEvent event;
  event.sequence = sequence;
  event.id = *Uuid::FromBytes(value.substr(0, kUuidBytes));
  event.time_us = static_cast<std::int64_t>(ReadBigEndian<std::uint64_t>(value, kUuidBytes));
  const std::size_t lengths = kUuidBytes + sizeof(std::uint64_t);
  const std::size_t header = ReadBigEndian<std::uint32_t>(value, lengths);
  const std::size_t context = ReadBigEndian<std::uint32_t>(value, lengths + sizeof(std::uint32_t));
  value.remove_prefix(kStoredHeadBytes);
  if (header + context > value.size()) Nonsense("an event");
  event.header = value.substr(0, header);
  event.context = value.substr(header, context);
  event.body = value.substr(header + context);
  return event;
}

void AppendTouched(std::string& row, const TouchedEvent& event) {
  AppendBigEndian(row, static_cast<std::uint64_t>(event.time_us));
  AppendBigEndian(row, event.ordinal);
}

std::size_t CountTouched(std::string_view row) { return row.size() / kTouchedBytes; }

TouchedEvent TouchedAt(std::string_view row, std::size_t index) {
  const std::size_t at = index * kTouchedBytes;
  return {static_cast<std::int64_t>(ReadBigEndian<std::uint64_t>(row, at)),
          ReadBigEndian<std::uint32_t>(row, at + sizeof(std::uint64_t))};
}

std::string EncodeMembers(const MembersRow& row) {
  std::string value;
  value.reserve(2 * sizeof(std::uint32_t) + row.changes.size() * kChangeBytes);
  AppendBigEndian(value, row.changes_since_set);
  AppendBigEndian(value, row.size);
  for (const MembershipChange& change : row.changes) {
    AppendBigEndian(value, (std::uint64_t{change.ordinal} << 1U) | (change.is_added ? 1U : 0U));
  }
  return value;
}

MembersRow DecodeMembers(std::string_view value) {
  constexpr std::size_t kHeadBytes = 2 * sizeof(std::uint32_t);
  if (value.size() < kHeadBytes || (value.size() - kHeadBytes) % kChangeBytes != 0) {
    Nonsense("a change of members");
  }
  MembersRow row;
  row.changes_since_set = ReadBigEndian<std::uint32_t>(value, 0);
  row.size = ReadBigEndian<std::uint32_t>(value, sizeof(std::uint32_t));
  row.changes.reserve((value.size() - kHeadBytes) / kChangeBytes);
  for (std::size_t at = kHeadBytes; at < value.size(); at += kChangeBytes) {
    const auto coded = ReadBigEndian<std::uint64_t>(value, at);
    row.changes.push_back({static_cast<std::uint32_t>(coded >> 1U), (coded & 1U) != 0});
  }
  return row;
}

std::string EncodeMemberSet(const std::vector<Membership>& set) {
  std::string value;
  value.reserve(set.size() * kMembershipBytes);
  for (const Membership& member : set) {
    AppendBigEndian(value, member.ordinal);
    AppendBigEndian(value, member.since.value);
  }
  return value;
}

std::vector<Membership> DecodeMemberSet(std::string_view value) {
  if (value.size() % kMembershipBytes != 0) Nonsense("a set of members");
  std::vector<Membership> set;
  set.reserve(value.size() / kMembershipBytes);
  for (std::size_t at = 0; at < value.size(); at += kMembershipBytes) {
    set.push_back({ReadBigEndian<std::uint32_t>(value, at),
                   {ReadBigEndian<std::uint64_t>(value, at + sizeof(std::uint32_t))}});
  }
  return set;
}

}  // namespace scimledger::projections
