#include "engine/bulk_order.h"

#include <algorithm>

namespace scimledger {
namespace {

/// Without recursion: a chain of references may be as long as the request.
class ComponentSearch {
 public:
  explicit ComponentSearch(std::span<const std::vector<std::size_t>> edges)
      : edges_(edges), index_(edges.size(), 0), low_(edges.size(), 0), is_open_(edges.size()) {}

  std::vector<std::vector<std::size_t>> Run() {
    for (std::size_t node = 0; node < edges_.size(); ++node) {
      if (index_[node] == 0) Search(node);
    }
    return std::move(components_);
  }

 private:
  struct Visit {
    std::size_t node = 0;
    std::size_t next_edge = 0;
  };

  void Search(std::size_t root) {
    std::vector<Visit> path;
    Enter(root, path);
    while (!path.empty()) {
      const std::size_t node = path.back().node;
      if (path.back().next_edge < edges_[node].size()) {
        const std::size_t needed = edges_[node][path.back().next_edge++];
        if (index_[needed] == 0) {
          Enter(needed, path);
        } else if (is_open_[needed]) {
          low_[node] = std::min(low_[node], index_[needed]);
        }
        continue;
      }
      path.pop_back();
      if (low_[node] == index_[node]) Close(node);
      if (!path.empty()) {
        std::size_t& above = low_[path.back().node];
        above = std::min(above, low_[node]);
      }
    }
  }

  void Enter(std::size_t node, std::vector<Visit>& path) {
    index_[node] = low_[node] = ++visited_;
    is_open_[node] = true;
    open_.push_back(node);
    path.push_back({node, 0});
  }

  void Close(std::size_t root) {
    std::vector<std::size_t>& component = components_.emplace_back();
    do {
      component.push_back(open_.back());
      is_open_[open_.back()] = false;
      open_.pop_back();
    } while (component.back() != root);
    std::sort(component.begin(), component.end());
  }

  std::span<const std::vector<std::size_t>> edges_;
  std::vector<std::size_t> index_;  ///< order of visiting, from 1; 0: not yet
  std::vector<std::size_t> low_;
  std::vector<bool> is_open_;
  std::vector<std::size_t> open_;
  std::size_t visited_ = 0;
  std::vector<std::vector<std::size_t>> components_;
};

}  // namespace

std::vector<std::vector<std::size_t>> ComponentsInOrder(
    std::span<const std::vector<std::size_t>> edges) {
  return ComponentSearch(edges).Run();
}

}  // namespace scimledger
