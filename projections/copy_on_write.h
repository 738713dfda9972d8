#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace scimledger::projections {

/// Shares one T between copies until one of them is to change. Copying costs an increment; the
/// holder that changes a shared value gets a copy of its own first.
///
/// Threads: several threads may copy from and read through one object at a time; Mutable() and
/// assignment need it for themselves. Different objects that share a T are independent of each
/// other: when Mutable() finds that it is the last holder, everything the former ones read has
/// happened before (std::shared_ptr::use_count() does not promise that).
template <typename T>
class CopyOnWrite {
 public:
  CopyOnWrite() = default;
  CopyOnWrite(const CopyOnWrite& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  CopyOnWrite(CopyOnWrite&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  CopyOnWrite& operator=(CopyOnWrite other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~CopyOnWrite() { Reset(); }

  /// nullptr: empty.
  const T* get() const { return node_ == nullptr ? nullptr : &node_->value; }
  const T* operator->() const { return get(); }
  const T& operator*() const { return node_->value; }
  explicit operator bool() const { return node_ != nullptr; }

  /// The value to change: made first when empty, copied first when shared.
  T& Mutable() {
    if (node_ == nullptr) {
      node_ = new Node();
    } else if (node_->holders.load(std::memory_order_acquire) != 1) {
      CopyOnWrite copy(new Node(node_->value));
      std::swap(node_, copy.node_);
    }
    return node_->value;
  }

  void Reset() noexcept {
    Node* node = std::exchange(node_, nullptr);
    if (node != nullptr && node->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete node;
  }

 private:
  struct Node {
    Node() = default;
    explicit Node(const T& from) : value(from) {}
    std::atomic<std::uint32_t> holders{1};
    T value{};
  };
  explicit CopyOnWrite(Node* node) : node_(node) {}

  Node* node_ = nullptr;
};

}  // namespace scimledger::projections
