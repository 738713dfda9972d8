#include "storage/stored_records.h"

#include <fmt/format.h>

#include "storage/big_endian.h"
#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr std::string_view kStoreMagic = "LDGSTORE";
constexpr std::uint32_t kFormatVersion = 0;
constexpr char kRecordVersion = 0;
constexpr std::size_t kBatchBytes = 137;

/// Walks over fixed fields whose presence was checked before.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t U64() { return Integer<std::uint64_t>(); }
  std::uint32_t U32() { return Integer<std::uint32_t>(); }
  std::int64_t Time() { return static_cast<std::int64_t>(U64()); }
  Uuid Id() { return Array<Uuid>(); }
  Hash Digest() { return Array<Hash>(); }

 private:
  template <typename T>
  T Integer() {
    const T value = ReadBigEndian<T>(bytes_, 0);
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  template <typename T>
  T Array() {
    T value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }

  std::string_view bytes_;
};

[[nodiscard]] Result<void> CheckHead(std::string_view record, std::size_t bytes_min,
                                     std::string_view what) {
  if (record.size() < bytes_min) {
    return Fail(ErrorCode::kCorrupt, fmt::format("{} record has {} bytes, fewer than {}", what,
                                                 record.size(), bytes_min));
  }
  if (record[0] != kRecordVersion) {
    return Fail(ErrorCode::kIncompatible,
                fmt::format("{} record has version {}, this version reads {}", what,
                            static_cast<unsigned char>(record[0]), +kRecordVersion));
  }
  return {};
}

}  // namespace

std::string EncodeStoreRecord() {
  std::string record(kStoreMagic);
  AppendBigEndian(record, kFormatVersion);
  return record;
}

Result<void> CheckStoreRecord(std::string_view record) {
  if (record.size() != kStoreMagic.size() + sizeof kFormatVersion ||
      !record.starts_with(kStoreMagic)) {
    return Fail(ErrorCode::kCorrupt, "the database has no store record of scimledger's");
  }
  const auto version = ReadBigEndian<std::uint32_t>(record, kStoreMagic.size());
  if (version == kFormatVersion) return {};
  return Fail(ErrorCode::kIncompatible,
              fmt::format("the log is of format {}, this version reads format {} only", version,
                          kFormatVersion));
}

std::string EncodeEventPrefix(const NewEvent& event, const Hash& leaf_hash) {
  std::string prefix;
  prefix.reserve(kEventPrefixBytes);
  prefix += kRecordVersion;
  AppendBigEndian(prefix, event.sequence.value);
  AppendBigEndian(prefix, static_cast<std::uint64_t>(event.time_us));
  prefix += event.id.AsBytes();
  AppendBigEndian(prefix, static_cast<std::uint32_t>(event.header.size()));
  AppendBigEndian(prefix, static_cast<std::uint32_t>(event.context.size()));
  AppendBigEndian(prefix, static_cast<std::uint32_t>(event.body.size()));
  prefix += AsBytes(leaf_hash);
  return prefix;
}

Result<EventView> DecodeEvent(std::string_view record) {
  SCIMLEDGER_TRY(CheckHead(record, kEventPrefixBytes, "event"));
  FieldReader fields(record.substr(1));
  EventView event;
  event.sequence = Sequence{fields.U64()};
  event.time_us = fields.Time();
  event.id = fields.Id();
  const std::size_t header_bytes = fields.U32();
  const std::size_t context_bytes = fields.U32();
  const std::size_t body_bytes = fields.U32();
  event.leaf_hash = fields.Digest();

  const std::string_view sections = record.substr(kEventPrefixBytes);
  // Three 32-bit lengths cannot overflow the 64-bit sum.
  if (sections.size() != header_bytes + context_bytes + body_bytes) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("event record has {} bytes of sections, its lengths say {}",
                            sections.size(), header_bytes + context_bytes + body_bytes));
  }
  event.header = sections.substr(0, header_bytes);
  event.context = sections.substr(header_bytes, context_bytes);
  event.body = sections.substr(header_bytes + context_bytes);
  return event;
}

std::string EncodeBatch(const BatchRecord& batch) {
  std::string record;
  record.reserve(kBatchBytes);
  record += kRecordVersion;
  record += batch.id.AsBytes();
  AppendBigEndian(record, batch.first.value);
  AppendBigEndian(record, batch.last.value);
  AppendBigEndian(record, static_cast<std::uint64_t>(batch.time_us));
  record += AsBytes(batch.previous_leaf_hash);
  record += AsBytes(batch.last_leaf_hash);
  record += AsBytes(batch.root);
  return record;
}

Result<BatchRecord> DecodeBatch(std::string_view record) {
  SCIMLEDGER_TRY(CheckHead(record, kBatchBytes, "batch"));
  if (record.size() != kBatchBytes) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("batch record has {} bytes instead of {}", record.size(), kBatchBytes));
  }
  FieldReader fields(record.substr(1));
  BatchRecord batch;
  batch.id = fields.Id();
  batch.first = Sequence{fields.U64()};
  batch.last = Sequence{fields.U64()};
  batch.time_us = fields.Time();
  batch.previous_leaf_hash = fields.Digest();
  batch.last_leaf_hash = fields.Digest();
  batch.root = fields.Digest();
  return batch;
}

}  // namespace scimledger::storage
