#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace scimledger {

/// Groups operations into units and orders them: `needs[i]` are the operations whose results i
/// refers to, `follows[i]` those, sent before i, that i must not overtake. Operations that need
/// each other are one unit, its operations ascending (Tarjan). A unit comes after those that it
/// needs and follows; of several that could come next, the one that was sent first, a unit of
/// several counting as its last. So what refers to a later operation waits for it and nothing else
/// moves (RFC 7644 §3.7). Where both cannot hold, needing wins over following.
std::vector<std::vector<std::size_t>> UnitsInOrder(
    std::span<const std::vector<std::size_t>> needs,
    std::span<const std::vector<std::size_t>> follows);

}  // namespace scimledger
