#pragma once

#include <functional>

#include "api/exchange.h"
#include "api/worker_pool.h"

namespace scimledger::api {

/// What is done once the directory to read is there.
using AtMoment = std::move_only_function<void(ExchangePtr)>;

/// Reads `asOf` of the URL (DESIGN §4: a time or a sequence; at or after the present means the
/// head) and goes on with the exchange's directory, registry and type as of then: at once where it
/// is the present or the history has come there (api/past_directories.h), else as soon as it has.
/// Refusals, answered here: 403 of a read-only replay, which has one moment; 400
/// `invalidValue` (no time, or a sequence beyond the head); 404 where the request's resource type
/// did not exist yet.
void AtAskedMoment(ExchangePtr exchange, const Workers& workers, AtMoment go_on);

/// The same for one sequence, up to the head: for who found that the present has moved on from it.
void AtSequence(ExchangePtr exchange, const Workers& workers, Sequence sequence, AtMoment go_on);

/// Whether the view is not, or no longer, the moment that was asked for.
inline bool HasMovedOn(const Exchange& exchange, const projections::DirectoryView& view) {
  return exchange.pinned && *exchange.pinned != view.sequence();
}

/// 404: the resource that the path names was not there at the exchange's sequence.
ScimError NoResourceThen(const Exchange& exchange);

}  // namespace scimledger::api
