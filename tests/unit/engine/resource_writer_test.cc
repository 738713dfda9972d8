#include "engine/resource_writer.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document.h"
#include "tests/unit/engine/random_values.h"
#include "tests/unit/engine/resource_json_fixture.h"

namespace scimledger {
namespace {

constexpr std::string_view kBase = "https://h.example/scim/v2";
constexpr std::string_view kId = "7e2c9bb0-14a5-4f5d-8f5e-3c3a1f0f9e11";
constexpr std::string_view kOtherId = "9a000000-0000-4000-8000-000000000001";

class FakeReferences : public References {
 public:
  std::optional<std::size_t> VisitMembers(
      const Resource&, std::size_t index,
      const std::function<bool(const ReferencedResource&)>& visit) const override {
    ++member_walks;
    while (index < members.size()) {
      if (!visit(members[index++])) break;
    }
    return index < members.size() ? std::optional(index) : std::nullopt;
  }
  void ForEachGroup(const Resource&,
                    const std::function<void(const ReferencedResource&)>& visit) const override {
    ++group_walks;
    for (const ReferencedResource& group : groups) visit(group);
  }
  void ForEachIndirectGroup(
      const Resource&, const std::function<void(const ReferencedResource&)>& visit) const override {
    for (const ReferencedResource& group : indirect_groups) visit(group);
  }
  std::optional<ReferencedResource> Find(const ResourceId& id) const override {
    const auto found = known.find(id);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<ReferencedResource> members;
  std::vector<ReferencedResource> groups;
  std::vector<ReferencedResource> indirect_groups;
  std::map<ResourceId, ReferencedResource> known;
  mutable int member_walks = 0;
  mutable int group_walks = 0;
};

ReferencedResource Target(std::string_view id, std::string_view type, std::string display) {
  return {*ResourceId::Parse(id), HarborRegistry()->FindTypeByName(type)->id, std::move(display)};
}

class ResourceWriterTest : public testing::Test {
 protected:
  /// A resource of `type` with the attributes of a body.
  static Resource Make(std::string_view type_name, std::string_view json) {
    const ResourceType& type = *HarborRegistry()->FindTypeByName(type_name);
    const auto document = JsonDocument::Parse(json);
    const auto draft = ParseResource(*HarborRegistry(), type, document->root());
    EXPECT_TRUE(draft) << RenderError(draft.error());
    return {.id = *ResourceId::Parse(kId),
            .type = type.id,
            .version = 3,
            .created_us = 1'795'428'000'000'000,
            .last_modified_us = 1'795'428'001'500'000,
            .document = EncodeDocument(draft->attributes)};
  }

  static AttributeSelection Select(const Resource& resource, std::optional<std::string_view> only,
                                   std::optional<std::string_view> except = std::nullopt) {
    return *AttributeSelection::Parse(*HarborRegistry(),
                                      {&HarborRegistry()->type(resource.type), 1}, only, except);
  }

  std::string Write(const Resource& resource, const AttributeSelection& selection = {}) const {
    std::string out;
    AppendResourceJson(*HarborRegistry(), resource, selection, kBase, references, out);
    EXPECT_TRUE(JsonDocument::Parse(out)) << out;
    return out;
  }

  /// Without the members every answer has.
  std::string WriteOnly(const Resource& resource, std::string_view attributes) const {
    const std::string text = Write(resource, Select(resource, attributes));
    const std::string head = R"("id":")" + std::string(kId) + "\"";
    const auto end = text.find(head);
    EXPECT_NE(end, std::string::npos);
    const std::string rest = text.substr(end + head.size());
    return rest == "}" ? "" : rest.substr(1, rest.size() - 2);
  }

  FakeReferences references;
};

TEST_F(ResourceWriterTest, WritesSchemasIdAttributesExtensionsAndMetaInThisOrder) {
  const Resource user = Make("User", UserBody(R"(
      "active": true, "externalId": "x\"1", "emails": [{"value": "e@x", "primary": true}],
      "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User": {"berths": 4, "tonnage": 2},
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
          {"department": "D", "manager": {"value": "NOBODY1"}})"));

  EXPECT_EQ(Write(user),
            R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",)"
            R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",)"
            R"("urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User"],)"
            R"("id":"7e2c9bb0-14a5-4f5d-8f5e-3c3a1f0f9e11","externalId":"x\"1","userName":"u",)"
            R"("active":true,"emails":[{"value":"e@x","primary":true}],)"
            R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":)"
            R"({"department":"D","manager":{"value":"NOBODY1"}},)"
            R"("urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User":{"berths":4,)"
            R"("tonnage":2.0},)"
            R"("meta":{"resourceType":"User","created":"2026-11-23T10:00:00.000000Z",)"
            R"("lastModified":"2026-11-23T10:00:01.500000Z",)"
            R"("location":"https://h.example/scim/v2/Users/7e2c9bb0-14a5-4f5d-8f5e-3c3a1f0f9e11",)"
            R"("version":"W/\"3\""}})");
}

TEST_F(ResourceWriterTest, WritesOnlyWhatIsSelected) {
  const Resource user = Make("User", UserBody(R"(
      "emails": [{"value": "e@x", "type": "work"}, {"value": "f@x"}], "name": {"givenName": "G"},
      "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User":
          {"shiftCode": "N", "remark": "r", "watch": {"zone": "Z", "log": "l"}})"));

  EXPECT_EQ(WriteOnly(user, "unknown"), "");
  EXPECT_EQ(WriteOnly(user, "emails.type"), R"("emails":[{"type":"work"}])");
  EXPECT_EQ(WriteOnly(user, "emails.display,name.familyName"), "");
  EXPECT_EQ(WriteOnly(user, "userName,meta.version"),
            R"("userName":"u","meta":{"version":"W/\"3\""})");
  EXPECT_EQ(WriteOnly(user, std::string(kHarborUrn) + ":watch.log," + std::string(kEnterpriseUrn)),
            R"("urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User":)"
            R"({"watch":{"log":"l"}})");
  EXPECT_EQ(WriteOnly(user, std::string(kHarborUrn) + ":watch.level"), "");

  const std::string rest = Write(user, Select(user, std::nullopt, "meta,emails.value,name"));
  EXPECT_NE(rest.find(R"("userName":"u","emails":[{"type":"work"}],"urn:)"), std::string::npos);
  EXPECT_TRUE(rest.ends_with(R"({"shiftCode":"N","watch":{"zone":"Z"}}})")) << rest;
}

TEST_F(ResourceWriterTest, WritesMembersFromTheReferences) {
  const Resource group = Make(
      "Group", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"})");
  EXPECT_EQ(WriteOnly(group, "displayName,members"), R"("displayName":"g")");

  references.members = {Target(kId, "User", "jane"), Target(kOtherId, "Group", "")};

  EXPECT_EQ(WriteOnly(group, "displayName,members"),
            R"("displayName":"g","members":[)"
            R"({"value":"7e2c9bb0-14a5-4f5d-8f5e-3c3a1f0f9e11",)"
            R"("$ref":"https://h.example/scim/v2/Users/7e2c9bb0-14a5-4f5d-8f5e-3c3a1f0f9e11",)"
            R"("type":"User","display":"jane"},)"
            R"({"value":"9a000000-0000-4000-8000-000000000001",)"
            R"("$ref":"https://h.example/scim/v2/Groups/9a000000-0000-4000-8000-000000000001",)"
            R"("type":"Group"}])");
  EXPECT_EQ(WriteOnly(group, "members.type,members.display"),
            R"("members":[{"type":"User","display":"jane"},{"type":"Group"}])");
  EXPECT_EQ(WriteOnly(group, "members.display"), R"("members":[{"display":"jane"}])");
}

// rows: R11
TEST_F(ResourceWriterTest, DoesNotTouchMembersThatAreNotSelected) {
  const Resource group = Make(
      "Group", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"})");
  references.members = {Target(kId, "User", "jane")};

  const std::string without = Write(group, Select(group, std::nullopt, "members"));
  Write(group, Select(group, "displayName"));

  EXPECT_EQ(without.find("members"), std::string::npos);
  EXPECT_EQ(references.member_walks, 0);
  Write(group);
  EXPECT_EQ(references.member_walks, 1);
  EXPECT_EQ(references.group_walks, 0);
}

TEST_F(ResourceWriterTest, WritesDirectGroupsOfAUser) {
  const Resource user = Make("User", UserBody(R"("title":"t")"));
  references.groups = {Target(kOtherId, "Group", "Crew")};

  EXPECT_EQ(WriteOnly(user, "groups"),
            R"("groups":[{"value":"9a000000-0000-4000-8000-000000000001",)"
            R"("$ref":"https://h.example/scim/v2/Groups/9a000000-0000-4000-8000-000000000001",)"
            R"("display":"Crew","type":"direct"}])");
}

TEST_F(ResourceWriterTest, CompletesAManagerThatExists) {
  const std::string manager = std::string(kEnterpriseUrn) + ":manager";
  const auto write = [&](std::string_view parts) {
    const Resource user =
        Make("User", UserBody("\"" + manager + R"(":{"value":")" + std::string(kOtherId) + "\"" +
                              std::string(parts) + "}"));
    return WriteOnly(user, manager);
  };
  const std::string head =
      R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":)"
      R"("9a000000-0000-4000-8000-000000000001")";
  EXPECT_EQ(write(""), head + "}}");

  references.known.emplace(*ResourceId::Parse(kOtherId), Target(kOtherId, "User", "Boss"));

  EXPECT_EQ(write(""), head + R"(,"$ref":"https://h.example/scim/v2/Users/)"
                              R"(9a000000-0000-4000-8000-000000000001","displayName":"Boss"}})");
  EXPECT_EQ(write(R"(,"$ref":"../Users/9a")"),
            head + R"(,"$ref":"../Users/9a","displayName":"Boss"}})");
}

TEST_F(ResourceWriterTest, NeverWritesASecretEvenIfOneWasStored) {
  AttributeMap attributes;
  attributes.Set(IdOf("userName"), Value(std::string("u")));
  attributes.Set(IdOf("password"), Value(std::string("hunter")));
  AttributeMap watch;
  watch.Set(HarborId("watch.code"), Value(std::string("hunter")));
  attributes.Set(HarborId("watch"), Value(std::move(watch)));
  Resource user = Make("User", UserBody(R"("title":"t")"));
  user.document = EncodeDocument(attributes);

  EXPECT_EQ(Write(user).find("hunter"), std::string::npos);
  EXPECT_EQ(WriteOnly(user, "password," + std::string(kHarborUrn) + ":watch.code"), "");
}

TEST_F(ResourceWriterTest, ParsesBackToWhatItWrote) {
  RandomValues values(20261123);
  for (int round = 0; round < 100; ++round) {
    const AttributeMap attributes = values.MakeUser();
    Resource user = Make("User", UserBody(R"("title":"t")"));
    user.document = EncodeDocument(attributes);

    const std::string json = Write(user);
    const auto document = JsonDocument::Parse(json);
    ASSERT_TRUE(document);
    const auto draft =
        ParseResource(*HarborRegistry(), HarborRegistry()->type(user.type), document->root());

    ASSERT_TRUE(draft) << RenderError(draft.error()) << json;
    EXPECT_EQ(draft->attributes, attributes) << json;
    EXPECT_TRUE(draft->secrets.empty() && draft->cleared.empty()) << json;
  }
}

TEST(DiscoveryJsonTest, PublishesEveryCharacteristicAndNothingOfOurOwn) {
  std::string json;
  AppendSchemaJson(*HarborRegistry(), *HarborRegistry()->FindSchema(kHarborUrn), kBase, json);

  EXPECT_TRUE(json.starts_with(
      R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
      R"("id":"urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User","name":"Harbor",)"
      R"("description":"Work in a harbor.","attributes":[{"name":"shiftCode","type":"string",)"
      R"("multiValued":false,"description":"","required":false,"caseExact":false,)"
      R"("mutability":"readWrite","returned":"default","uniqueness":"none"},)"))
      << json;
  EXPECT_NE(json.find(R"({"name":"portal","type":"reference","multiValued":false,)"
                      R"("description":"","required":false,"caseExact":true,)"
                      R"("mutability":"readWrite","returned":"default","uniqueness":"none",)"
                      R"("referenceTypes":["external"]})"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"({"name":"watch","type":"complex","subAttributes":[{"name":"zone",)"),
            std::string::npos)
      << json;
  EXPECT_TRUE(json.ends_with(
      R"("meta":{"resourceType":"Schema","location":"https://h.example/scim/v2/Schemas/)"
      R"(urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User"}})"))
      << json;
}

TEST(DiscoveryJsonTest, SchemasRegisterAgainAsTheyArePublished) {
  for (const Schema& schema : HarborRegistry()->schemas()) {
    std::string json;
    AppendSchemaJson(*HarborRegistry(), schema, kBase, json);
    EXPECT_TRUE(JsonDocument::Parse(json)) << json;
    EXPECT_EQ(json.find("null"), std::string::npos) << json;
    EXPECT_EQ(json.find("x-default"), std::string::npos) << json;
    const auto again = HarborRegistry()->With({json});
    ASSERT_TRUE(again) << schema.id << ": " << again.error().detail;
    EXPECT_EQ(*again, HarborRegistry()) << schema.id;
  }
}

TEST(DiscoveryJsonTest, WritesResourceTypes) {
  std::string json;
  AppendResourceTypeJson(*HarborRegistry()->FindTypeByName("User"), kBase, json);

  EXPECT_EQ(json.find("\"description\""), json.rfind("\"description\""));
  EXPECT_NE(json.find(R"("id":"User","name":"User","endpoint":"/Users",)"), std::string::npos);
  EXPECT_TRUE(json.ends_with(
      R"("schema":"urn:ietf:params:scim:schemas:core:2.0:User","schemaExtensions":[)"
      R"({"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false},)"
      R"({"schema":"urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User",)"
      R"("required":false}],"meta":{"resourceType":"ResourceType",)"
      R"("location":"https://h.example/scim/v2/ResourceTypes/User"}})"))
      << json;

  json.clear();
  AppendResourceTypeJson(*HarborRegistry()->FindTypeByName("Group"), kBase, json);
  EXPECT_EQ(json.find("schemaExtensions"), std::string::npos);
}

TEST_F(ResourceWriterTest, PiecesOfAGroupMakeUpTheWhole) {
  const Resource group = Make("Group", R"({
      "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Crew"})");
  for (int i = 0; i < 50; ++i) {
    references.members.push_back(Target(kId, "User", "Member " + std::to_string(i)));
  }
  const std::string whole = Write(group);

  for (const std::size_t bytes_max : {1U, 300U, 4000U, 1U << 20U}) {
    const AttributeSelection selection;
    ResourceJsonWriter writer(*HarborRegistry(), group, selection, kBase, references);
    std::string joined;
    std::size_t longest = 0;
    bool has_more = true;
    while (has_more) {
      std::string piece;
      has_more = writer.AppendPiece(piece, bytes_max);
      longest = std::max(longest, piece.size());
      joined += piece;
    }
    EXPECT_EQ(joined, whole);
    // A piece goes beyond by one member, or by what is not members.
    EXPECT_LT(longest, bytes_max + 600);
  }
}

}  // namespace
}  // namespace scimledger
