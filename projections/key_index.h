#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/schema.h"
#include "projections/ordinal_set.h"

namespace scimledger::projections {

/// Hash of an attribute (the sub-attribute where there is one) and a comparison form.
using KeyHash = std::uint64_t;
KeyHash HashKey(AttributeId attribute, std::string_view key);

/// Hashed keys to the ordinals that hold them. It stores no key text (16 bytes an entry): different
/// keys may share a hash, so whoever asks checks the rows. Not thread-safe.
class KeyIndex {
 public:
  void Add(KeyHash key, std::uint32_t ordinal);
  void Remove(KeyHash key, std::uint32_t ordinal);
  /// How many ordinals AppendTo gives.
  std::size_t Count(KeyHash key) const;
  /// In order of creation.
  void AppendTo(KeyHash key, std::vector<std::uint32_t>& out) const;
  /// False, with nothing appended: there are more than `most`.
  bool AppendUpTo(KeyHash key, std::size_t most, std::vector<std::uint32_t>& out) const;
  void Reserve(std::size_t count);
  void Clear();

  /// In parts, so that growing moves one part's entries and not all of them, and so that several
  /// threads may add keys of different parts at once.
  static constexpr std::size_t kParts = 256;
  static std::size_t PartOf(KeyHash key) { return (key >> 24U) % kParts; }

 private:
  struct Mixed {
    using is_avalanching = void;
    std::size_t operator()(KeyHash key) const noexcept { return key; }
  };
  /// Stands in `single` for keys that several hold: no resource has this ordinal.
  static constexpr std::uint32_t kSeveral = 0xFFFFFFFFU;
  /// Most keys are one resource's own, so that one look is all they take.
  struct Part {
    boost::unordered_flat_map<KeyHash, std::uint32_t, Mixed> single;
    boost::unordered_flat_map<KeyHash, OrdinalSet, Mixed> several;
  };
  std::array<Part, kParts> parts_;
};

}  // namespace scimledger::projections
