#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

using simdjson::dom::element;

/// An attribute or part as /Schemas publishes it.
struct Published {
  std::string schema;
  std::string name;
  std::string type;
  std::string mutability;
  std::string returned;
  std::string uniqueness;
  bool multi_valued = false;
  bool required = false;
  bool case_exact = false;
  std::vector<Published> parts;

  bool IsReadOnly() const { return mutability == "readOnly"; }
  const Published* Part(std::string_view part) const {
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const auto& each) { return each.name == part; });
    return found == parts.end() ? nullptr : &*found;
  }
  /// Members: a set of ids, of which only `value` is heeded.
  bool IsSetOfResources() const {
    const Published* ref = Part("$ref");
    return multi_valued && ref != nullptr && ref->mutability == "immutable" && !IsReadOnly();
  }
};

struct PublishedType {
  std::string name;
  std::string endpoint;
  std::string schema;
  std::vector<std::string> extensions;
  std::vector<std::string> required_extensions;
  std::vector<Published> attributes;
};

std::string Text(element json, std::string_view key) {
  std::string_view text;
  return json[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool Flag(element json, std::string_view key) {
  bool flag = false;
  return json[key].get(flag) == simdjson::SUCCESS && flag;
}

std::vector<Published> ReadAttributes(const std::string& schema, element list) {
  std::vector<Published> attributes;
  for (const element json : list.get_array()) {
    Published& each = attributes.emplace_back();
    each = {schema,
            Text(json, "name"),
            Text(json, "type"),
            Text(json, "mutability"),
            Text(json, "returned"),
            Text(json, "uniqueness"),
            Flag(json, "multiValued"),
            Flag(json, "required"),
            Flag(json, "caseExact"),
            {}};
    element parts;
    if (json["subAttributes"].get(parts) == simdjson::SUCCESS) {
      each.parts = ReadAttributes(schema, parts);
    }
  }
  return attributes;
}

/// What is published is what is enforced (checklist G13): every case is generated from the answers
/// of /Schemas and /ResourceTypes alone.
class PublishedSchemasTest : public ServiceTest {
 protected:
  PublishedSchemasTest() {
    std::ifstream file(GAUGE_SCHEMAS);
    const std::string gauge{std::istreambuf_iterator<char>(file), {}};
    const Answer added = Local("POST", "/admin/v1/schemas", gauge);
    EXPECT_EQ(added.status, 200) << added.body;
    user_ = CreateUser("somebody");
    ReadTypes();
  }

  void ReadTypes() {
    simdjson::dom::parser parser, schemas_parser;
    const std::string types_body = Local("GET", "/scim/v2/ResourceTypes").body;
    const std::string schemas_body = Local("GET", "/scim/v2/Schemas").body;
    const element schemas = schemas_parser.parse(schemas_body);
    const element list = parser.parse(types_body);
    for (const element json : list["Resources"].get_array()) {
      PublishedType& type = types_.emplace_back();
      type.name = Text(json, "name");
      type.endpoint = "/scim/v2" + Text(json, "endpoint");
      type.schema = Text(json, "schema");
      std::vector<std::string> urns{type.schema};
      simdjson::dom::array extensions;
      if (json["schemaExtensions"].get(extensions) == simdjson::SUCCESS) {
        for (const element extension : extensions) {
          urns.push_back(Text(extension, "schema"));
          type.extensions.push_back(urns.back());
          if (Flag(extension, "required")) type.required_extensions.push_back(urns.back());
        }
      }
      for (const element schema : schemas["Resources"].get_array()) {
        if (std::find(urns.begin(), urns.end(), Text(schema, "id")) == urns.end()) continue;
        auto attributes = ReadAttributes(Text(schema, "id"), schema["attributes"]);
        std::move(attributes.begin(), attributes.end(), std::back_inserter(type.attributes));
      }
    }
  }

  void ForEachAttribute(
      const std::function<void(const PublishedType&, const Published&)>& check) const {
    for (const PublishedType& type : types_) {
      for (const Published& attribute : type.attributes) {
        SCOPED_TRACE(type.name + " " + attribute.name);
        check(type, attribute);
      }
    }
  }

  /// Attributes and parts that compare as texts and that a client may write and filter by.
  void ForEachText(const std::function<void(const PublishedType&, const Published&,
                                            const Published*)>& check) const {
    const auto is_text = [](const Published& each) {
      const bool has_type =
          each.type == "string" || each.type == "reference" || each.type == "binary";
      return has_type && !each.IsReadOnly() && each.returned != "never";
    };
    ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
      if (is_text(attribute)) check(type, attribute, nullptr);
      if (attribute.IsReadOnly() || attribute.IsSetOfResources()) return;
      for (const Published& part : attribute.parts) {
        SCOPED_TRACE(part.name);
        if (is_text(part)) check(type, attribute, &part);
      }
    });
  }

  /// A text of that type, another one each time, in one letter case and in the other.
  std::pair<std::string, std::string> TwoCases(const std::string& type) {
    const int number = ++numbers_;
    const std::string_view format = type == "reference" ? "https://example.com/{}/{}" : "{}{:06}";
    return {fmt::format(fmt::runtime(format), "Ab", number),
            fmt::format(fmt::runtime(format), "aB", number)};
  }

  /// A value that fits, another one each time.
  std::string One(const Published& attribute, const Published* parent = nullptr) {
    const int number = ++numbers_;
    if (parent != nullptr && attribute.name == "value" && parent->Part("$ref") != nullptr) {
      return '"' + user_ + '"';
    }
    if (attribute.type == "boolean") return "true";
    if (attribute.type == "integer") return std::to_string(number);
    if (attribute.type == "decimal") return fmt::format("{}.5", number);
    if (attribute.type == "dateTime") return fmt::format(R"("2026-01-02T03:04:05.{:06}Z")", number);
    if (attribute.type == "binary") return fmt::format(R"("{:08}")", number);
    if (attribute.type == "reference") return fmt::format(R"("https://example.com/{}")", number);
    if (attribute.type != "complex") return fmt::format(R"("text{}")", number);
    return Object(attribute, nullptr, {});
  }

  /// A complex value with its required parts, one writable part at least, and `special` as told.
  std::string Object(const Published& attribute, const Published* special,
                     const std::string& special_json) {
    std::string members;
    for (const Published& part : attribute.parts) {
      const bool is_special = &part == special;
      const bool is_needed = part.required || (members.empty() && special == nullptr) ||
                             (attribute.IsSetOfResources() && part.name == "value");
      if (!is_special && (!is_needed || part.IsReadOnly() || part.returned == "never")) continue;
      members += fmt::format(R"({}"{}":{})", members.empty() ? "" : ",", part.name,
                             is_special ? special_json : One(part, &attribute));
    }
    return "{" + members + "}";
  }

  static std::string InList(const Published& attribute, const std::string& value) {
    return attribute.multi_valued ? "[" + value + "]" : value;
  }
  std::string Fitting(const Published& attribute) { return InList(attribute, One(attribute)); }

  /// A body with everything required, and `special` as told (left out where empty).
  std::string Body(const PublishedType& type, const Published& special, const std::string& json) {
    std::string urns;
    std::string members;
    std::vector<std::string> schemas{type.schema};
    schemas.insert(schemas.end(), type.extensions.begin(), type.extensions.end());
    for (const std::string& schema : schemas) {
      std::string inner;
      const bool is_required =
          schema == type.schema ||
          std::find(type.required_extensions.begin(), type.required_extensions.end(), schema) !=
              type.required_extensions.end();
      if (!is_required && special.schema != schema) continue;
      for (const Published& attribute : type.attributes) {
        if (attribute.schema != schema) continue;
        const bool is_special = &attribute == &special;
        if (is_special ? json.empty() : !attribute.required || attribute.IsReadOnly()) continue;
        inner += fmt::format(R"({}"{}":{})", inner.empty() ? "" : ",", attribute.name,
                             is_special ? json : Fitting(attribute));
      }
      urns += fmt::format(R"({}"{}")", urns.empty() ? "" : ",", schema);
      if (inner.empty()) continue;
      members +=
          schema == type.schema ? "," + inner : fmt::format(R"(,"{}":{{{}}})", schema, inner);
    }
    return fmt::format(R"({{"schemas":[{}]{}}})", urns, members);
  }

  std::string Create(const PublishedType& type, const Published& special, const std::string& json) {
    const Answer made = Local("POST", type.endpoint, Body(type, special, json));
    EXPECT_EQ(made.status, 201) << made.body;
    return made.Text("id");
  }

  static std::string PathOf(const PublishedType& type, const Published& attribute) {
    return attribute.schema == type.schema ? attribute.name
                                           : attribute.schema + ":" + attribute.name;
  }

  Answer Replace(const PublishedType& type, const std::string& id, const std::string& path,
                 const std::string& json) {
    return Local("PATCH", type.endpoint + "/" + id,
                 fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                             R"("Operations":[{{"op":"replace","path":"{}","value":{}}}]}})",
                             path, json));
  }

  Answer Put(const PublishedType& type, const std::string& id, const std::string& body) {
    return Local("PUT", type.endpoint + "/" + id, body);
  }

  void ExpectRefusal(const Answer& answer, int status, std::string_view scim_type,
                     const std::string& name) {
    EXPECT_TRUE(IsScimError(answer, status, scim_type));
    EXPECT_NE(answer.Text("detail").find(name), std::string::npos) << answer.body;
  }

  std::string user_;
  std::vector<PublishedType> types_;
  int numbers_ = 0;
};

std::string WrongFor(const std::string& type) {
  if (type == "boolean") return R"("perhaps")";
  if (type == "integer") return "1.5";
  if (type == "decimal") return R"("much")";
  if (type == "dateTime") return R"("yesterday")";
  if (type == "binary") return R"("*")";
  return "17";
}

// rows: S45 G13
TEST_F(PublishedSchemasTest, AValueOfTheWrongTypeIsRefused) {
  int cases = 0;
  ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
    if (attribute.IsReadOnly()) return;
    ++cases;
    ExpectRefusal(Local("POST", type.endpoint,
                        Body(type, attribute, InList(attribute, WrongFor(attribute.type)))),
                  400, "invalidValue", attribute.name);
    for (const Published& part : attribute.parts) {
      if (part.IsReadOnly() || (attribute.IsSetOfResources() && part.name != "value")) continue;
      ++cases;
      const std::string object = Object(attribute, &part, WrongFor(part.type));
      ExpectRefusal(Local("POST", type.endpoint, Body(type, attribute, InList(attribute, object))),
                    400, "invalidValue", part.name);
    }
  });
  EXPECT_GT(cases, 80);
}

// rows: S34 S36 G13
TEST_F(PublishedSchemasTest, WhatIsRequiredMustBeThere) {
  int cases = 0;
  ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
    if (attribute.IsReadOnly()) return;
    if (attribute.required) {
      ++cases;
      for (const char* const nothing : {"", "null", "[]"}) {
        ExpectRefusal(Local("POST", type.endpoint, Body(type, attribute, nothing)), 400,
                      "invalidValue", attribute.name);
      }
    }
    for (const Published& part : attribute.parts) {
      if (!part.required || part.IsReadOnly()) continue;
      ++cases;
      const auto other =
          std::find_if(attribute.parts.begin(), attribute.parts.end(),
                       [](const Published& each) { return !each.required && !each.IsReadOnly(); });
      const std::string object = fmt::format(R"({{"{}":{}}})", other->name, One(*other));
      ExpectRefusal(Local("POST", type.endpoint, Body(type, attribute, InList(attribute, object))),
                    400, "invalidValue", part.name);
    }
  });
  EXPECT_GE(cases, 5);
}

// rows: S26 P2 A11 G13
TEST_F(PublishedSchemasTest, ReadOnlyIsIgnoredInBodiesAndRefusedInPaths) {
  int cases = 0;
  ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
    if (attribute.IsReadOnly()) {
      ++cases;
      const Answer made =
          Local("POST", type.endpoint, Body(type, attribute, InList(attribute, R"("marker")")));
      EXPECT_EQ(made.status, 201) << made.body;
      EXPECT_EQ(made.body.find("marker"), std::string::npos);
      ExpectRefusal(Replace(type, made.Text("id"), PathOf(type, attribute), R"("marker")"), 400,
                    "mutability", attribute.name);
      return;
    }
    for (const Published& part : attribute.parts) {
      if (!part.IsReadOnly()) continue;
      ++cases;
      std::string object = Object(attribute, nullptr, {});
      object.insert(1, fmt::format(R"("{}":"marker",)", part.name));
      const Answer made =
          Local("POST", type.endpoint, Body(type, attribute, InList(attribute, object)));
      EXPECT_EQ(made.status, 201) << made.body;
      EXPECT_EQ(made.body.find("marker"), std::string::npos) << made.body;
      const std::string path = PathOf(type, attribute) + "." + part.name;
      EXPECT_TRUE(
          IsScimError(Replace(type, made.Text("id"), path, R"("marker")"), 400, "mutability"));
    }
  });
  EXPECT_GE(cases, 4);
}

// rows: S27 W5 A11 G13
TEST_F(PublishedSchemasTest, ImmutableIsSetOnce) {
  int cases = 0;
  ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
    if (attribute.mutability == "immutable") {
      ++cases;
      const std::string value = Fitting(attribute);
      const std::string id = Create(type, attribute, value);
      ExpectRefusal(Replace(type, id, PathOf(type, attribute), Fitting(attribute)), 400,
                    "mutability", attribute.name);
      EXPECT_EQ(Replace(type, id, PathOf(type, attribute), value).status, 200);
      EXPECT_EQ(Put(type, id, Body(type, attribute, value)).status, 200) << "the same again";
      EXPECT_EQ(Put(type, id, Body(type, attribute, "")).status, 200) << "left out";
      ExpectRefusal(Put(type, id, Body(type, attribute, Fitting(attribute))), 400, "mutability",
                    attribute.name);
      const std::string later = Create(type, attribute, "");
      EXPECT_EQ(Put(type, later, Body(type, attribute, value)).status, 200) << "the first value";
      ExpectRefusal(Put(type, later, Body(type, attribute, Fitting(attribute))), 400, "mutability",
                    attribute.name);
    }
    for (const Published& part : attribute.parts) {
      if (part.mutability != "immutable" || attribute.IsReadOnly()) continue;
      ++cases;
      const std::string object = Object(attribute, &part, One(part, &attribute));
      const std::string id = Create(type, attribute, InList(attribute, object));
      EXPECT_TRUE(
          IsScimError(Replace(type, id, PathOf(type, attribute) + "." + part.name, R"("another")"),
                      400, "mutability"));
    }
  });
  EXPECT_GE(cases, 5);
}

// rows: S33 P4 P6 D4 G13
TEST_F(PublishedSchemasTest, AUniqueValueIsTakenOnce) {
  int cases = 0;
  ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
    if (attribute.uniqueness == "none" || attribute.IsReadOnly()) return;
    ++cases;
    const std::string value = Fitting(attribute);
    const std::string id = Create(type, attribute, value);
    ExpectRefusal(Local("POST", type.endpoint, Body(type, attribute, value)), 409, "uniqueness",
                  attribute.name);
    EXPECT_EQ(Local("DELETE", type.endpoint + "/" + id).status, 204);
    Create(type, attribute, value);
  });
  EXPECT_GE(cases, 4);
}

// rows: S24 S25 P5 G13
TEST_F(PublishedSchemasTest, CaseExactIsHowFiltersAndUniquenessCompare) {
  int exact = 0;
  int unique = 0;
  ForEachText([&](const PublishedType& type, const Published& attribute, const Published* part) {
    const Published& compared = part == nullptr ? attribute : *part;
    const auto body = [&](std::string_view text) {
      const std::string json = fmt::format(R"("{}")", text);
      return Body(type, attribute,
                  InList(attribute, part == nullptr ? json : Object(attribute, part, json)));
    };
    const auto [sent, swapped] = TwoCases(compared.type);
    const Answer made = Local("POST", type.endpoint, body(sent));
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string path = PathOf(type, attribute) + (part == nullptr ? "" : "." + compared.name);
    const auto matches = [&](std::string_view text) {
      const Answer list =
          Local("GET", fmt::format("{}?filter={}%20eq%20%22{}%22", type.endpoint, path, text));
      EXPECT_EQ(list.status, 200) << list.body;
      return list.body.find(made.Text("id")) != std::string::npos;
    };
    EXPECT_TRUE(matches(sent));
    EXPECT_EQ(matches(swapped), !compared.case_exact);
    exact += compared.case_exact ? 1 : 0;
    if (compared.uniqueness == "none") return;
    ++unique;
    EXPECT_EQ(Local("POST", type.endpoint, body(swapped)).status, compared.case_exact ? 201 : 409);
  });
  EXPECT_GE(exact, 4);
  EXPECT_GE(unique, 4);
}

// rows: G10
TEST_F(PublishedSchemasTest, EveryCharacteristicOfEveryAttributeIsThere) {
  int attributes = 0;
  const std::function<void(simdjson::dom::array)> check = [&](simdjson::dom::array list) {
    for (const element attribute : list) {
      SCOPED_TRACE(simdjson::minify(attribute));
      ++attributes;
      for (const char* const text :
           {"name", "description", "mutability", "returned", "uniqueness"}) {
        EXPECT_NE(Text(attribute, text), "") << text;
      }
      for (const char* const flag : {"multiValued", "required", "caseExact"}) {
        EXPECT_TRUE(attribute[flag].is_bool()) << flag;
      }
      const std::string type = Text(attribute, "type");
      EXPECT_NE(type, "");
      simdjson::dom::array parts, reference_types;
      const bool has_parts = attribute["subAttributes"].get(parts) == simdjson::SUCCESS;
      EXPECT_EQ(has_parts, type == "complex");
      const bool has_targets =
          attribute["referenceTypes"].get(reference_types) == simdjson::SUCCESS;
      EXPECT_EQ(has_targets && reference_types.size() > 0, type == "reference");
      if (has_parts) check(parts);
    }
  };
  simdjson::dom::parser parser;
  const std::string body = Local("GET", "/scim/v2/Schemas").body;
  for (const element schema : parser.parse(body)["Resources"].get_array()) {
    check(schema["attributes"].get_array());
  }
  EXPECT_GT(attributes, 100);
}

// rows: S29 S30 S31 S32 G13
TEST_F(PublishedSchemasTest, ReturnedSaysWhatAnAnswerShows) {
  int never = 0;
  ForEachAttribute([&](const PublishedType& type, const Published& attribute) {
    if (attribute.IsReadOnly() || attribute.type != "string" || attribute.multi_valued) return;
    const std::string marker = fmt::format("marker{}", ++numbers_);
    const std::string id = Create(type, attribute, '"' + marker + '"');
    const std::string item = type.endpoint + "/" + id;
    const auto shows = [&](const std::string& target) {
      return Local("GET", target).body.find(marker) != std::string::npos;
    };
    const bool is_always = attribute.returned == "always";
    const bool is_default = attribute.returned == "default" || is_always;
    const bool is_never = attribute.returned == "never";
    EXPECT_EQ(shows(item), is_default);
    EXPECT_EQ(shows(item + "?attributes=id"), is_always);
    EXPECT_EQ(shows(item + "?attributes=" + PathOf(type, attribute)), !is_never);
    EXPECT_EQ(shows(item + "?excludedAttributes=" + PathOf(type, attribute)), is_always);
    if (!is_never) return;
    ++never;
    EXPECT_FALSE(shows(type.endpoint + "?count=1000"));
    EXPECT_FALSE(shows("/audit/v1/events?limit=1000"));
  });
  EXPECT_GE(never, 2);
}

}  // namespace
}  // namespace scimledger::api
