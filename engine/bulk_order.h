#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace scimledger {

/// Strongly connected components of a graph in which `edges[i]` lists what i needs: each component
/// comes after those it needs, otherwise in order of its lowest node; its nodes ascend (Tarjan).
std::vector<std::vector<std::size_t>> ComponentsInOrder(
    std::span<const std::vector<std::size_t>> edges);

}  // namespace scimledger
