#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace scimledger {

/// Where RFCs, Microsoft Entra ID and the interoperability profile differ, a tenant chooses: each
/// choice is a switch with two positions, the default being the one that works with Entra.
enum class Setting : std::uint8_t {
  kUnknownAttributes,
  kGroupDisplayName,
  kComplexReplace,
  kPathlessPatch,
  kIfMatch,
  kFormats,
  kCanonicalValues,
  kPasswords,
};
inline constexpr std::size_t kSettingCount = 8;

/// A switch as people see it. Names and positions are in the log: never change or reuse one.
struct SettingDefinition {
  Setting setting{};
  std::string_view name;
  std::string_view usual;  ///< the default position
  std::string_view other;
  std::string_view description;
};

/// In order of Setting.
std::span<const SettingDefinition, kSettingCount> SettingDefinitions();
const SettingDefinition& DefinitionOf(Setting setting);
/// nullptr: unknown. Letter case matters.
const SettingDefinition* FindSetting(std::string_view name);

/// The position of every switch of one tenant.
class TenantSettings {
 public:
  /// Whether the switch is not in its default position.
  bool IsChanged(Setting setting) const { return changed_[static_cast<std::size_t>(setting)]; }
  void Set(Setting setting, bool is_changed) {
    changed_[static_cast<std::size_t>(setting)] = is_changed;
  }
  std::string_view PositionOf(Setting setting) const;

  friend bool operator==(const TenantSettings&, const TenantSettings&) = default;

 private:
  std::bitset<kSettingCount> changed_;
};

/// One switch moved.
struct SettingChange {
  Setting setting{};
  bool after = false;  ///< TenantSettings::IsChanged from now on
  friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

}  // namespace scimledger
