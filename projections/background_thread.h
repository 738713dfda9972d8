#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace scimledger::projections {

/// The calling thread lets those that answer requests go first from now on. Where the system
/// refuses that, it goes on as it is.
inline void YieldToOthers() {
  constexpr int kNiceness = 5;
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
}

}  // namespace scimledger::projections
