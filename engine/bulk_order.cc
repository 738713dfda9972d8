#include "engine/bulk_order.h"

#include <algorithm>
#include <compare>
#include <functional>
#include <queue>
#include <utility>

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

/// Kahn's algorithm over units, with edges of two strengths.
class UnitOrder {
 public:
  using Edges = std::span<const std::vector<std::size_t>>;

  UnitOrder(std::vector<std::vector<std::size_t>> units, Edges needs, Edges follows)
      : units_(std::move(units)), unit_of_(needs.size()), waiting_(units_.size()) {
    for (std::size_t unit = 0; unit < units_.size(); ++unit) {
      for (const std::size_t node : units_[unit]) unit_of_[node] = unit;
    }
    for (std::size_t node = 0; node < needs.size(); ++node) {
      for (const std::size_t earlier : needs[node]) Connect(earlier, node, &Waiting::needed);
      for (const std::size_t earlier : follows[node]) Connect(earlier, node, &Waiting::followed);
    }
  }

  std::vector<std::vector<std::size_t>> Run() {
    std::vector<std::vector<std::size_t>> ordered;
    for (std::size_t unit = 0; unit < units_.size(); ++unit) Offer(unit);
    while (ordered.size() < units_.size()) {
      const std::size_t unit = TakeNext();
      for (const Edge& edge : waiting_[unit].dependents) {
        --(waiting_[edge.to].*edge.count);
        Offer(edge.to);
      }
      ordered.push_back(std::move(units_[unit]));
    }
    return ordered;
  }

 private:
  struct Waiting;
  struct Edge {
    std::size_t to = 0;
    std::size_t Waiting::*count = nullptr;
  };
  struct Waiting {
    std::size_t needed = 0;
    std::size_t followed = 0;
    bool is_needed = false;
    bool is_done = false;
    std::vector<Edge> dependents;
  };
  struct Place {
    bool is_unneeded = false;  ///< overtaking something for the sake of nothing
    std::size_t last = 0;      ///< the unit's last operation
    std::size_t unit = 0;

    auto operator<=>(const Place&) const = default;
  };
  using Queue = std::priority_queue<Place, std::vector<Place>, std::greater<>>;

  void Connect(std::size_t earlier, std::size_t later, std::size_t Waiting::*count) {
    const std::size_t from = unit_of_[earlier];
    const std::size_t to = unit_of_[later];
    if (from == to) return;
    ++(waiting_[to].*count);
    waiting_[from].is_needed = waiting_[from].is_needed || count == &Waiting::needed;
    waiting_[from].dependents.push_back({to, count});
  }

  void Offer(std::size_t unit) {
    const Waiting& state = waiting_[unit];
    if (state.is_done || state.needed > 0) return;
    if (state.followed > 0) {
      overtaking_.push({!state.is_needed, units_[unit].back(), unit});
    } else {
      ready_.push({false, units_[unit].back(), unit});
    }
  }

  /// Needs have no cycles between units, so one of the queues always has a unit left.
  std::size_t TakeNext() {
    while (true) {
      Queue& queue = ready_.empty() ? overtaking_ : ready_;
      const std::size_t unit = queue.top().unit;
      queue.pop();
      if (std::exchange(waiting_[unit].is_done, true)) continue;
      return unit;
    }
  }

  std::vector<std::vector<std::size_t>> units_;
  std::vector<std::size_t> unit_of_;  ///< by operation
  std::vector<Waiting> waiting_;      ///< by unit
  Queue ready_;
  Queue overtaking_;  ///< only what they follow is missing
};

}  // namespace

std::vector<std::vector<std::size_t>> UnitsInOrder(
    std::span<const std::vector<std::size_t>> needs,
    std::span<const std::vector<std::size_t>> follows) {
  return UnitOrder(ComponentSearch(needs).Run(), needs, follows).Run();
}

}  // namespace scimledger
