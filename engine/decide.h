#pragma once

#include <cstddef>
#include <vector>

#include "engine/command.h"
#include "engine/state.h"

namespace scimledger {

inline constexpr std::size_t kCommandEventsMax = 50'000;
inline constexpr std::size_t kCommandBytesMax = 16U << 20U;

/// The moment a command is decided at: `now_us` = max(clock, last recorded time).
struct DecideTime {
  std::int64_t now_us = 0;
  std::int64_t clock_us = 0;
};

/// No events: a no-op. `resource` is the row after the command (nullptr after a delete and for
/// commands that are not about a resource).
struct Decision {
  std::vector<Event> events;
  ResourcePtr resource;
};

/// Does what deciding the command takes but needs no state for, so that the writer need not: a
/// created resource gets its defaults and its document. `registry` is the command's. Any thread; the
/// decision is the same without it.
void Prepare(const SchemaRegistry& registry, CommandBody& body);

/// Command × state × time → events or a SCIM error. Pure and deterministic (I-6): event ids are
/// UUIDv7 from the time and a hash of transaction id and index. Refusals: 404 unknown id (or
/// another type's), 409 `uniqueness` naming attribute and value, 412 version mismatch, 400 as
/// engine/patch.h says, 400 `mutability` for a changed immutable attribute, 413 beyond
/// kCommandEventsMax. Takes the command over: what it holds goes into the events.
[[nodiscard]] Result<Decision> Decide(const State& state, Command command, DecideTime time);

}  // namespace scimledger
