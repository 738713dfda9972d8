#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "projections/frozen_view.h"
#include "projections/history.h"

namespace scimledger::projections {

struct PastRows {
  std::shared_ptr<const FrozenView> view;  ///< all rows
  /// What an event in between was about, ascending: every other row is the later view's.
  std::vector<std::uint32_t> touched;
};

/// The rows as of `at`, made from later ones of the same directory by taking back what happened in
/// between: it shares every row that did not change and costs what did. The history has come to
/// `later`'s sequence. Throws HistoryError.
PastRows MakePastRows(const History& history, const FrozenView& later, Sequence at);

}  // namespace scimledger::projections
