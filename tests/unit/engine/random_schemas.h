#pragma once

#include <fmt/format.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema.h"

namespace scimledger {

/// Random definitions that a registry accepts: extensions of User, Group and Device, the type
/// Device itself, and each of them again with one more attribute; and values that fit them.
class RandomSchemas {
 public:
  explicit RandomSchemas(std::uint64_t seed) : random_(seed) {}

  /// One Schema or ResourceType object.
  std::string NextDefinition() {
    Growing& schema = schemas_[Below(schemas_.size())];
    if (schema.urn == kDevice && !schema.attributes.empty() && Below(2) == 0) {
      return fmt::format(R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],)"
                         R"("name":"Device","endpoint":"/Devices","schema":"{}"}})",
                         kDevice);
    }
    if (schema.urn == kDevice && schema.attributes.empty()) {
      schema.attributes.emplace_back(R"({"name":"displayName","uniqueness":"server"})");
    }
    schema.attributes.push_back(NextAttribute());
    std::string json =
        fmt::format(R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
                    R"("id":"{}","name":"Random","attributes":[)",
                    schema.urn);
    for (const std::string& attribute : schema.attributes) {
      if (json.back() == '}') json += ',';
      json += attribute;
    }
    return json + "]}";
  }

  /// An attribute of one of our schemas on this type. nullptr: the type has none yet.
  const Attribute* Any(const SchemaRegistry& registry, const ResourceType& type) {
    std::vector<const Attribute*> ours;
    for (const AttributeId id : type.attributes) {
      const Attribute& attribute = registry.attribute(id);
      if (IsOurs(attribute.schema)) ours.push_back(&attribute);
    }
    return ours.empty() ? nullptr : ours[Below(ours.size())];
  }

  /// JSON of a value; of booleans, as Entra may send them, too.
  std::string Value(const SchemaRegistry& registry, const Attribute& attribute) {
    if (!attribute.multi_valued) return OneValue(registry, attribute, 0);
    std::string list = "[";
    for (std::uint64_t i = 0, count = Below(4); i < count; ++i) {
      if (i != 0) list += ',';
      list += OneValue(registry, attribute, i);
    }
    return list + "]";
  }

  /// `"name":value` for the body of a resource: at the top for the type's own schema, else inside
  /// an object under the extension's URN.
  std::string Member(const SchemaRegistry& registry, const ResourceType& type,
                     const Attribute& attribute) {
    const std::string member =
        fmt::format(R"("{}":{})", attribute.name, Value(registry, attribute));
    if (attribute.schema == type.schema) return member;
    return fmt::format(R"("{}":{{{}}})", attribute.schema, member);
  }

  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }

 private:
  static constexpr std::string_view kDevice = "urn:example:params:scim:schemas:Device";
  struct Growing {
    std::string urn;
    std::vector<std::string> attributes;
  };

  bool IsOurs(std::string_view urn) const {
    for (const Growing& schema : schemas_) {
      if (schema.urn == urn) return true;
    }
    return false;
  }

  std::string NextAttribute() {
    static constexpr std::array<std::string_view, 7> kTypes = {
        "string", "boolean", "decimal", "integer", "dateTime", "binary", "complex"};
    const std::string_view type = kTypes[Below(kTypes.size())];
    std::string json = fmt::format(R"({{"name":"a{}","type":"{}")", ++made_, type);
    if (type == "binary") json += R"(,"caseExact":true)";
    if (type == "complex") {
      json += R"(,"subAttributes":[{"name":"text"},{"name":"count","type":"integer"},)"
              R"({"name":"flag","type":"boolean"}])";
    }
    const bool is_multi_valued = type != "boolean" && Below(3) == 0;
    if (is_multi_valued) json += R"(,"multiValued":true)";
    if (type == "string" && !is_multi_valued) json += StringCharacteristics();
    return json + "}";
  }

  std::string StringCharacteristics() {
    switch (Below(5)) {
      case 0:
        return R"(,"uniqueness":"server")";
      case 1:
        return R"(,"mutability":"immutable")";
      case 2:
        return R"(,"mutability":"writeOnly","returned":"never")";
      case 3:
        return R"(,"caseExact":true,"uniqueness":"server")";
      default:
        return {};
    }
  }

  std::string OneValue(const SchemaRegistry& registry, const Attribute& attribute,
                       std::uint64_t place) {
    switch (attribute.type) {
      case AttributeType::kBoolean:
        return Below(2) == 0 ? "true" : "false";
      case AttributeType::kDecimal:
        return fmt::format("{}.5", Below(4));
      case AttributeType::kInteger:
        return fmt::format("{}", Below(4));
      case AttributeType::kDateTime:
        return fmt::format(R"("2026-11-2{}T10:00:00Z")", Below(9));
      case AttributeType::kBinary:
        return fmt::format(R"("QUJ{}")", Below(9));
      case AttributeType::kComplex:
        return ComplexValue(registry, attribute, place);
      case AttributeType::kString:
      case AttributeType::kReference:
        break;
    }
    return fmt::format(R"("tExt \"{}\" ü{}")", Below(6), place);
  }

  std::string ComplexValue(const SchemaRegistry& registry, const Attribute& attribute,
                           std::uint64_t place) {
    std::string object = "{";
    for (const AttributeId id : attribute.sub_attributes) {
      const Attribute& part = registry.attribute(id);
      // The standard parts of multi-valued attributes may come with the registry.
      const bool is_own = part.name == "text" || part.name == "count" || part.name == "flag";
      if (!is_own || (part.name != "text" && Below(2) == 0)) continue;
      if (object.size() > 1) object += ',';
      object += fmt::format(R"("{}":{})", part.name, OneValue(registry, part, place));
    }
    return object + "}";
  }

  std::mt19937_64 random_;
  std::vector<Growing> schemas_{{"urn:example:params:scim:schemas:extension:one:2.0:User", {}},
                                {"urn:example:params:scim:schemas:extension:two:2.0:User", {}},
                                {"urn:example:params:scim:schemas:extension:one:2.0:Group", {}},
                                {std::string(kDevice), {}},
                                {"urn:example:params:scim:schemas:extension:one:2.0:Device", {}}};
  std::uint64_t made_ = 0;
};

}  // namespace scimledger
