#pragma once

#include <cstddef>
#include <functional>

namespace scimledger::simulators {

/// Calls `work` for every index below `count`, each on a thread of its own. All of them end; then
/// the first exception is thrown again.
void SideBySide(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace scimledger::simulators
