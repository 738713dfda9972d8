#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/event_filter.h"
#include "engine/schema.h"
#include "projections/directory.h"
#include "projections/event_candidates.h"
#include "storage/event_log.h"

namespace scimledger::api {

/// Which part of the log, in which direction.
struct EventRange {
  Sequence first{1};  ///< inclusive
  Sequence last;      ///< inclusive; below `first`: nothing
  bool is_descending = false;
  std::size_t limit = 100;
};

/// A page ends early rather than grow beyond this (I-10); one event always fits.
inline constexpr std::size_t kEventPageBytesMax = 8U << 20U;
/// A page looks at no more events than this: it may be short, or empty, and the range still go on.
inline constexpr std::uint64_t kEventScanMax = 200'000;

/// Whether a page shows an event. Asked once for each event of the range, in its direction.
using EventTest = std::function<bool(const SchemaRegistry& registry, const Event& event,
                                     const ActorNames& actor)>;

/// Reads a page of events as everyone outside sees them, actors named by their credentials in
/// `view`, whose sequence the range may not pass. `visit` gets each that passes `test` (empty: all
/// do) as one line of JSON, in the range's direction. Only `candidates` are looked at (nullptr:
/// every event is). Returns the last sequence looked at if the range goes on after it.
[[nodiscard]] storage::Result<std::optional<Sequence>> ReadEventPage(
    const storage::EventLog& log, const projections::DirectoryView& view, std::string_view tenant,
    const EventRange& range, const EventTest& test, projections::EventCandidates* candidates,
    const std::function<void(const std::string& json)>& visit);

/// The event at one sequence. kCorrupt: there is none.
[[nodiscard]] storage::Result<Event> ReadEvent(const storage::EventLog& log,
                                               const SchemaRegistry& registry, Sequence sequence);

}  // namespace scimledger::api
