#include "storage/batch_chain.h"

#include <fmt/format.h>

#include <limits>

#include "storage/hash.h"
#include "storage/leaf.h"

namespace scimledger::storage {
namespace {

// RocksDB's limit for one WriteBatch is 4 GiB; a batch that large is a caller's mistake (I-10).
constexpr std::size_t kBatchBytesMax = std::size_t{1} << 30U;

[[nodiscard]] Result<void> CheckEvent(const NewEvent& event, Sequence expected,
                                      std::int64_t previous_us) {
  if (event.sequence != expected) {
    return Fail(ErrorCode::kInvalid, fmt::format("the batch has event {} where {} must come",
                                                 event.sequence.value, expected.value));
  }
  if (event.time_us < previous_us) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("event {} has recorded time {} us, before its predecessor's {} us",
                            expected.value, event.time_us, previous_us));
  }
  return {};
}

[[nodiscard]] Result<void> CheckBatch(const LogHead& head, const Batch& batch) {
  if (batch.expected_head != head.sequence) {
    return Fail(ErrorCode::kConflict, fmt::format("the log's head is {}, the batch expects {}",
                                                  head.sequence.value, batch.expected_head.value));
  }
  if (batch.events.empty()) return Fail(ErrorCode::kInvalid, "the batch has no events");

  Sequence expected = head.sequence.Next();
  std::int64_t previous_us = head.time_us;
  std::size_t bytes = 0;
  for (const NewEvent& event : batch.events) {
    SCIMLEDGER_TRY(CheckEvent(event, expected, previous_us));
    expected = expected.Next();
    previous_us = event.time_us;
    bytes += event.header.size() + event.context.size() + event.body.size();
  }
  if (bytes > kBatchBytesMax) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("the batch has {} bytes; at most {} fit", bytes, kBatchBytesMax));
  }
  return {};
}

template <typename Event>
Hash LeafHashOf(const Event& event, const Hash& tenant_tag, const Hash& previous) {
  return LeafHash({.sequence = event.sequence,
                   .time_us = event.time_us,
                   .event_id = event.id,
                   .tenant_tag = tenant_tag,
                   .header = event.header,
                   .context = event.context,
                   .body = event.body,
                   .previous_leaf_hash = previous});
}

}  // namespace

LogEnd EmptyLogEnd() {
  LogEnd end;
  end.head.root = end.tree.Root();
  return end;
}

Result<ChainedBatch> ChainBatch(const Uuid& log_id, const LogEnd& end, const Batch& batch) {
  SCIMLEDGER_TRY(CheckBatch(end.head, batch));

  ChainedBatch chained{.leaf_hashes = {}, .record = {}, .end = end};
  chained.leaf_hashes.reserve(batch.events.size());
  const Hash tenant_tag = TenantTag(log_id);
  LogHead& head = chained.end.head;
  for (const NewEvent& event : batch.events) {
    head.leaf_hash = LeafHashOf(event, tenant_tag, head.leaf_hash);
    chained.leaf_hashes.push_back(head.leaf_hash);
    chained.end.tree.Append(head.leaf_hash);
  }
  head.sequence = batch.events.back().sequence;
  head.time_us = batch.events.back().time_us;
  head.root = chained.end.tree.Root();

  chained.record = {.id = batch.id,
                    .first = end.head.sequence.Next(),
                    .last = head.sequence,
                    .time_us = head.time_us,
                    .previous_leaf_hash = end.head.leaf_hash,
                    .last_leaf_hash = head.leaf_hash,
                    .root = head.root};
  return chained;
}

std::unexpected<Error> EventCorrupt(const Uuid& log_id, Sequence sequence, std::string_view why) {
  return Fail(ErrorCode::kCorrupt, fmt::format("event {} of log {} does not verify: {}",
                                               sequence.value, log_id.ToString(), why));
}

ChainVerifier::ChainVerifier(const Uuid& log_id, const Start& start, ReadCheck check)
    : log_id_(log_id),
      tenant_tag_(TenantTag(log_id)),
      expected_(start.sequence.Next()),
      previous_leaf_hash_(start.leaf_hash),
      previous_time_us_(start.time_us),
      check_(check) {}

Result<EventView> ChainVerifier::Check(std::string_view record) {
  auto decoded = DecodeEvent(record);
  if (!decoded) return Corrupt(decoded.error().message);
  const EventView& event = *decoded;
  if (event.sequence != expected_) {
    return Corrupt(fmt::format("its record says sequence {}", event.sequence.value));
  }
  if (event.time_us < previous_time_us_) {
    return Corrupt(fmt::format("its recorded time {} us is before its predecessor's {} us",
                               event.time_us, previous_time_us_));
  }
  if (check_ == ReadCheck::kVerify &&
      LeafHashOf(event, tenant_tag_, previous_leaf_hash_) != event.leaf_hash) {
    return Corrupt("its leaf hash does not match its bytes and the event before it");
  }
  previous_leaf_hash_ = event.leaf_hash;
  previous_time_us_ = event.time_us;
  expected_ = expected_.Next();
  return decoded;
}

std::unexpected<Error> ChainVerifier::Corrupt(std::string_view why) const {
  return EventCorrupt(log_id_, expected_, why);
}

}  // namespace scimledger::storage
