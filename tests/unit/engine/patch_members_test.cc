#include <gtest/gtest.h>

#include "tests/unit/engine/patch_test_state.h"

namespace scimledger {
namespace {

/// Group 0; users 1 to 9 exist, of whom 1 to 3 are members; 10 is another group.
class PatchMembersTest : public PatchTest {
 protected:
  PatchMembersTest() : group_(MakeResource("Group", Id(0), R"({"displayName": "Crew"})")) {
    state_.resources[Id(0)] = std::make_shared<Resource>(group_);
    AddToState("Group", Id(10), R"({"displayName": "Inner"})");
    for (std::size_t i = 1; i < 10; ++i) {
      AddToState("User", Id(i), fmt::format(R"({{"userName": "u{}"}})", i));
    }
    state_.members[Id(0)] = {Id(1), Id(2), Id(3)};
  }

  static std::string Ids(const std::vector<std::size_t>& numbers) {
    std::string list;
    for (const std::size_t number : numbers) {
      list += fmt::format(R"({}{{"value": "{}"}})", list.empty() ? "" : ",", IdText(number));
    }
    return "[" + list + "]";
  }
  static std::string Operation(std::string_view op, const std::vector<std::size_t>& numbers) {
    return fmt::format(R"({{"op": "{}", "path": "members", "value": {}}})", op, Ids(numbers));
  }
  static std::string RemoveBy(std::string_view filter) {
    return fmt::format(R"({{"op": "remove", "path": "members[{}]"}})", filter);
  }

  /// "+4 +5 -1": the net effect on the set.
  std::string Effect(std::string_view operations) {
    const auto effect = Apply(group_, Body(operations));
    if (!effect)
      return fmt::format("{}: {}", ToString(effect.error().scim_type), effect.error().detail);
    EXPECT_EQ(Render(effect->attributes), Render(DecodeDocument(group_.document)));
    std::string text;
    const auto append = [&](char sign, const ResourceId& id) {
      text +=
          fmt::format("{}{}{}", text.empty() ? "" : " ", sign, id.bytes[14] * 256 + id.bytes[15]);
    };
    for (const ResourceId& id : effect->added) append('+', id);
    for (const ResourceId& id : effect->removed) append('-', id);
    return text;
  }

  Resource group_;
};

TEST_F(PatchMembersTest, AddIsASetOperation) {
  EXPECT_EQ(Effect(Operation("add", {5, 4})), "+5 +4");
  EXPECT_EQ(Effect(Operation("add", {1, 4, 4})), "+4");
  EXPECT_EQ(Effect(Operation("add", {1, 2})), "");
  EXPECT_EQ(Effect(Operation("add", {10})), "+10");
  EXPECT_EQ(Effect(R"({"op": "add", "path": "members", "value": []})"), "");
  EXPECT_EQ(Effect(R"({"op": "add", "path": "members", "value": null})"), "");
  EXPECT_EQ(Effect(fmt::format(R"({{"op": "add", "path": "members", "value": "{}"}})", IdText(7))),
            "+7");
  EXPECT_EQ(Effect(fmt::format(R"({{"op": "add", "path": "members",
                                    "value": {{"$ref": null, "value": "{}"}}}})",
                               IdText(7))),
            "+7");
  EXPECT_EQ(Effect(fmt::format(R"({{"op": "add", "value": {{"Members": {}}}}})", Ids({7}))), "+7");
}

TEST_F(PatchMembersTest, RemoveTakesListedIdsOrAll) {
  EXPECT_EQ(Effect(Operation("remove", {2, 9})), "-2");
  EXPECT_EQ(Effect(R"({"op": "remove", "path": "members"})"), "-1 -2 -3");
  EXPECT_EQ(Effect(R"({"op": "remove", "path": "members", "value": []})"), "");
  EXPECT_EQ(Effect(R"({"op": "remove", "path": "members", "value": [{"value": "no-such-id"}]})"),
            "");
}

TEST_F(PatchMembersTest, ReplaceSwapsTheSet) {
  EXPECT_EQ(Effect(Operation("replace", {3, 4})), "+4 -1 -2");
  EXPECT_EQ(Effect(Operation("replace", {3, 2, 1})), "");
  for (const std::string_view nothing : {"[]", "null", R"("")"}) {
    EXPECT_EQ(
        Effect(fmt::format(R"({{"op": "replace", "path": "members", "value": {}}})", nothing)),
        "-1 -2 -3");
    EXPECT_EQ(Effect(fmt::format(R"({{"op": "replace", "value": {{"members": {}}}}})", nothing)),
              "-1 -2 -3");
  }
}

TEST_F(PatchMembersTest, FiltersRemoveMatchingMembers) {
  EXPECT_EQ(Effect(RemoveBy(fmt::format(R"(value eq \"{}\")", IdText(2)))), "-2");
  EXPECT_EQ(Effect(RemoveBy(fmt::format(R"(value eq \"{}\")", IdText(9)))), "");
  EXPECT_EQ(Effect(RemoveBy(R"(value eq \"no-such-id\")")), "");
  EXPECT_EQ(
      Effect(RemoveBy(fmt::format(R"(value eq \"{}\" or value eq \"{}\")", IdText(1), IdText(3)))),
      "-1 -3");
  EXPECT_EQ(Effect(RemoveBy(fmt::format(R"(value eq \"{}\" and type eq \"Group\")", IdText(1)))),
            "");
  EXPECT_EQ(state_.walks, 0) << "filters that name ids must not walk the set";
  EXPECT_EQ(Effect(RemoveBy(fmt::format(R"(value ne \"{}\")", IdText(1)))), "-2 -3");
  EXPECT_EQ(Effect(RemoveBy(R"(display eq \"U2\")")), "-2");
  EXPECT_EQ(Effect(RemoveBy(R"(type eq \"User\")")), "-1 -2 -3");
  EXPECT_EQ(Effect(RemoveBy(R"(type eq \"Group\")")), "");
}

TEST_F(PatchMembersTest, OnlyTheNetEffectIsTold) {
  EXPECT_EQ(Effect(Operation("add", {4}) + "," + Operation("remove", {4})), "");
  EXPECT_EQ(Effect(Operation("remove", {1}) + "," + Operation("add", {1})), "");
  EXPECT_EQ(Effect(Operation("add", {4}) + R"(,{"op": "remove", "path": "members"})"), "-1 -2 -3");
  EXPECT_EQ(Effect(R"({"op": "remove", "path": "members"},)" + Operation("add", {2, 5})),
            "+5 -1 -3");
  EXPECT_EQ(Effect(Operation("add", {10}) + "," + RemoveBy(R"(type eq \"Group\")")), "");
  EXPECT_EQ(Effect(Operation("remove", {1}) + "," + Operation("replace", {1, 4})), "+4 -2 -3");
}

TEST_F(PatchMembersTest, UnknownIdsAreRefusedByName) {
  const std::string unknown = Effect(fmt::format(
      R"({{"op": "add", "path": "members",
           "value": [{{"value": "{}"}}, {{"value": "ghost"}}, {{"value": "{}"}}]}})",
      IdText(4), IdText(77)));
  EXPECT_EQ(unknown,
            "invalidValue: 'members' takes ids of existing resources (User or Group); "
            "not found: 'ghost', '" +
                IdText(77) + "'");
  EXPECT_TRUE(Effect(Operation("replace", {77})).starts_with("invalidValue"));

  std::vector<std::size_t> many;
  for (std::size_t i = 100; i < 125; ++i) many.push_back(i);
  const std::string refused = Effect(Operation("add", many));
  EXPECT_NE(refused.find(IdText(119)), std::string::npos) << refused;
  EXPECT_EQ(refused.find(IdText(120)), std::string::npos) << refused;
  EXPECT_NE(refused.find("and 5 more"), std::string::npos) << refused;
}

TEST_F(PatchMembersTest, MembersThatExistAlreadyAreNotLookedUpAgain) {
  state_.resources.erase(Id(1));
  EXPECT_EQ(Effect(Operation("add", {1, 4})), "+4");
}

TEST_F(PatchMembersTest, PartsOfMembersCannotBeWritten) {
  EXPECT_TRUE(Effect(R"({"op": "replace", "path": "members.value", "value": "x"})")
                  .starts_with("mutability"));
  EXPECT_TRUE(Effect(R"({"op": "replace", "path": "members.display", "value": "x"})")
                  .starts_with("mutability"));
  EXPECT_TRUE(Effect(fmt::format(R"({{"op": "remove", "path": "members[value eq \"{}\"].type"}})",
                                 IdText(1)))
                  .starts_with("mutability"));
  EXPECT_TRUE(Effect(fmt::format(R"({{"op": "add", "path": "members[value eq \"{}\"]",
                                      "value": {{"value": "{}"}}}})",
                                 IdText(1), IdText(4)))
                  .starts_with("invalidPath"));
}

TEST_F(PatchMembersTest, CostFollowsThePatchAndNotTheGroup) {
  for (std::size_t i = 1000; i < 6000; ++i) state_.members[Id(0)].push_back(Id(i));
  EXPECT_EQ(Effect(Operation("add", {4}) + "," + Operation("remove", {1})), "+4 -1");
  EXPECT_EQ(state_.walks, 0);
  EXPECT_EQ(state_.lookups, 2);
}

}  // namespace
}  // namespace scimledger
