#include "engine/tenant_settings.h"

#include <algorithm>
#include <array>

namespace scimledger {
namespace {

constexpr std::array<SettingDefinition, kSettingCount> kDefinitions = {{
    {Setting::kUnknownAttributes, "unknownAttributes", "ignore", "reject",
     "An attribute or schema that no schema of the resource type defines, in POST, PUT and PATCH: "
     "ignore passes it over, reject answers 400 invalidSyntax."},
    {Setting::kGroupDisplayName, "groupDisplayName", "requiredAndUnique", "optional",
     "Group.displayName: requiredAndUnique as RFC 7643 section 4.2 says in words, optional as its "
     "schema listing says. Groups that share a name when uniqueness returns keep it until they "
     "are renamed."},
    {Setting::kComplexReplace, "complexReplace", "merge", "replace",
     "PATCH replace of a whole complex attribute: merge keeps the parts that were not sent "
     "(RFC 7644 section 3.5.2.3), replace clears them (interoperability profile)."},
    {Setting::kPathlessPatch, "pathlessPatch", "accept", "reject",
     "PATCH operations without a path: accept (RFC 7644, sent by Entra) or reject with 400 "
     "invalidSyntax (interoperability profile)."},
    {Setting::kIfMatch, "ifMatch", "optional", "required",
     "PUT, PATCH and DELETE without If-Match: optional accepts them, required answers 428."},
    {Setting::kFormats, "formats", "lenient", "strict",
     "Countries, URIs, telephone numbers, e-mail addresses, language tags and time zones: lenient "
     "takes "
     "any text, strict answers 400 invalidValue to what RFC 7643 section 4.1 does not allow."},
    {Setting::kCanonicalValues, "canonicalValues", "suggested", "enforced",
     "Values of attributes with canonicalValues: suggested takes others too, enforced answers 400 "
     "invalidValue to them."},
    {Setting::kPasswords, "passwords", "discard", "argon2id",
     "Passwords of users: discard accepts them and stores nothing, argon2id keeps a hash of each, "
     "apart from the log, which POST /admin/v1/passwords/verify compares with. Going back to "
     "discard deletes the hashes."},
}};

}  // namespace

std::span<const SettingDefinition, kSettingCount> SettingDefinitions() { return kDefinitions; }

const SettingDefinition& DefinitionOf(Setting setting) {
  return kDefinitions[static_cast<std::size_t>(setting)];
}

const SettingDefinition* FindSetting(std::string_view name) {
  const auto found = std::find_if(kDefinitions.begin(), kDefinitions.end(),
                                  [&](const auto& each) { return each.name == name; });
  return found == kDefinitions.end() ? nullptr : &*found;
}

std::string_view TenantSettings::PositionOf(Setting setting) const {
  const SettingDefinition& definition = DefinitionOf(setting);
  return IsChanged(setting) ? definition.other : definition.usual;
}

}  // namespace scimledger
