#include <gtest/gtest.h>

#include "tests/unit/engine/patch_test_state.h"

namespace scimledger {
namespace {

RegistryPtr FreightRegistry() {
  const auto registry = LabRegistry()->With({R"({
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    "id": "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User", "name": "Freight",
    "attributes": [{"name": "shiftCode", "type": "string"}]})"});
  if (!registry) ADD_FAILURE() << registry.error().detail;
  return registry.value_or(LabRegistry());
}

/// Requests as Entra ID, its validator and Okta send them.
class PatchRequestsTest : public PatchTest {
 protected:
  PatchRequestsTest() : PatchTest(FreightRegistry()) {}
};

constexpr std::string_view kIngrid = R"({
  "userName": "ingrid.solvang@halden-freight.example", "externalId": "isolvang", "active": true,
  "displayName": "Ingrid Solvang", "title": "Berth Planner",
  "name": {"formatted": "Ingrid Solvang", "familyName": "Solvang", "givenName": "Ingrid"},
  "emails": [{"primary": true, "type": "work", "value": "ingrid.solvang@halden-freight.example"}],
  "phoneNumbers": [{"type": "mobile", "value": "+47 40 00 01 23"},
                   {"type": "work", "value": "4700000123"}],
  "department": "Terminal Operations", "shiftCode": "N3"})";

TEST_F(PatchRequestsTest, ReplaceInEntrasDefaultDialect) {
  ExpectUser(kIngrid, R"(
    {"op": "Replace", "path": "displayName", "value": "Ingrid Solvang-Moe"},
    {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "moe@halden.example"},
    {"op": "Replace", "path": "name.familyName", "value": "Solvang-Moe"},
    {"op": "Replace", "path": "externalId", "value": "isolvangmoe"},
    {"op": "Add", "path": "title", "value": "Senior Berth Planner"},
    {"op": "Replace",
     "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
     "value": "Port Control"})",
             R"({
    "userName": "ingrid.solvang@halden-freight.example", "externalId": "isolvangmoe",
    "active": true, "displayName": "Ingrid Solvang-Moe", "title": "Senior Berth Planner",
    "name": {"formatted": "Ingrid Solvang", "familyName": "Solvang-Moe", "givenName": "Ingrid"},
    "emails": [{"primary": true, "type": "work", "value": "moe@halden.example"}],
    "phoneNumbers": [{"type": "mobile", "value": "+47 40 00 01 23"},
                     {"type": "work", "value": "4700000123"}],
    "department": "Port Control", "shiftCode": "N3"})");
}

TEST_F(PatchRequestsTest, ReplaceInEntrasFlagDialect) {
  ExpectUser(R"({"userName": "i", "name": {"familyName": "Solvang"},
                 "emails": [{"type": "work", "value": "old@halden.example"}]})",
             R"(
    {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "moe@halden.example"},
    {"op": "replace", "value": {
      "displayName": "Ingrid Solvang-Moe", "name.familyName": "Solvang-Moe",
      "name.givenName": "Ingrid", "title": "Senior Berth Planner",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Port Control",
      "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User:shiftCode": "D1"}})",
             R"({"userName": "i", "name": {"familyName": "Solvang-Moe", "givenName": "Ingrid"},
                 "emails": [{"type": "work", "value": "moe@halden.example"}],
                 "displayName": "Ingrid Solvang-Moe", "title": "Senior Berth Planner",
                 "department": "Port Control", "shiftCode": "D1"})");
}

TEST_F(PatchRequestsTest, DisableAndRestoreInEveryForm) {
  const std::string_view on = R"({"userName": "i", "active": true})";
  const std::string_view off = R"({"userName": "i", "active": false})";
  ExpectUser(on, R"({"op": "Replace", "path": "active", "value": "False"})", off);
  ExpectUser(on, R"({"op": "replace", "path": "active", "value": false})", off);
  ExpectUser(on, R"({"op": "replace", "value": {"active": false}})", off);
  ExpectUser(off, R"({"op": "Add", "path": "active", "value": "True"})", on);
}

TEST_F(PatchRequestsTest, AddOnValuePathsThatMatchNothingYet) {
  ExpectUser(R"({"userName": "i"})", R"(
    {"op": "Add", "path": "emails[type eq \"other\"].value", "value": "ingrid@kystlag.example"},
    {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+47 40 00 09 87"},
    {"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "Kaigata 9"},
    {"op": "Add", "path": "addresses[type eq \"work\"].postalCode", "value": "1767"},
    {"op": "Replace", "path": "phoneNumbers[type eq \"fax\"].value", "value": "4700000555"})",
             R"({"userName": "i",
    "emails": [{"type": "other", "value": "ingrid@kystlag.example"}],
    "phoneNumbers": [{"type": "mobile", "value": "+47 40 00 09 87"},
                     {"type": "fax", "value": "4700000555"}],
    "addresses": [{"type": "work", "streetAddress": "Kaigata 9", "postalCode": "1767"}]})");
}

TEST_F(PatchRequestsTest, ManagerIsSetAndCleared) {
  const std::string_view with_manager = R"({"userName": "i", "manager": {"value": "b84e6d07"}})";
  ExpectUser(R"({"userName": "i"})", R"({"op": "Add",
    "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "value": "b84e6d07"})",
             with_manager);
  ExpectUser(R"({"userName": "i"})", R"({"op": "Add", "path": "manager",
    "value": [{"$ref": "https://scim.example/scim/v2/Users/b84e6d07", "value": "b84e6d07"}]})",
             R"({"userName": "i", "manager": {
                 "$ref": "https://scim.example/scim/v2/Users/b84e6d07", "value": "b84e6d07"}})");
  ExpectUser(with_manager, R"({"op": "replace",
    "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "value": {"value": ""}})",
             R"({"userName": "i"})");
}

TEST_F(PatchRequestsTest, RemoveWithAValueRemoves) {
  ExpectUser(R"({"userName": "i", "title": "Planner",
                 "phoneNumbers": [{"type": "mobile", "value": "+47 40 00 01 23"},
                                  {"type": "work", "value": "4700000123"}]})",
             R"({"op": "Remove", "path": "phoneNumbers[type eq \"mobile\"].value",
                 "value": "+47 40 00 09 87"}, {"op": "Remove", "path": "title"})",
             R"({"userName": "i", "phoneNumbers": [{"type": "work", "value": "4700000123"}]})");
}

TEST_F(PatchRequestsTest, NullAndEmptyStringsClear) {
  ExpectUser(R"({"userName": "i", "title": "t", "nickName": "n", "costCenter": "c"})", R"(
    {"op": "replace", "path": "title", "value": ""},
    {"op": "replace", "path": "nickName", "value": null},
    {"op": "replace",
     "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
     "value": ""})",
             R"({"userName": "i"})");
}

TEST_F(PatchRequestsTest, UrnPathsReachCustomAndCoreAttributes) {
  ExpectUser(R"({"userName": "i", "shiftCode": "N3"})", R"(
    {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:HaldenFreight:2.0:User:shiftCode",
     "value": "N4"},
    {"op": "Replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:userType",
     "value": "Contractor"})",
             R"({"userName": "i", "shiftCode": "N4", "userType": "Contractor"})");
}

TEST_F(PatchRequestsTest, RolesAsJsonTextAreUnderstood) {
  ExpectUser(R"({"userName": "i"})", R"({"op": "Add", "path": "roles", "value": [
    {"value": "{\"id\":\"3e5b90c4\",\"value\":\"berth-admin\",\"displayName\":\"Berth Admin\"}"},
    {"value": "{\"id\":\"91c2d7fa\",\"value\":\"viewer\",\"displayName\":\"Viewer\"}"}]})",
             R"({"userName": "i", "roles": [{"value": "berth-admin", "display": "Berth Admin"},
                                            {"value": "viewer", "display": "Viewer"}]})");
}

TEST_F(PatchRequestsTest, TheValidatorsAddsAllLand) {
  ExpectUser(R"({"userName": "petra"})", R"(
    {"op": "add", "path": "active", "value": true},
    {"op": "add", "path": "displayName", "value": "QWFJRTLPZKXM"},
    {"op": "add", "path": "title", "value": "VBNHYTGRFEDC"},
    {"op": "add", "path": "emails[type eq \"work\"].value", "value": "petra@brygge.example"},
    {"op": "add", "path": "emails[type eq \"work\"].primary", "value": true},
    {"op": "add", "path": "preferredLanguage", "value": "se"},
    {"op": "add", "path": "name.givenName", "value": "Petra"},
    {"op": "add", "path": "name.familyName", "value": "Lindqvist"},
    {"op": "add", "path": "name.honorificPrefix", "value": "Ottoline"},
    {"op": "add", "path": "addresses[type eq \"work\"].formatted", "value": "LKJHGFDSAPOI"},
    {"op": "add", "path": "addresses[type eq \"work\"].country", "value": "Cabo Verde"},
    {"op": "add", "path": "phoneNumbers[type eq \"work\"].value", "value": "71-302-9946"},
    {"op": "add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "71-302-9946"},
    {"op": "add",
     "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
     "value": "MNBVCXZLKJHG"},
    {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
     "value": "POIUYTREWQAS"},
    {"op": "add", "path": "roles[primary eq \"True\"].display", "value": "RFVTGBYHNUJM"},
    {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "EDCRFVTGBYHN"},
    {"op": "add", "path": "userType", "value": "WSXEDCRFVTGB"},
    {"op": "add", "path": "nickName", "value": "QAZWSXEDCRFV"},
    {"op": "add", "path": "timezone", "value": "Atlantic/Faroe"},
    {"op": "add", "path": "profileUrl", "value": "not a url at all"})",
             R"({"userName": "petra", "active": true, "displayName": "QWFJRTLPZKXM",
    "title": "VBNHYTGRFEDC", "preferredLanguage": "se",
    "emails": [{"type": "work", "value": "petra@brygge.example", "primary": true}],
    "name": {"givenName": "Petra", "familyName": "Lindqvist", "honorificPrefix": "Ottoline"},
    "addresses": [{"type": "work", "formatted": "LKJHGFDSAPOI", "country": "Cabo Verde"}],
    "phoneNumbers": [{"type": "work", "value": "71-302-9946"},
                     {"type": "fax", "value": "71-302-9946"}],
    "employeeNumber": "MNBVCXZLKJHG", "costCenter": "POIUYTREWQAS",
    "roles": [{"display": "RFVTGBYHNUJM", "value": "EDCRFVTGBYHN", "primary": true}],
    "userType": "WSXEDCRFVTGB", "nickName": "QAZWSXEDCRFV", "timezone": "Atlantic/Faroe",
    "profileUrl": "not a url at all"})");
}

TEST_F(PatchRequestsTest, EmptyOperationsChangeNothing) { ExpectUser(kIngrid, "", kIngrid); }

/// The crew of quay 4 with three users to be members: ids 1, 2 and 3.
class GroupRequestsTest : public PatchTest {
 protected:
  GroupRequestsTest() : PatchTest(LabRegistry()) {
    AddToState("Group", Id(0), R"({"displayName": "Quay 4 'Night' Crew", "externalId": "58d0"})");
    for (std::size_t i = 1; i <= 3; ++i) {
      AddToState("User", Id(i), fmt::format(R"({{"userName": "u{}"}})", i));
    }
  }

  void ApplyToState(std::string_view operations) {
    const auto effect = Apply(*state_.resources[Id(0)], Body(operations));
    ASSERT_TRUE(effect) << effect.error().detail;
    Resource group = *state_.resources[Id(0)];
    group.document = EncodeDocument(effect->attributes);
    state_.resources[Id(0)] = std::make_shared<Resource>(group);
    auto& members = state_.members[Id(0)];
    for (const ResourceId& id : effect->removed) std::erase(members, id);
    members.insert(members.end(), effect->added.begin(), effect->added.end());
    changes_ = effect->added.size() + effect->removed.size();
  }

  std::string Group() {
    std::string text = Render(DecodeDocument(state_.resources[Id(0)]->document));
    for (const ResourceId& id : state_.members[Id(0)]) text += fmt::format(" {}", id.bytes[15]);
    return text;
  }

  static std::string Member(std::size_t number, std::string_view rest) {
    return fmt::format(R"({{"value": "{}"{}}})", IdText(number), rest);
  }

  std::size_t changes_ = 0;
};

constexpr std::string_view kCrew = R"({"externalId":"58d0","displayName":"Quay 4 'Night' Crew"})";

TEST_F(GroupRequestsTest, EntraAddsAndRemovesMembersByList) {
  const std::string add =
      fmt::format(R"({{"op": "Add", "path": "members", "value": [{}, {}, {}]}})",
                  Member(1, R"(, "$ref": null)"), Member(2, R"(, "$ref": null)"),
                  Member(3, R"(, "$ref": null)"));
  const std::string remove =
      fmt::format(R"({{"op": "Remove", "path": "members", "value": [{}, {}]}})",
                  Member(2, R"(, "$ref": null)"), Member(3, R"(, "$ref": null)"));

  ApplyToState(add);
  EXPECT_EQ(Group(), std::string(kCrew) + " 1 2 3");
  ApplyToState(add);
  EXPECT_EQ(changes_, 0U);
  ApplyToState(remove);
  EXPECT_EQ(Group(), std::string(kCrew) + " 1");
  ApplyToState(remove);
  EXPECT_EQ(changes_, 0U);
}

TEST_F(GroupRequestsTest, EntrasFlagDialectRemovesMembersOneByOne) {
  state_.members[Id(0)] = {Id(1), Id(2), Id(3)};
  const std::string remove = fmt::format(
      R"({{"op": "remove", "path": "members[value eq \"{}\"]"}},
         {{"op": "remove", "path": "members[value eq \"{}\"]"}})",
      IdText(2), IdText(3));
  ApplyToState(remove);
  EXPECT_EQ(Group(), std::string(kCrew) + " 1");
  ApplyToState(remove);
  EXPECT_EQ(changes_, 0U);
}

TEST_F(GroupRequestsTest, RenameLeavesMembersAlone) {
  state_.members[Id(0)] = {Id(1), Id(2)};
  ApplyToState(
      R"({"op": "replace", "value": {"displayName": "Quay 4 Day Crew", "externalId": "58d0"}})");
  EXPECT_EQ(Group(), R"({"externalId":"58d0","displayName":"Quay 4 Day Crew"} 1 2)");
  EXPECT_EQ(state_.walks, 0);
}

TEST_F(GroupRequestsTest, OktaReplacesTheWholeSet) {
  state_.members[Id(0)] = {Id(1), Id(2)};
  ApplyToState(fmt::format(
      R"({{"op": "replace", "value": {{"id": "{}", "displayName": "Quay 4 Day Crew",
           "members": [{}, {}]}}}})",
      IdText(0), Member(1, R"(, "display": "ingrid")"), Member(3, R"(, "display": null)")));
  EXPECT_EQ(Group(), R"({"externalId":"58d0","displayName":"Quay 4 Day Crew"} 1 3)");
  ApplyToState(
      fmt::format(R"({{"op": "replace", "value": {{"id": "{}", "members": []}}}})", IdText(0)));
  EXPECT_EQ(Group(), R"({"externalId":"58d0","displayName":"Quay 4 Day Crew"})");
}

TEST_F(GroupRequestsTest, OktaMixesRemovesAndAdds) {
  state_.members[Id(0)] = {Id(1)};
  ApplyToState(fmt::format(R"({{"op": "remove", "path": "members[value eq \"{}\"]"}},
                              {{"op": "add", "path": "members", "value": [{}]}})",
                           IdText(1), Member(2, R"(, "display": "tomas")")));
  EXPECT_EQ(Group(), std::string(kCrew) + " 2");
}

}  // namespace
}  // namespace scimledger
