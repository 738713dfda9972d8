#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "engine/schema.h"
#include "projections/directory.h"
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

/// Reads a page of events as everyone outside sees them, actors named by their credentials in
/// `view`, whose sequence the range may not pass. `visit` gets each as one line of JSON, in the
/// range's direction. Returns the last sequence visited if the range goes on after it.
[[nodiscard]] storage::Result<std::optional<Sequence>> ReadEventPage(
    const storage::EventLog& log, const projections::DirectoryView& view, std::string_view tenant,
    const EventRange& range, const std::function<void(const std::string& json)>& visit);

}  // namespace scimledger::api
