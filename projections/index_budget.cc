#include "projections/index_budget.h"

#include <algorithm>
#include <optional>

#include "projections/attribute_index.h"

namespace scimledger::projections {

void IndexBudget::Join(AttributeIndex& index) {
  const std::lock_guard lock(mutex_);
  indexes_.push_back(&index);
}

void IndexBudget::Leave(AttributeIndex& index) {
  const std::lock_guard lock(mutex_);
  std::erase(indexes_, &index);
}

void IndexBudget::MakeRoom(AttributeIndex& by, const ColumnName* made,
                           std::chrono::milliseconds keep) {
  std::vector<IndexStatePtr> gone;  // let go of without the lock
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  while (bytes_used() > bytes_max_) {
    AttributeIndex* victim = nullptr;
    std::optional<ColumnUse> oldest;
    for (AttributeIndex* const index : indexes_) {
      const std::optional<ColumnUse> use = index->LeastRecentlyUsed();
      if (!use || (oldest && oldest->time <= use->time)) continue;
      oldest = use;
      victim = index;
    }
    if (!oldest) return;
    if (made != nullptr && now - oldest->time < keep) {
      gone.push_back(by.Drop(*made, now + keep));
      return;
    }
    gone.push_back(victim->Drop(oldest->name, std::nullopt));
  }
}

}  // namespace scimledger::projections
