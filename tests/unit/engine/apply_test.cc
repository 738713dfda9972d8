#include <gtest/gtest.h>

#include "engine/decide.h"
#include "engine/document.h"
#include "fake_state.h"
#include "sample_commands.h"

namespace scimledger {
namespace {

/// Decides and folds commands, one at a time, each a second after the other.
class ApplyTest : public testing::Test {
 protected:
  std::vector<Event> Run(Command command) {
    now_us_ += 1'000'000;
    auto decision = Decide(state_, std::move(command), {now_us_, now_us_});
    EXPECT_TRUE(decision) << decision.error().detail;
    if (!decision) return {};
    state_.Commit(decision->events);
    return std::move(decision->events);
  }

  std::string ApplyError(const Event& event) {
    const std::string before = state_.Render();
    const auto applied = Apply(state_, event);
    EXPECT_EQ(state_.Render(), before) << "a refused event changed the state";
    return applied ? "applied" : applied.error().message;
  }

  FakeState state_;
  SampleCommands samples_;
  std::int64_t now_us_ = 1'000'000'000'000'000;
};

TEST_F(ApplyTest, TheFoldComputesTheRowThatDecideLeft) {
  FakeState folded;
  std::vector<Command> commands;
  commands.push_back(samples_.CreateUser(IdOf(1), "jane"));
  commands.push_back(samples_.CreateGroup(IdOf(2), "staff"));
  commands.push_back(samples_.AddMember(IdOf(2), IdOf(1)));
  commands.push_back(
      samples_.Replace("User", IdOf(1),
                       R"({"userName":"jane","name":{"familyName":"Doe","givenName":"J"},)"
                       R"("emails":[{"value":"j@x.org","type":"work"}],"password":"s3cret"})"));
  commands.push_back(samples_.Patch(
      "User", IdOf(1), R"([{"op":"remove","path":"name"},{"op":"remove","path":"emails"}])"));
  for (Command& command : commands) {
    for (const Event& event : Run(std::move(command))) {
      const storage::NewEvent stored = EncodeEvent(*folded.registry(), event, IdOf(0x1065));
      const auto told = DecodeEvent(*folded.registry(), {stored.sequence,
                                                         stored.time_us,
                                                         stored.id,
                                                         stored.header,
                                                         stored.context,
                                                         stored.body,
                                                         {}});
      ASSERT_TRUE(told) << told.error().message;
      const auto applied = Apply(folded, *told);
      ASSERT_TRUE(applied) << applied.error().message;
    }
  }
  EXPECT_EQ(folded.Render(), state_.Render());
  EXPECT_EQ(state_.FindResource(IdOf(1))->version, 3U);
}

TEST_F(ApplyTest, AMemberEventLeavesTheDocumentAndTheOtherMembersAlone) {
  Run(samples_.CreateUser(IdOf(1), "jane"));
  Run(samples_.CreateUser(IdOf(2), "joe"));
  Run(samples_.CreateGroup(IdOf(3), "staff"));
  Run(samples_.AddMember(IdOf(3), IdOf(1)));
  const ResourcePtr before = state_.FindResource(IdOf(3));
  const ResourcePtr user_before = state_.FindResource(IdOf(2));
  state_.visited_members = 0;

  std::vector<Event> events = Run(samples_.AddMember(IdOf(3), IdOf(2)));

  const ResourcePtr after = state_.FindResource(IdOf(3));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].changes.empty());
  EXPECT_EQ(after->document, before->document);
  EXPECT_EQ(after->version, before->version + 1);
  EXPECT_EQ(after->last_modified_us, now_us_);
  EXPECT_EQ(after->created_us, before->created_us);
  EXPECT_EQ(state_.visited_members, 0U);
  EXPECT_TRUE(state_.IsMember(IdOf(3), IdOf(1)));
  EXPECT_EQ(state_.FindResource(IdOf(2)), user_before) << "membership moved the user's version";
}

TEST_F(ApplyTest, OrdinalsAreNeverReused) {
  Run(samples_.CreateUser(IdOf(1), "jane"));
  Run(samples_.Delete("User", IdOf(1)));
  Run(samples_.CreateUser(IdOf(2), "jane"));

  EXPECT_EQ(state_.FindResource(IdOf(1)), nullptr);
  EXPECT_EQ(state_.FindResource(IdOf(2))->ordinal, 1U);
  EXPECT_EQ(state_.next_ordinal(), 2U);
}

TEST_F(ApplyTest, EventsThatDoNotFitAreRefusedAndChangeNothing) {
  const Event created = Run(samples_.CreateUser(IdOf(1), "jane"))[0];
  Event next =
      Run(samples_.Patch("User", IdOf(1), R"([{"op":"add","path":"title","value":"Lead"}])"))[0];
  EXPECT_EQ(ApplyError(next),
            "event 2 (ResourcePatched) does not fit the state: the state is at 2");

  next.sequence = {3};
  EXPECT_EQ(
      ApplyError(next),
      "event 3 (ResourcePatched) does not fit the state: the resource is at version 2, not 1");
  next.version_before = 2;
  EXPECT_EQ(ApplyError(next),
            "event 3 (ResourcePatched) does not fit the state: a change raises the version by one");
  next.version_after = 3;
  next.resource_type = "Group";
  EXPECT_EQ(ApplyError(next),
            "event 3 (ResourcePatched) does not fit the state: the resource is of another type");
  next.resource = IdOf(9);
  EXPECT_EQ(ApplyError(next), "event 3 (ResourcePatched) does not fit the state: unknown resource");

  Event again = created;
  again.sequence = {3};
  EXPECT_EQ(ApplyError(again),
            "event 3 (ResourceCreated) does not fit the state: the resource exists already");
  again.resource = IdOf(9);
  EXPECT_EQ(ApplyError(again),
            "event 3 (ResourceCreated) does not fit the state: the row was made "
            "for another place in the order of creation");
  again.version_after = 2;
  EXPECT_EQ(ApplyError(again),
            "event 3 (ResourceCreated) does not fit the state: a created "
            "resource begins at version 1");
  again.resource_type = "Gadget";
  EXPECT_EQ(ApplyError(again),
            "event 3 (ResourceCreated) does not fit the state: unknown resource type");
}

TEST_F(ApplyTest, SchemasAndCredentialsFold) {
  Run(samples_.Make(AddSchema{{std::string(kBadgeSchema)}}));
  Run(samples_.AddCredential(IdOf(5), "entra"));
  const std::int64_t created_us = now_us_;
  const Event revoked = Run(samples_.Make(RevokeCredential{IdOf(5)}))[0];

  EXPECT_NE(state_.registry()->FindSchema(kBadgeUrn), nullptr);
  const auto credential = state_.FindCredential(IdOf(5));
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->created_us, created_us);
  EXPECT_EQ(credential->revoked_us, now_us_);

  Event unknown = revoked;
  unknown.sequence = {4};
  unknown.credential->id = IdOf(6);
  EXPECT_EQ(ApplyError(unknown),
            "event 4 (CredentialRevoked) does not fit the state: unknown credential");
  unknown.credential.reset();
  EXPECT_EQ(ApplyError(unknown),
            "event 4 (CredentialRevoked) does not fit the state: it carries no credential");
}

}  // namespace
}  // namespace scimledger
