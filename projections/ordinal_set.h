#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

class Roaring;

namespace scimledger::projections {

/// A set of resource ordinals in ascending order, which is the order of creation: a sorted vector
/// while it is small, a Roaring bitmap beyond that, so that one more ordinal never costs a walk
/// over the set.
class OrdinalSet {
 public:
  OrdinalSet();
  OrdinalSet(const OrdinalSet& other);
  OrdinalSet(OrdinalSet&& other) noexcept;
  OrdinalSet& operator=(OrdinalSet other) noexcept;
  ~OrdinalSet();

  bool Contains(std::uint32_t ordinal) const;
  /// Whether the set changed.
  bool Add(std::uint32_t ordinal);
  bool Remove(std::uint32_t ordinal);
  void AddAll(const OrdinalSet& other);
  void RemoveAll(const OrdinalSet& other);
  std::size_t size() const;
  bool empty() const { return size() == 0; }

  /// Visits from the one at `index` (0: the smallest) on, until `visit` returns true; tells whether
  /// it did. The start is found without walking there.
  bool AnyFrom(std::size_t index, const std::function<bool(std::uint32_t)>& visit) const;
  bool Any(const std::function<bool(std::uint32_t)>& visit) const { return AnyFrom(0, visit); }
  /// The same from the first one on that is at least `ordinal`.
  bool AnyAtLeast(std::uint32_t ordinal, const std::function<bool(std::uint32_t)>& visit) const;
  void AppendTo(std::vector<std::uint32_t>& out) const;

 private:
  std::vector<std::uint32_t> few_;  ///< sorted; unused once there is a bitmap
  std::unique_ptr<Roaring> many_;
};

}  // namespace scimledger::projections
