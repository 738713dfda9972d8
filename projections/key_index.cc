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
  const auto [single, is_new] = part.single.try_emplace(key, ordinal);
  if (is_new || single->second == ordinal) return;
  OrdinalSet& holders = part.several[key];
  if (single->second != kSeveral) holders.Add(std::exchange(single->second, kSeveral));
  holders.Add(ordinal);
}

void KeyIndex::Remove(KeyHash key, std::uint32_t ordinal) {
  Part& part = parts_[PartOf(key)];
  const auto single = part.single.find(key);
  if (single == part.single.end()) return;
  if (single->second == ordinal) {
    part.single.erase(single);
  } else if (single->second == kSeveral) {
    const auto several = part.several.find(key);
    several->second.Remove(ordinal);
    if (!several->second.empty()) return;
    part.several.erase(several);
    part.single.erase(single);
  }
}

std::size_t KeyIndex::Count(KeyHash key) const {
  const Part& part = parts_[PartOf(key)];
  const auto single = part.single.find(key);
  if (single == part.single.end()) return 0;
  return single->second == kSeveral ? part.several.find(key)->second.size() : 1;
}

void KeyIndex::AppendTo(KeyHash key, std::vector<std::uint32_t>& out) const {
  AppendUpTo(key, std::numeric_limits<std::size_t>::max(), out);
}

bool KeyIndex::AppendUpTo(KeyHash key, std::size_t most, std::vector<std::uint32_t>& out) const {
  const Part& part = parts_[PartOf(key)];
  const auto single = part.single.find(key);
  if (single == part.single.end()) return true;
  if (single->second != kSeveral) {
    if (most == 0) return false;
    out.push_back(single->second);
    return true;
  }
  const OrdinalSet& holders = part.several.find(key)->second;
  if (holders.size() > most) return false;
  holders.AppendTo(out);
  return true;
}

void KeyIndex::Reserve(std::size_t count) {
  for (Part& part : parts_) part.single.reserve(count / kParts + count / kParts / 8 + 1);
}

void KeyIndex::Clear() {
  for (Part& part : parts_) part = Part();
}

}  // namespace scimledger::projections
