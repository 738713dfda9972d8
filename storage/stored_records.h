#pragma once

#include <string>
#include <string_view>

#include "storage/event_log.h"
#include "storage/identifiers.h"
#include "storage/result.h"

namespace scimledger::storage {

/// The store's own record (LOG_FORMAT.md §2): magic and format version.
std::string EncodeStoreRecord();

/// kCorrupt: not a store record; kIncompatible names the version found and the one this code reads.
[[nodiscard]] Result<void> CheckStoreRecord(std::string_view record);

/// The part of an event record before its sections (LOG_FORMAT.md §3). The sections follow
/// unchanged, so a writer need not copy them together first.
inline constexpr std::size_t kEventPrefixBytes = 77;
std::string EncodeEventPrefix(const NewEvent& event, const Hash& leaf_hash);

/// The views point into `record`. kCorrupt: not a whole event record; kIncompatible: another
/// version.
[[nodiscard]] Result<EventView> DecodeEvent(std::string_view record);

/// A batch as it was appended (LOG_FORMAT.md §6).
struct BatchRecord {
  Uuid id;
  Sequence first;
  Sequence last;
  std::int64_t time_us = 0;   ///< of the last event
  Hash previous_leaf_hash{};  ///< of the event before `first`
  Hash last_leaf_hash{};
  Hash root{};
};

std::string EncodeBatch(const BatchRecord& batch);

/// kCorrupt: not a whole batch record; kIncompatible: another version.
[[nodiscard]] Result<BatchRecord> DecodeBatch(std::string_view record);

}  // namespace scimledger::storage
