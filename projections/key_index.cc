#include "projections/key_index.h"

#include <functional>
#include <limits>
#include <utility>

namespace scimledger::projections {

KeyHash HashKey(AttributeId attribute, std::string_view key) {
  KeyHash mixed = std::hash<std::string_view>()(key);
  mixed ^= (static_cast<KeyHash>(attribute) + 1) * 0x9E3779B97F4A7C15ULL;
  mixed ^= mixed >> 32U;
  mixed *= 0xD6E8FEB86659FD93ULL;
  return mixed ^ (mixed >> 32U);
}

void KeyIndex::Add(KeyHash key, std::uint32_t ordinal) {
  Part& part = parts_[PartOf(key)];
  if (const auto several = part.several.find(key); several != part.several.end()) {
    several->second.Add(ordinal);
    return;
  }
  const auto [single, is_new] = part.single.try_emplace(key, ordinal);
  if (is_new || single->second == ordinal) return;
  OrdinalSet both;
  both.Add(single->second);
  both.Add(ordinal);
  part.single.erase(single);
  part.several.emplace(key, std::move(both));
}

void KeyIndex::Remove(KeyHash key, std::uint32_t ordinal) {
  Part& part = parts_[PartOf(key)];
  if (const auto single = part.single.find(key); single != part.single.end()) {
    if (single->second == ordinal) part.single.erase(single);
    return;
  }
  const auto several = part.several.find(key);
  if (several == part.several.end()) return;
  several->second.Remove(ordinal);
  if (several->second.empty()) part.several.erase(several);
}

std::size_t KeyIndex::Count(KeyHash key) const {
  const Part& part = parts_[PartOf(key)];
  if (part.single.contains(key)) return 1;
  const auto several = part.several.find(key);
  return several == part.several.end() ? 0 : several->second.size();
}

void KeyIndex::AppendTo(KeyHash key, std::vector<std::uint32_t>& out) const {
  AppendUpTo(key, std::numeric_limits<std::size_t>::max(), out);
}

bool KeyIndex::AppendUpTo(KeyHash key, std::size_t most, std::vector<std::uint32_t>& out) const {
  const Part& part = parts_[PartOf(key)];
  if (const auto single = part.single.find(key); single != part.single.end()) {
    if (most == 0) return false;
    out.push_back(single->second);
  } else if (const auto several = part.several.find(key); several != part.several.end()) {
    if (several->second.size() > most) return false;
    several->second.AppendTo(out);
  }
  return true;
}

void KeyIndex::Reserve(std::size_t count) {
  for (Part& part : parts_) part.single.reserve(count / kParts + count / kParts / 8 + 1);
}

void KeyIndex::Clear() {
  for (Part& part : parts_) part = Part();
}

}  // namespace scimledger::projections
