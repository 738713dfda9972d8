#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json.h"
#include "engine/schema.h"
#include "engine/value.h"

namespace scimledger {

/// 400 `invalidSyntax` about an attribute that no schema has, where the tenant rejects them.
/// `describe` gives its path.
template <typename Describe>
[[nodiscard]] Result<void> CheckUnknown(const SchemaRegistry& registry, const Describe& describe) {
  if (!registry.settings().IsChanged(Setting::kUnknownAttributes)) return {};
  return Refuse(ScimType::kInvalidSyntax,
                describe() +
                    ": no schema of this resource type has such an attribute; /Schemas "
                    "lists those there are");
}

/// What the tenant's settings ask of a text beyond its type: what was expected instead. nullopt:
/// the text is welcome.
std::optional<std::string> DescribeUnwantedText(const TenantSettings& settings,
                                                const Attribute& attribute, std::string_view text);

/// Reads attribute values out of JSON, with the client dialects engine/resource_json.h lists.
class AttributeReader {
 public:
  /// `secrets` collects sub-attributes of `returned: never` that were supplied; their values are
  /// dropped. It may be null.
  AttributeReader(const SchemaRegistry& registry, std::vector<AttributeId>* secrets)
      : registry_(registry), secrets_(secrets) {}

  /// Unassigned when the JSON says "no value".
  [[nodiscard]] Result<Value> Read(const Attribute& attribute, simdjson::dom::element json);

 private:
  /// Where in the value we are, for error details; rendered only when something is wrong.
  struct Place {
    const Attribute& attribute;
    const Place* outer = nullptr;
    std::optional<std::size_t> index;
    std::string Describe() const;
  };

  Result<Value> ReadAt(simdjson::dom::element json, const Place& place);
  Result<Value> ReadList(simdjson::dom::element json, const Place& place);
  Result<Value> ReadOne(simdjson::dom::element json, const Place& place);
  Result<Value> ReadComplex(simdjson::dom::element json, const Place& place);
  Result<AttributeMap> ReadParts(simdjson::dom::object object, const Place& place);
  Result<AttributeMap> ReadBareValue(simdjson::dom::element json, const Place& place);
  Result<void> ReadPart(const Attribute& part, simdjson::dom::element json, const Place& place,
                        AttributeMap& parts);
  Result<void> UnpackJsonText(const Place& place, AttributeMap& parts);
  Result<void> CheckList(const Place& place, const ValueList& list) const;
  void MergeRepeated(const Attribute& attribute, ValueList& list) const;

  const SchemaRegistry& registry_;
  std::vector<AttributeId>* secrets_;
  bool is_inside_json_text_ = false;
};

}  // namespace scimledger
