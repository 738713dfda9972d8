#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "engine/scim_error.h"
#include "storage/event_log.h"
#include "storage/identifiers.h"

namespace scimledger::api {

/// A point in the log as people write it, in the audit API and on the command line (DESIGN §9).
struct Instant {
  std::int64_t time_us = 0;
  friend bool operator==(const Instant&, const Instant&) = default;
};
using TimeArgument = std::variant<Sequence, Instant>;

/// What a bare date stands for: `--since` its first instant, `--until` and `--at` its last.
enum class DayEdge : std::uint8_t { kFirstInstant, kLastInstant };

/// Reads `2026-11-23T10:00:00Z` (RFC 3339), `2026-11-23` (that UTC day), `7d` `12h` `30m` `45s` (so
/// long before `now_us`), or a sequence (all digits). Pure. The error is a 400 `invalidValue` that
/// names `parameter` and these forms.
[[nodiscard]] Result<TimeArgument> ParseTimeArgument(std::string_view parameter,
                                                     std::string_view text, DayEdge edge,
                                                     std::int64_t now_us);

/// Reads when something ends: `2027-01-31T12:00:00Z`, `2027-01-31` (the end of that UTC day), or
/// `90d`, `12h`, `30m`, `45s` from `now_us` on. Pure. The error is a 400 `invalidValue` that names
/// `parameter` and these forms.
[[nodiscard]] Result<std::int64_t> ParseExpiry(std::string_view parameter, std::string_view text,
                                               std::int64_t now_us);

/// The first sequence at or after the argument, as `since` means it; may be beyond the head.
[[nodiscard]] storage::Result<Sequence> FirstSequence(const storage::EventLog& log,
                                                      const TimeArgument& since);
/// The last sequence at or before the argument, as `until` means it; may be 0 or beyond the head.
[[nodiscard]] storage::Result<Sequence> LastSequence(const storage::EventLog& log,
                                                     const TimeArgument& until);

}  // namespace scimledger::api
