#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/event_filter.h"
#include "projections/history.h"
#include "storage/event_log.h"

namespace scimledger::projections {

/// Sequences of the events that may be what somebody looks for: every one that is, and few others.
class EventCandidates {
 public:
  virtual ~EventCandidates() = default;
  /// The first at or after `from`, up to `last`; nullopt: none.
  virtual std::optional<Sequence> Next(Sequence from, Sequence last) = 0;
  /// The last at or before `from`, down to `first`; nullopt: none.
  virtual std::optional<Sequence> Previous(Sequence from, Sequence first) = 0;
};

/// Those that the audit index finds for a filter, up to the history's position. nullptr: none of
/// the filter's parts is indexed. Throws HistoryError, its members too. `log` and `credentials` are
/// used by this call alone.
std::unique_ptr<EventCandidates> FindCandidates(std::shared_ptr<const History> history,
                                                const storage::EventLog& log,
                                                const EventFilter& filter,
                                                const std::vector<Credential>& credentials);

/// The events on one resource (nullptr: of an id that stands for none); with `memberships` also
/// those by which it joined or left groups, and the ends of those groups.
std::unique_ptr<EventCandidates> FindResourceEvents(std::shared_ptr<const History> history,
                                                    const ResourceId& id, bool memberships);

}  // namespace scimledger::projections
