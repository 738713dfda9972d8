#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/event_log.h"

namespace scimledger::storage {

/// The id made of one byte, repeated.
Uuid IdOf(std::uint8_t byte);

/// Events `first` to `last`, each 10 µs after the one before, with sections that differ per
/// sequence and are `padding_bytes` longer than they need to be.
std::vector<NewEvent> SampleEvents(std::uint64_t first, std::uint64_t last,
                                   std::size_t padding_bytes = 0);

/// When SampleEvents recorded `sequence`.
std::int64_t SampleTime(std::uint64_t sequence);

/// Appends SampleEvents from the log's head to `last` as one batch.
Result<LogHead> AppendSamples(EventLog& log, std::uint64_t last, std::size_t padding_bytes = 0);

/// One word per event that a reader gives: its sequence, or "<sequence>!" when its bytes are not
/// those of SampleEvents; then, if reading failed, "error: <message>".
std::string ReadAll(const EventLog& log, std::uint64_t from = 1,
                    ReadCheck check = ReadCheck::kVerify);

/// Likewise, for a reader that was made before.
std::string ReadRest(EventReader& reader);

}  // namespace scimledger::storage
