#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/event.h"
#include "engine/event_filter.h"

namespace scimledger {

/// Whether an equality on the attribute can be answered by terms: an event that matches has the
/// term. Of `resource.id` this holds for events that are not about a SCIM resource; the others are
/// found by their resource.
bool HasTerms(EventAttribute attribute);

/// What an audit index knows an event by: each attribute of HasTerms with its value as filters
/// compare it (the operand of an EventFilter::Compare), but for the names of what changed, which
/// ForEachPath tells. `event` was decided, or decoded for indexing.
void ForEachTerm(const Event& event,
                 const std::function<void(EventAttribute, std::string_view)>& visit);

}  // namespace scimledger
