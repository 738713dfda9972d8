#include "engine/decide.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/document.h"
#include "fake_state.h"
#include "sample_commands.h"

namespace scimledger {
namespace {

/// A user jane (1), a user joe (2) and the groups staff (3) and all (4); jane is in staff.
class DecideTest : public testing::Test {
 protected:
  void SetUp() override {
    Run(samples_.Create("User", kJane,
                        R"({"userName":"Jane","title":"Clerk","name":{"familyName":"Doe"},)"
                        R"("emails":[{"value":"j@x.org"}]})"));
    Run(samples_.CreateUser(kJoe, "joe"));
    Run(samples_.CreateGroup(kStaff, "Staff"));
    Run(samples_.CreateGroup(kAll, "All"));
    Run(samples_.AddMember(kStaff, kJane));
  }

  Result<Decision> Try(Command command) {
    now_us_ += 1'000'000;
    return Decide(state_, std::move(command), {now_us_, now_us_});
  }

  Decision Run(Command command) {
    auto decision = Try(std::move(command));
    EXPECT_TRUE(decision) << decision.error().detail;
    if (!decision) return {};
    state_.Commit(decision->events);
    return *std::move(decision);
  }

  /// The refusal as `status scimType detail`.
  std::string Refusal(Command command) {
    const auto decision = Try(std::move(command));
    if (decision) return fmt::format("accepted with {} events", decision->events.size());
    return fmt::format("{} {} {}", decision.error().status, ToString(decision.error().scim_type),
                       decision.error().detail);
  }

  void ExpectNoOp(Command command) {
    const auto decision = Try(std::move(command));
    ASSERT_TRUE(decision) << decision.error().detail;
    EXPECT_TRUE(decision->events.empty());
  }

  /// The changes of an event as the log tells them: `path: before -> after`, one per line.
  std::string Changes(const Event& decided) const {
    std::string text;
    const SchemaRegistry& registry = *state_.registry();
    const storage::NewEvent stored = EncodeEvent(registry, decided, IdOf(0x1065));
    const auto event = DecodeEvent(registry, {stored.sequence,
                                              stored.time_us,
                                              stored.id,
                                              stored.header,
                                              stored.context,
                                              stored.body,
                                              {}});
    EXPECT_TRUE(event) << event.error().message;
    if (!event) return text;
    for (const AttributeChange& change : event->changes) {
      text += registry.attribute(change.attribute).path + ": ";
      if (!change.before.IsUnassigned()) AppendValueJson(registry, change.before, text);
      text += " -> ";
      if (!change.after.IsUnassigned()) AppendValueJson(registry, change.after, text);
      text += '\n';
    }
    return text;
  }

  const ResourceId kJane = IdOf(1);
  const ResourceId kJoe = IdOf(2);
  const ResourceId kStaff = IdOf(3);
  const ResourceId kAll = IdOf(4);
  FakeState state_;
  SampleCommands samples_;
  std::int64_t now_us_ = 1'000'000'000'000'000;
};

TEST_F(DecideTest, CreateSaysWhatHappened) {
  Command command = samples_.Create("User", IdOf(7), R"({"userName":"Ann","password":"s3cret!"})");
  const Uuid transaction = command.transaction;
  const Actor actor = command.actor;
  const ClientContext client = command.client;

  const auto decision = Try(std::move(command));

  ASSERT_TRUE(decision);
  ASSERT_EQ(decision->events.size(), 1U);
  const Event& event = decision->events[0];
  EXPECT_EQ(event.sequence.value, 6U);
  EXPECT_EQ(event.kind, EventKind::kResourceCreated);
  EXPECT_EQ(event.time_us, now_us_);
  EXPECT_FALSE(event.clock_stepped_back);
  EXPECT_EQ(event.transaction, transaction);
  EXPECT_EQ(event.actor, actor);
  EXPECT_EQ(event.client, client);
  EXPECT_EQ(event.resource_type, "User");
  EXPECT_EQ(event.resource, IdOf(7));
  EXPECT_EQ(event.resource_name, "Ann");
  EXPECT_EQ(event.version_before, 0U);
  EXPECT_EQ(event.version_after, 1U);
  EXPECT_EQ(Changes(event), "userName:  -> \"Ann\"\nactive:  -> true\npassword:  -> \n");
  EXPECT_EQ(event.after, decision->resource);
  EXPECT_EQ(decision->resource->ordinal, 4U);
  EXPECT_EQ(decision->resource->created_us, now_us_);
}

TEST_F(DecideTest, APreparedCreateIsDecidedAsOneThatIsNot) {
  for (const std::string_view body :
       {R"({"userName":"Ann","password":"s3cret!","name":{"givenName":"Ann"}})",
        R"({"userName":"Ann","active":null,"emails":[{"value":"a@x.test"}]})"}) {
    Command plain = samples_.Create("User", IdOf(7), body);
    Command prepared = samples_.Create("User", IdOf(7), body);
    Prepare(*prepared.registry, prepared.body);
    EXPECT_TRUE(std::get<CreateResource>(prepared.body).draft.attributes.empty());

    const auto expected = Try(std::move(plain));
    const auto decision = Try(std::move(prepared));

    ASSERT_TRUE(expected && decision);
    EXPECT_EQ(decision->resource->document, expected->resource->document);
    EXPECT_EQ(Changes(decision->events.front()), Changes(expected->events.front()));
  }
}

TEST_F(DecideTest, CreateWithNullKeepsTheDefaultAway) {
  const Decision decision =
      Run(samples_.Create("User", IdOf(7), R"({"userName":"Ann","active":null})"));

  EXPECT_EQ(Changes(decision.events[0]), "userName:  -> \"Ann\"\n");
}

TEST_F(DecideTest, UniqueValuesAreTakenInAnyLetterCase) {
  EXPECT_EQ(Refusal(samples_.CreateUser(IdOf(7), "JANE")),
            "409 uniqueness userName \"JANE\" is taken by another resource");
  EXPECT_EQ(Refusal(samples_.CreateGroup(IdOf(7), "sTAFF")),
            "409 uniqueness displayName \"sTAFF\" is taken by another resource");
  EXPECT_EQ(Refusal(samples_.Replace("User", kJoe, R"({"userName":"jane"})")),
            "409 uniqueness userName \"jane\" is taken by another resource");
  EXPECT_EQ(Refusal(samples_.Patch("User", kJoe,
                                   R"([{"op":"replace","path":"userName","value":"jAne"}])")),
            "409 uniqueness userName \"jAne\" is taken by another resource");
  Run(samples_.Delete("User", kJane));
  EXPECT_EQ(Run(samples_.CreateUser(IdOf(7), "jane")).events.size(), 1U);
}

TEST_F(DecideTest, AnIdIsTakenOnce) {
  EXPECT_EQ(Refusal(samples_.CreateUser(kStaff, "x")),
            "409 uniqueness id 00000000-0000-4000-8000-000000000003 is taken by another resource");
}

TEST_F(DecideTest, MembersMustExistAndBeOfAnAllowedType) {
  const std::string known = kJoe.ToString();
  EXPECT_EQ(
      Refusal(samples_.Create("Group", IdOf(7),
                              R"({"displayName":"G","members":[{"value":"nobody"},{"value":")" +
                                  known + R"("},{"value":")" + IdOf(99).ToString() + R"("}]})")),
      "400 invalidValue members names no existing resource of an allowed type: nobody, "
      "00000000-0000-4000-8000-000000000063");
  std::string many = R"({"displayName":"Staff","members":[)";
  for (int i = 0; i < 23; ++i) many += fmt::format("{}{{\"value\":\"no{}\"}}", i ? "," : "", i);
  const std::string refusal = Refusal(samples_.Replace("Group", kStaff, many + "]}"));
  EXPECT_TRUE(refusal.ends_with("no18, no19 and 3 more")) << refusal;
}

TEST_F(DecideTest, CreateTakesMembersInTheOrderSent) {
  const Decision decision = Run(samples_.Create(
      "Group", IdOf(7),
      fmt::format(R"({{"displayName":"G","members":[{{"value":"{}"}},{{"value":"{}"}},)"
                  R"({{"value":"{}"}}]}})",
                  kJoe.ToString(), kStaff.ToString(), kJane.ToString())));

  EXPECT_EQ(decision.events[0].members_added, (std::vector<ResourceId>{kJoe, kStaff, kJane}));
  EXPECT_EQ(Changes(decision.events[0]), "displayName:  -> \"G\"\n");
}

TEST_F(DecideTest, UnknownIdsAndOtherTypesAreNotFound) {
  const std::string not_found = "404  There is no User with id ";
  for (const ResourceId& id : {IdOf(99), kStaff}) {
    EXPECT_EQ(Refusal(samples_.Replace("User", id, R"({"userName":"x"})")),
              not_found + id.ToString());
    EXPECT_EQ(Refusal(samples_.Patch("User", id, R"([{"op":"remove","path":"title"}])")),
              not_found + id.ToString());
    EXPECT_EQ(Refusal(samples_.Delete("User", id)), not_found + id.ToString());
  }
}

TEST_F(DecideTest, AnotherVersionThanExpectedIsRefused) {
  const ExpectedVersion wrong{false, {7, 9}};
  const std::string refusal =
      "412  The resource is at version W/\"1\", but If-Match expects W/\"7\", W/\"9\"; read it "
      "again "
      "and repeat the change";
  EXPECT_EQ(Refusal(samples_.Replace("User", kJane, R"({"userName":"x"})", wrong)), refusal);
  EXPECT_EQ(Refusal(samples_.Patch("User", kJane, R"([{"op":"remove","path":"title"}])", wrong)),
            refusal);
  EXPECT_EQ(Refusal(samples_.Delete("User", kJane, wrong)), refusal);
  EXPECT_NE(Refusal(samples_.Delete("User", kJane, ExpectedVersion{})).find("expects none"),
            std::string::npos);

  for (const ExpectedVersion& right : {ExpectedVersion{true, {}}, ExpectedVersion{false, {5, 1}}}) {
    EXPECT_EQ(Refusal(samples_.Delete("User", kJane, right)), "accepted with 2 events");
  }
}

TEST_F(DecideTest, ReplaceClearsWhatItDoesNotName) {
  const Decision decision =
      Run(samples_.Replace("User", kJane, R"({"userName":"Jane","nickName":"J"})"));

  const Event& event = decision.events[0];
  EXPECT_EQ(event.kind, EventKind::kResourceReplaced);
  std::string changes = Changes(event);
  EXPECT_NE(changes.find("title: \"Clerk\" -> \n"), std::string::npos) << changes;
  EXPECT_NE(changes.find("name.familyName: \"Doe\" -> \n"), std::string::npos) << changes;
  EXPECT_NE(changes.find("emails: [{\"value\":\"j@x.org\"}] -> \n"), std::string::npos) << changes;
  EXPECT_NE(changes.find("nickName:  -> \"J\"\n"), std::string::npos) << changes;
  EXPECT_EQ(changes.find("active"), std::string::npos) << changes;
  EXPECT_EQ(std::count(changes.begin(), changes.end(), '\n'), 4) << changes;
  EXPECT_EQ(decision.resource->version, 2U);
}

TEST_F(DecideTest, ReplaceKeepsActiveUnlessItIsNull) {
  Run(samples_.Patch("User", kJoe, R"([{"op":"replace","path":"active","value":false}])"));

  ExpectNoOp(samples_.Replace("User", kJoe, R"({"userName":"joe"})"));
  const Decision cleared =
      Run(samples_.Replace("User", kJoe, R"({"userName":"joe","active":null})"));

  EXPECT_EQ(Changes(cleared.events[0]), "active: false -> \n");
}

TEST_F(DecideTest, ReplaceComparesMembers) {
  Run(samples_.AddMember(kStaff, kAll));
  const Decision swapped = Run(samples_.Replace(
      "Group", kStaff,
      fmt::format(R"({{"displayName":"Staff","members":[{{"value":"{}"}},{{"value":"{}"}}]}})",
                  kJoe.ToString(), kAll.ToString())));
  EXPECT_EQ(swapped.events[0].members_added, std::vector{kJoe});
  EXPECT_EQ(swapped.events[0].members_removed, std::vector{kJane});
  EXPECT_TRUE(swapped.events[0].changes.empty());

  const Decision cleared = Run(samples_.Replace("Group", kStaff, R"({"displayName":"Staff"})"));
  EXPECT_TRUE(cleared.events[0].members_added.empty());
  EXPECT_EQ(cleared.events[0].members_removed, (std::vector<ResourceId>{kJoe, kAll}));
}

TEST_F(DecideTest, WhatChangesNothingIsNoEvent) {
  ExpectNoOp(samples_.Replace("User", kJane,
                              R"({"userName":"Jane","title":"Clerk","name":{"familyName":"Doe"},)"
                              R"("emails":[{"value":"j@x.org"}],"active":true})"));
  ExpectNoOp(samples_.Patch("User", kJane, R"([{"op":"replace","path":"title","value":"Clerk"}])"));
  ExpectNoOp(samples_.Patch("User", kJoe, R"([{"op":"remove","path":"title"}])"));
  ExpectNoOp(samples_.AddMember(kStaff, kJane));
  ExpectNoOp(samples_.RemoveMember(kStaff, kJoe));
  const auto decision = Try(samples_.AddMember(kStaff, kJane));
  EXPECT_EQ(decision->resource, state_.FindResource(kStaff));
}

TEST_F(DecideTest, ASuppliedPasswordIsAnEventThatHoldsNoPassword) {
  const Decision patched =
      Run(samples_.Patch("User", kJane, R"([{"op":"replace","path":"password","value":"n3w"}])"));
  EXPECT_EQ(Changes(patched.events[0]), "password:  -> \n");
  EXPECT_EQ(patched.resource->version, 2U);
  EXPECT_EQ(patched.resource->document.find("n3w"), std::string::npos);

  const Decision replaced =
      Run(samples_.Replace("User", kJoe, R"({"userName":"joe","password":"n3w"})"));
  EXPECT_EQ(Changes(replaced.events[0]), "password:  -> \n");
}

TEST_F(DecideTest, RequiredAttributesCannotBeRemoved) {
  EXPECT_TRUE(Refusal(samples_.Patch("User", kJane, R"([{"op":"remove","path":"userName"}])"))
                  .starts_with("400 mutability"));
}

TEST_F(DecideTest, AnExtensionComesInWithItsRequiredAttributes) {
  constexpr std::string_view kUrn = "urn:example:params:scim:schemas:extension:locker:2.0:User";
  Run(samples_.Make(AddSchema{{fmt::format(
      R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"{}","name":"Locker",)"
      R"("attributes":[{{"name":"number","type":"string","required":true}},)"
      R"({{"name":"color","type":"string"}}]}})",
      kUrn)}}));
  samples_.registry = state_.registry();
  const auto add = [&](std::string_view name) {
    return samples_.Patch(
        "User", kJane, fmt::format(R"([{{"op":"add","path":"{}:{}","value":"x"}}])", kUrn, name));
  };
  EXPECT_EQ(Refusal(add("color")),
            fmt::format("400 invalidValue {}:number is required and must have a value", kUrn));
  EXPECT_EQ(Refusal(samples_.Patch("User", kJane, R"([{"op":"remove","path":"title"}])")),
            "accepted with 1 events")
      << "a resource from before the schema was locked";
  Run(add("number"));
  EXPECT_EQ(Run(add("color")).events.size(), 1U);
}

TEST_F(DecideTest, DeleteTakesTheResourceOutOfEveryGroup) {
  Run(samples_.AddMember(kAll, kStaff));
  Run(samples_.AddMember(kAll, kJane));
  Command command = samples_.Delete("User", kJane);
  const Uuid transaction = command.transaction;

  const Decision decision = Run(std::move(command));

  ASSERT_EQ(decision.events.size(), 3U);
  EXPECT_EQ(decision.resource, nullptr);
  const Event& deleted = decision.events[0];
  EXPECT_EQ(deleted.kind, EventKind::kResourceDeleted);
  EXPECT_EQ(deleted.resource_name, "Jane");
  EXPECT_EQ(deleted.version_before, 1U);
  EXPECT_EQ(deleted.version_after, 0U);
  EXPECT_NE(Changes(deleted).find("title: \"Clerk\" -> \n"), std::string::npos);
  EXPECT_FALSE(deleted.cause);
  const std::vector<ResourceId> groups{kStaff, kAll};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Event& cascade = decision.events[i + 1];
    EXPECT_EQ(cascade.kind, EventKind::kResourcePatched);
    EXPECT_EQ(cascade.resource, groups[i]);
    EXPECT_EQ(cascade.resource_type, "Group");
    EXPECT_EQ(cascade.cause, deleted.sequence);
    EXPECT_EQ(cascade.transaction, transaction);
    EXPECT_EQ(cascade.members_removed, std::vector{kJane});
    EXPECT_TRUE(cascade.changes.empty());
    EXPECT_EQ(cascade.version_after, cascade.version_before + 1);
  }
  EXPECT_FALSE(state_.IsMember(kStaff, kJane));
  EXPECT_TRUE(state_.IsMember(kAll, kStaff));
}

TEST_F(DecideTest, DeletingAGroupListsNoMembersAndLeavesTheGroupsAroundIt) {
  Run(samples_.AddMember(kAll, kStaff));
  Run(samples_.AddMember(kStaff, kStaff));

  const Decision decision = Run(samples_.Delete("Group", kStaff));

  ASSERT_EQ(decision.events.size(), 2U) << "one for the group, one for the group that held it";
  EXPECT_TRUE(decision.events[0].members_removed.empty());
  EXPECT_EQ(decision.events[1].resource, kAll);
  EXPECT_TRUE(state_.GroupsHolding(kJane).empty());
}

TEST_F(DecideTest, EventIdsAreVersion7AndAscendWithinACommand) {
  Run(samples_.AddMember(kAll, kJane));
  const Decision decision = Run(samples_.Delete("User", kJane));

  ASSERT_EQ(decision.events.size(), 3U);
  for (const Event& event : decision.events) {
    EXPECT_EQ(event.id.bytes[6] >> 4U, 7);
    EXPECT_EQ(event.id.bytes[8] >> 6U, 2);
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms * 256 + event.id.bytes[i];
    EXPECT_EQ(ms, now_us_ / 1000);
  }
  EXPECT_LT(decision.events[0].id, decision.events[1].id);
  EXPECT_LT(decision.events[1].id, decision.events[2].id);
}

TEST_F(DecideTest, TheClockBehindTheLogIsFlagged) {
  const auto decision = Decide(state_, samples_.CreateUser(IdOf(7), "x"), {2'000, 1'500});

  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->events[0].time_us, 2'000);
  EXPECT_EQ(decision->events[0].clock_us, 1'500);
  EXPECT_TRUE(decision->events[0].clock_stepped_back);
}

TEST_F(DecideTest, EqualCommandsGiveEqualBytes) {
  const auto make_commands = [this] {
    std::vector<Command> made;
    made.push_back(samples_.CreateUser(IdOf(7), "ann"));
    made.push_back(samples_.Replace("User", kJane, R"({"userName":"j2","password":"x"})"));
    made.push_back(samples_.Delete("User", kJane));
    return made;
  };
  std::vector<Command> commands = make_commands();
  std::vector<Command> equal_commands = make_commands();
  for (std::size_t at = 0; at < commands.size(); ++at) {
    const DecideTime time{now_us_ + 5, now_us_ + 5};
    equal_commands[at].transaction = commands[at].transaction;
    const auto first = Decide(state_, std::move(commands[at]), time);
    const auto second = Decide(state_, std::move(equal_commands[at]), time);
    ASSERT_TRUE(first && second);
    ASSERT_EQ(first->events.size(), second->events.size());
    for (std::size_t i = 0; i < first->events.size(); ++i) {
      const auto a = EncodeEvent(*state_.registry(), first->events[i], IdOf(1));
      const auto b = EncodeEvent(*state_.registry(), second->events[i], IdOf(1));
      EXPECT_EQ(a.header, b.header);
      EXPECT_EQ(a.id, b.id);
      EXPECT_EQ(a.body.substr(49), b.body.substr(49)) << "beyond the envelope with its salt";
      EXPECT_EQ(a.context.substr(49), b.context.substr(49));
    }
  }
}

TEST_F(DecideTest, ImmutableValuesAreSetOnceAndKeptByReplace) {
  Run(samples_.Make(AddSchema{{std::string(kBadgeSchema)}}));
  samples_.registry = state_.registry();
  const auto body = [](std::string_view badge) {
    return fmt::format(R"({{"userName":"joe","{}":{}}})", kBadgeUrn, badge);
  };
  const Decision set = Run(samples_.Replace("User", kJoe, body(R"({"serial":"A1","weight":1.5})")));
  EXPECT_EQ(Changes(set.events[0]),
            fmt::format("{0}:serial:  -> \"A1\"\n{0}:weight:  -> 1.5\n", kBadgeUrn));

  ExpectNoOp(samples_.Replace("User", kJoe, body(R"({"serial":"A1","weight":1.5})")));
  EXPECT_EQ(Refusal(samples_.Replace("User", kJoe, body(R"({"serial":"B2"})"))),
            fmt::format("400 mutability {}:serial is immutable: it has a value, which cannot be "
                        "changed",
                        kBadgeUrn));
  const Decision kept = Run(samples_.Replace("User", kJoe, R"({"userName":"joe"})"));
  EXPECT_EQ(Changes(kept.events[0]), fmt::format("{}:weight: 1.5 -> \n", kBadgeUrn));
}

TEST_F(DecideTest, AHugeCascadeIsRefused) {
  const ResourcePtr staff = state_.FindResource(kStaff);
  for (std::uint64_t i = 0; i < kCommandEventsMax; ++i) {
    auto group = std::make_shared<Resource>();
    group->id = IdOf(100'000 + i);
    group->type = staff->type;
    group->ordinal = state_.next_ordinal();
    group->document = EncodeDocument({});
    state_.PutResource(nullptr, group);
    if (i > 0) state_.SetMember(group->id, kJoe, true);
  }
  const auto fits = Try(samples_.Delete("User", kJoe));
  ASSERT_TRUE(fits) << fits.error().detail;
  EXPECT_EQ(fits->events.size(), kCommandEventsMax);

  state_.SetMember(kStaff, kJoe, true);
  EXPECT_TRUE(Refusal(samples_.Delete("User", kJoe)).starts_with("413  50000 groups hold this"));
}

TEST_F(DecideTest, SchemasAreEventsOnlyWhenTheyChangeSomething) {
  const auto add = [this] { return samples_.Make(AddSchema{{std::string(kBadgeSchema)}}); };
  const Decision decision = Run(add());
  ASSERT_EQ(decision.events.size(), 1U);
  EXPECT_EQ(decision.events[0].kind, EventKind::kSchemaAdded);
  EXPECT_EQ(decision.events[0].resource_type, "Schema");
  EXPECT_EQ(decision.events[0].resource_name, "Badge");
  EXPECT_EQ(decision.events[0].schema.json, kBadgeSchema);

  ExpectNoOp(add());
  EXPECT_TRUE(Refusal(samples_.Make(AddSchema{{"{}"}})).starts_with("400 "));
}

TEST_F(DecideTest, CredentialsAreMadeAndRevokedOnce) {
  const Decision made = Run(samples_.AddCredential(IdOf(50), "entra"));
  ASSERT_EQ(made.events.size(), 1U);
  EXPECT_EQ(made.events[0].kind, EventKind::kCredentialCreated);
  EXPECT_EQ(made.events[0].resource_type, "Credential");
  EXPECT_EQ(made.events[0].resource, IdOf(50));
  EXPECT_EQ(made.events[0].credential->created_us, now_us_);
  EXPECT_EQ(Run(samples_.AddCredential(IdOf(51), "entra")).events.size(), 1U)
      << "rotation needs two tokens of one name";
  EXPECT_EQ(Refusal(samples_.AddCredential(IdOf(50), "other")),
            "409 uniqueness credential id 00000000-0000-4000-8000-000000000032 is taken");

  const Decision revoked = Run(samples_.Make(RevokeCredential{IdOf(50)}));
  EXPECT_EQ(revoked.events[0].kind, EventKind::kCredentialRevoked);
  EXPECT_EQ(revoked.events[0].resource_name, "entra");
  ExpectNoOp(samples_.Make(RevokeCredential{IdOf(50)}));
  EXPECT_EQ(Refusal(samples_.Make(RevokeCredential{IdOf(99)})),
            "404  There is no credential with id 00000000-0000-4000-8000-000000000063");
}

// rows: A42
TEST_F(DecideTest, AddingAMemberCostsTheSameInAHugeGroup) {
  const auto add_cost = [this](std::uint64_t members) {
    FakeState state;
    const auto run = [&](Command command) {
      auto decision = Decide(state, std::move(command), {now_us_, now_us_});
      EXPECT_TRUE(decision) << decision.error().detail;
      state.Commit(decision->events);
    };
    run(samples_.CreateGroup(IdOf(1), "G"));
    for (std::uint64_t i = 0; i <= members; ++i) {
      auto user = std::make_shared<Resource>();
      user->id = IdOf(1000 + i);
      user->type = samples_.Type("User").id;
      user->ordinal = state.next_ordinal();
      user->document = EncodeDocument({});
      state.PutResource(nullptr, user);
      if (i > 0) state.SetMember(IdOf(1), user->id, true);
    }
    state.is_member_calls = 0;
    state.visited_members = 0;
    const auto decision =
        Decide(state, samples_.AddMember(IdOf(1), IdOf(1000)), {now_us_, now_us_});
    EXPECT_TRUE(decision);
    EXPECT_EQ(state.visited_members, 0U);
    const auto stored = EncodeEvent(*state.registry(), decision->events.at(0), IdOf(1));
    return std::pair(stored.header.size() + stored.body.size(), state.is_member_calls);
  };

  const auto [small_bytes, small_calls] = add_cost(10);
  const auto [huge_bytes, huge_calls] = add_cost(100'000);

  EXPECT_EQ(huge_bytes, small_bytes);
  EXPECT_EQ(huge_calls, small_calls);
  EXPECT_LE(huge_calls, 2U);
}

}  // namespace
}  // namespace scimledger
