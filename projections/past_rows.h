#pragma once

#include <memory>

#include "projections/frozen_view.h"
#include "projections/history.h"

namespace scimledger::projections {

/// All rows as of `at`, made from later ones of the same directory by taking back what happened in
/// between: it shares every row that did not change and costs what did. The history has come to
/// `later`'s sequence. Throws HistoryError.
std::shared_ptr<const FrozenView> MakePastRows(const History& history, const FrozenView& later,
                                               Sequence at);

}  // namespace scimledger::projections
