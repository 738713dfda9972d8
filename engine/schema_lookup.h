#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/schema.h"
#include "engine/text.h"

namespace scimledger {

/// Hashes names and URNs alike in every ASCII letter case, eight bytes at a time: setting the case
/// bit of every byte also merges a few other characters, which equality tells apart.
struct NameHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view name) const noexcept {
    std::uint64_t hash = name.size();
    while (!name.empty()) {
      const std::size_t taken = name.size() < 8 ? name.size() : 8;
      std::uint64_t word = 0;
      std::memcpy(&word, name.data(), taken);
      hash = (hash ^ (word | 0x2020202020202020U)) * 0x9E3779B97F4A7C15U;
      hash ^= hash >> 32U;
      name.remove_prefix(taken);
    }
    return static_cast<std::size_t>(hash);
  }
};

struct NameEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    return EqualsIgnoreAsciiCase(a, b);
  }
};

template <typename Id>
using NameMap = boost::unordered_flat_map<std::string, Id, NameHash, NameEqual>;

/// The parts of one attribute by name. They are asked for with every value that is read, and mostly
/// so few that to go through them is faster than to hash.
class PartNames {
 public:
  void Add(const std::string& name, AttributeId id) {
    if (few_.size() < kFewMax) {
      few_.emplace_back(name, id);
    } else {
      others_.emplace(name, id);
    }
  }
  std::optional<AttributeId> Find(std::string_view name) const {
    for (const auto& [few, id] : few_) {
      if (few.size() == name.size() && EqualsIgnoreAsciiCase(few, name)) return id;
    }
    if (others_.empty()) return std::nullopt;
    const auto found = others_.find(name);
    return found == others_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::size_t kFewMax = 16;
  std::vector<std::pair<std::string, AttributeId>> few_;
  NameMap<AttributeId> others_;
};

/// What a registry finds by name. Indexes are those of the registry's own vectors.
struct SchemaRegistry::Lookup {
  NameMap<std::size_t> schemas;
  NameMap<ResourceTypeId> types_by_name;
  NameMap<ResourceTypeId> types_by_endpoint;
  std::vector<NameMap<AttributeId>> schema_attributes;  ///< by schema: its top-level names
  std::vector<PartNames> sub_attributes;                ///< by attribute
  std::vector<NameMap<AttributeId>> type_attributes;    ///< by type: common and base-schema names
  std::vector<NameMap<AttributeId>> type_paths;         ///< by type: every path

  explicit Lookup(const SchemaRegistry& registry);
};

}  // namespace scimledger
