#include "storage/log_recovery.h"

#include <fmt/format.h>

#include "storage/big_endian.h"
#include "storage/hash.h"
#include "storage/log_keys.h"
#include "storage/stored_records.h"

namespace scimledger::storage {
namespace {

Sequence SequenceOfKey(std::string_view key) {
  return {ReadBigEndian<std::uint64_t>(key, key.size() - sizeof(std::uint64_t))};
}

std::unexpected<Error> LogCorrupt(const Uuid& log_id, std::string_view why) {
  return Fail(ErrorCode::kCorrupt, fmt::format("log {} is damaged: {}; restore it from a backup",
                                               log_id.ToString(), why));
}

/// The last batch record, whose last sequence is that of the last event.
[[nodiscard]] Result<std::optional<BatchRecord>> LastBatch(const RocksDatabase& database,
                                                           const Uuid& log_id) {
  SCIMLEDGER_TRY_ASSIGN(const auto event, database.LastWithSequence(EventKeyPrefix(log_id)));
  SCIMLEDGER_TRY_ASSIGN(const auto stored, database.LastWithSequence(BatchKeyPrefix(log_id)));
  const Sequence events_end = event ? SequenceOfKey(event->key) : Sequence{};
  const Sequence batches_end = stored ? SequenceOfKey(stored->key) : Sequence{};
  if (events_end != batches_end) {
    return LogCorrupt(log_id, fmt::format("its events end at {}, its batch records at {}",
                                          events_end.value, batches_end.value));
  }
  if (!stored) return std::nullopt;
  SCIMLEDGER_TRY_ASSIGN(const BatchRecord batch, DecodeBatch(stored->value));
  if (batch.last != batches_end || batch.first.value == 0 || batch.first > batch.last) {
    return LogCorrupt(log_id, fmt::format("the batch record at {} says it holds events {} to {}",
                                          batches_end.value, batch.first.value, batch.last.value));
  }
  return batch;
}

/// What is stored of the event before the batch, which must fit the batch record.
[[nodiscard]] Result<ChainVerifier::Start> EventBefore(const RocksDatabase& database,
                                                       const Uuid& log_id,
                                                       const BatchRecord& batch) {
  ChainVerifier::Start start{.sequence = {batch.first.value - 1}};
  if (start.sequence.value > 0) {
    SCIMLEDGER_TRY_ASSIGN(const auto record, database.Get(EventKey(log_id, start.sequence)));
    if (!record) return EventCorrupt(log_id, start.sequence, "it is missing");
    const auto event = DecodeEvent(*record);
    if (!event) return EventCorrupt(log_id, start.sequence, event.error().message);
    start.leaf_hash = event->leaf_hash;
    start.time_us = event->time_us;
  }
  if (start.leaf_hash != batch.previous_leaf_hash) {
    return LogCorrupt(log_id,
                      fmt::format("the batch {} to {} does not continue from event {}: leaf hashes "
                                  "{} and {}",
                                  batch.first.value, batch.last.value, start.sequence.value,
                                  ToHex(batch.previous_leaf_hash), ToHex(start.leaf_hash)));
  }
  return start;
}

[[nodiscard]] Result<void> CheckBatchIsWhole(RocksDatabase& database, const Uuid& log_id,
                                             const BatchRecord& batch) {
  SCIMLEDGER_TRY_ASSIGN(const ChainVerifier::Start start, EventBefore(database, log_id, batch));
  ChainVerifier verifier(log_id, start, ReadCheck::kVerify);
  SCIMLEDGER_TRY_ASSIGN(const auto cursor,
                        database.Scan(EventKeyPrefix(log_id), EventKey(log_id, batch.first)));
  EventView event;
  while (verifier.expected() <= batch.last) {
    SCIMLEDGER_TRY_ASSIGN(const KeyValue* const entry, cursor->Next());
    if (entry == nullptr || SequenceOfKey(entry->key) != verifier.expected()) {
      return verifier.Corrupt(fmt::format("it is missing from the batch {} to {}",
                                          batch.first.value, batch.last.value));
    }
    SCIMLEDGER_TRY_ASSIGN(event, verifier.Check(entry->value));
  }
  if (event.leaf_hash != batch.last_leaf_hash || event.time_us != batch.time_us) {
    return LogCorrupt(
        log_id, fmt::format("event {} is not the one that its batch record ends with "
                            "(leaf hashes {} and {}, times {} and {})",
                            batch.last.value, ToHex(event.leaf_hash), ToHex(batch.last_leaf_hash),
                            event.time_us, batch.time_us));
  }
  return {};
}

[[nodiscard]] Result<MerkleTree> TreeFromLeafHashes(RocksDatabase& database, const Uuid& log_id,
                                                    Sequence last) {
  MerkleTree tree;
  ChainVerifier verifier(log_id, {}, ReadCheck::kTrust);
  SCIMLEDGER_TRY_ASSIGN(const auto cursor,
                        database.Scan(EventKeyPrefix(log_id), EventKey(log_id, {1})));
  while (verifier.expected() <= last) {
    SCIMLEDGER_TRY_ASSIGN(const KeyValue* const entry, cursor->Next());
    if (entry == nullptr) return verifier.Corrupt("it is missing");
    SCIMLEDGER_TRY_ASSIGN(const EventView event, verifier.Check(entry->value));
    tree.Append(event.leaf_hash);
  }
  return tree;
}

[[nodiscard]] Result<MerkleTree> RecoverTree(RocksDatabase& database, const Uuid& log_id,
                                             const BatchRecord& batch) {
  SCIMLEDGER_TRY_ASSIGN(const auto stored, database.Get(FrontierKey(log_id)));
  SCIMLEDGER_TRY_ASSIGN(MerkleTree tree, stored ? MerkleTree::Decode(*stored)
                                                : TreeFromLeafHashes(database, log_id, batch.last));
  if (tree.size() != batch.last.value || tree.Root() != batch.root) {
    return LogCorrupt(
        log_id, fmt::format("its tree of size {} has root {}, its last batch ends at "
                            "{} with root {}",
                            tree.size(), ToHex(tree.Root()), batch.last.value, ToHex(batch.root)));
  }
  return tree;
}

}  // namespace

Result<LogEnd> RecoverLogEnd(RocksDatabase& database, const Uuid& log_id) {
  SCIMLEDGER_TRY_ASSIGN(const auto batch, LastBatch(database, log_id));
  if (!batch) {
    SCIMLEDGER_TRY_ASSIGN(const auto frontier, database.Get(FrontierKey(log_id)));
    if (frontier) return LogCorrupt(log_id, "it has a tree frontier but no batch record");
    return EmptyLogEnd();
  }
  SCIMLEDGER_TRY(CheckBatchIsWhole(database, log_id, *batch));
  SCIMLEDGER_TRY_ASSIGN(MerkleTree tree, RecoverTree(database, log_id, *batch));
  const LogHead head{.sequence = batch->last,
                     .time_us = batch->time_us,
                     .leaf_hash = batch->last_leaf_hash,
                     .root = batch->root};
  return LogEnd{head, std::move(tree)};
}

}  // namespace scimledger::storage
