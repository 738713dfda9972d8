#include "engine/schema_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace scimledger {
namespace {

using Change = std::unexpected<std::string>;

constexpr std::string_view kGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";

Change Cannot(std::string_view characteristic, std::string_view known, std::string_view sent) {
  return Change(fmt::format("'{}' cannot change from {} to {}", characteristic, known, sent));
}

std::string_view Text(bool flag) { return flag ? "true" : "false"; }

bool IsListed(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::expected<void, std::string> CheckUnchanged(const Attribute& known, const Attribute& sent) {
  if (known.name != sent.name) return Cannot("name", known.name, sent.name);
  if (known.type != sent.type) return Cannot("type", ToString(known.type), ToString(sent.type));
  if (known.multi_valued != sent.multi_valued) {
    return Cannot("multiValued", Text(known.multi_valued), Text(sent.multi_valued));
  }
  const bool is_settled = IsDecidedBySettings(known);
  if (known.required != sent.required && !is_settled) {
    return Cannot("required", Text(known.required), Text(sent.required));
  }
  if (known.case_exact != sent.case_exact) {
    return Cannot("caseExact", Text(known.case_exact), Text(sent.case_exact));
  }
  if (known.mutability != sent.mutability) {
    return Cannot("mutability", ToString(known.mutability), ToString(sent.mutability));
  }
  if (known.returned != sent.returned) {
    return Cannot("returned", ToString(known.returned), ToString(sent.returned));
  }
  if (known.uniqueness != sent.uniqueness && !is_settled) {
    return Cannot("uniqueness", ToString(known.uniqueness), ToString(sent.uniqueness));
  }
  if (Sorted(known.reference_types) != Sorted(sent.reference_types)) {
    return Change("'referenceTypes' cannot change");
  }
  // Published definitions do not show x-default, so leaving it out keeps it.
  if (!sent.default_json.empty() && known.default_json != sent.default_json) {
    return Change("'x-default' cannot change");
  }
  return {};
}

}  // namespace

bool IsDecidedBySettings(const Attribute& attribute) {
  return attribute.schema == kGroupSchema && attribute.name == "displayName" && !attribute.parent;
}

bool MergeText(std::string& known, const std::string& sent) {
  if (sent.empty() || sent == known) return false;
  known = sent;
  return true;
}

std::expected<void, std::string> CheckAdditive(const Attribute& known, const Attribute& sent) {
  if (auto unchanged = CheckUnchanged(known, sent); !unchanged) return unchanged;
  for (const std::string& value : known.canonical_values) {
    if (!IsListed(sent.canonical_values, value)) {
      return Change(fmt::format("the canonical value '{}' cannot be removed", value));
    }
  }
  return {};
}

bool MergeCharacteristics(Attribute& known, const Attribute& sent) {
  bool changed = MergeText(known.description, sent.description);
  for (const std::string& value : sent.canonical_values) {
    if (IsListed(known.canonical_values, value)) continue;
    known.canonical_values.push_back(value);
    changed = true;
  }
  return changed;
}

}  // namespace scimledger
