#include "projections/directory.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/unique_keys.h"
#include "projections/live_directory.h"
#include "projections/lookup_attributes.h"
#include "sample_history.h"
#include "tests/unit/engine/fake_state.h"

namespace scimledger::projections {
namespace {

std::vector<ResourceId> MembersOf(const State& state, const ResourceId& group) {
  std::vector<ResourceId> members;
  state.ForEachMember(group, [&](const ResourceId& member) {
    members.push_back(member);
    return true;
  });
  return members;
}

void ExpectSameState(const State& state, const FakeState& expected,
                     const std::set<ResourceId>& ids) {
  EXPECT_EQ(state.head(), expected.head());
  EXPECT_EQ(state.next_ordinal(), expected.next_ordinal());
  for (const ResourceId& id : ids) {
    SCOPED_TRACE(id.ToString());
    const ResourcePtr row = state.FindResource(id);
    const ResourcePtr expected_row = expected.FindResource(id);
    ASSERT_EQ(row == nullptr, expected_row == nullptr);
    EXPECT_EQ(state.GroupsHolding(id), expected.GroupsHolding(id));
    EXPECT_EQ(MembersOf(state, id), MembersOf(expected, id));
    if (row == nullptr) continue;
    EXPECT_EQ(row->ordinal, expected_row->ordinal);
    EXPECT_EQ(row->version, expected_row->version);
    EXPECT_EQ(row->document, expected_row->document);
    for (const UniqueKey& key : UniqueKeysOf(*state.registry(), *row)) {
      EXPECT_EQ(state.FindByUniqueKey(key), id);
    }
  }
}

TEST(DirectoryTest, IsTheStateThatThePlainestFoldGives) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    SampleHistory history(seed);
    LiveDirectory directory;
    FakeState expected;
    std::set<ResourceId> ids;
    for (int command = 0; command < 150; ++command) {
      for (const Event& event : history.Next()) {
        ids.insert(event.resource);
        directory.Commit({&event, 1});
        expected.Commit({&event, 1});
      }
      if (command % 10 == 0) ExpectSameState(directory, expected, ids);
    }
    ExpectSameState(directory, expected, ids);
  }
}

TEST(DirectoryTest, IsTheSameInTheMiddleOfACascade) {
  SampleHistory history(1);
  LiveDirectory directory;
  FakeState expected;
  const auto commit = [&](const std::vector<Event>& events) {
    for (const Event& event : events) {
      directory.Commit({&event, 1});
      expected.Commit({&event, 1});
    }
  };
  commit(history.CreateUser("ann"));
  commit(history.CreateUser("bob"));
  const ResourceId ann = history.users()[0];
  for (const char* name : {"A", "B", "C"}) commit(history.CreateGroup(name, history.users()));
  const std::vector<Event> cascade = history.Delete(ann);
  ASSERT_EQ(cascade.size(), 4U);
  std::set<ResourceId> ids(history.groups().begin(), history.groups().end());
  ids.insert(ann);

  for (const Event& event : cascade) {
    directory.Commit({&event, 1});
    expected.Commit({&event, 1});
    ExpectSameState(directory, expected, ids);
    for (const ResourceId& group : history.groups()) {
      EXPECT_EQ(directory.IsMember(group, ann), expected.IsMember(group, ann));
    }
  }
}

TEST(DirectoryTest, FreesTheUniqueKeysOfWhatIsGone) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("Änn@Example.com"));
  const ResourceId ann = history.users()[0];
  const Attribute& user_name =
      directory.registry()->attribute(SampleHistory::At("User", "userName"));
  const UniqueKey key{user_name.id, ComparisonKey(user_name, "äNN@example.COM")};
  EXPECT_EQ(directory.FindByUniqueKey(key), ann);
  EXPECT_EQ(directory.FindByUniqueKey({user_name.id, "ann"}), std::nullopt);

  directory.Commit(history.Delete(ann));

  EXPECT_EQ(directory.FindByUniqueKey(key), std::nullopt);
}

// Deleting a group leaves its ordinal behind with its members: nobody may see it.
TEST(DirectoryTest, ForgetsMembershipsOfDeletedGroups) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.CreateUser("ann"));
  const ResourceId ann = history.users()[0];
  for (int round = 0; round < 100; ++round) {
    directory.Commit(history.CreateGroup("G" + std::to_string(round), {ann}));
    if (round % 10 != 0) directory.Commit(history.Delete(history.groups().back()));
  }

  EXPECT_EQ(directory.GroupsHolding(ann), history.groups());
  const Row* row = directory.contents().rows.Find(directory.FindResource(ann)->ordinal);
  EXPECT_LE(row->groups->size(), 2 * history.groups().size() + 8);
  const std::vector<Event> cascade = history.Delete(ann);
  EXPECT_EQ(cascade.size(), 1 + history.groups().size());
  directory.Commit(cascade);
  EXPECT_TRUE(directory.GroupsHolding(ann).empty());
  EXPECT_TRUE(directory.contents().departed->empty());
}

// I-9: where the set is kept tells whether it was copied, because a copy is made before the
// original goes.
TEST(DirectoryTest, AddsAMemberWithoutCopyingTheGroup) {
  LiveDirectory directory;
  SampleHistory history(1);
  for (int number = 0; number < 1'000; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  directory.Commit(history.CreateGroup("all", history.users()));
  directory.Commit(history.CreateUser("new1"));
  directory.Commit(history.CreateUser("new2"));
  const ResourceId group = history.groups()[0];
  const std::uint32_t ordinal = directory.FindResource(group)->ordinal;
  const auto set = [&] { return directory.contents().MembersOf(ordinal); };

  const OrdinalSet* alone = set();
  directory.Commit(history.SetMembers(group, {history.users()[1'000]}, {}));
  EXPECT_EQ(set(), alone);

  const std::shared_ptr<const DirectoryView> view = directory.Freeze();
  directory.Commit(history.SetMembers(group, {history.users()[1'001]}, {}));
  const OrdinalSet* copied = set();
  EXPECT_NE(copied, alone);
  directory.Commit(history.SetMembers(group, {}, {history.users()[0]}));
  EXPECT_EQ(set(), copied);
  EXPECT_EQ(set()->size(), 1'001U);
}

std::vector<ResourceId> LookUp(const Directory& directory, std::string_view type,
                               const EqualityKey& key) {
  const auto id = directory.current_registry()->FindTypeByName(type)->id;
  std::vector<ResourceId> ids;
  for (const ResourcePtr& row : directory.LookUp(id, key).resources) ids.push_back(row->id);
  return ids;
}

TEST(DirectoryTest, LooksUpByIdAttributeAndMember) {
  LiveDirectory directory;
  SampleHistory history(1);
  directory.Commit(history.CreateUser("Ann"));
  directory.Commit(history.CreateUser("bob"));
  directory.Commit(history.CreateGroup("one", history.users()));
  directory.Commit(history.CreateGroup("two", {history.users()[0]}));
  const ResourceId ann = history.users()[0];
  const AttributePath user_name{SampleHistory::At("User", "userName"), std::nullopt};
  const EqualityKey by_name{EqualityKey::Kind::kAttribute, user_name, "ann"};

  EXPECT_EQ(LookUp(directory, "User", by_name), std::vector{ann});
  EXPECT_TRUE(LookUp(directory, "Group", by_name).empty());
  EXPECT_EQ(LookUp(directory, "User", {EqualityKey::Kind::kId, {}, ann.ToString()}),
            std::vector{ann});
  EXPECT_TRUE(LookUp(directory, "Group", {EqualityKey::Kind::kId, {}, ann.ToString()}).empty());
  EXPECT_EQ(LookUp(directory, "Group", {EqualityKey::Kind::kMember, {}, ann.ToString()}),
            history.groups());
  EXPECT_TRUE(LookUp(directory, "Group", {EqualityKey::Kind::kMember, {}, "garbage"}).empty());
  EXPECT_EQ(directory.CountHits({EqualityKey::Kind::kMember, {}, ann.ToString()}), 2U);

  EXPECT_TRUE(directory.lookups()->Answers(user_name));
  EXPECT_TRUE(directory.lookups()->Answers(
      {SampleHistory::At("Group", "members"), SampleHistory::At("Group", "members.value")}));
  EXPECT_TRUE(directory.lookups()->Answers({directory.registry()->common().id, std::nullopt}));
  EXPECT_FALSE(directory.lookups()->Answers({SampleHistory::At("User", "title"), std::nullopt}));
  EXPECT_FALSE(directory.lookups()->Answers(
      {SampleHistory::At("Group", "members"), SampleHistory::At("Group", "members.display")}));
}

TEST(DirectoryTest, FindsCredentialsBySecretRevokedOnesToo) {
  LiveDirectory directory;
  SampleHistory history(1);
  directory.Commit(history.CreateCredential("entra"));
  Hash secret{};
  secret.fill(1);
  ASSERT_TRUE(directory.FindCredentialBySecret(secret));
  EXPECT_EQ(directory.FindCredentialBySecret(secret)->name, "entra");
  EXPECT_EQ(directory.FindCredentialBySecret(Hash{}), std::nullopt);

  Credential revoked = *directory.FindCredentialBySecret(secret);
  revoked.revoked_us = 5;
  directory.PutCredential(revoked);

  EXPECT_EQ(directory.FindCredentialBySecret(secret)->revoked_us, 5);
  EXPECT_EQ(directory.FindCredential(revoked.id)->revoked_us, 5);
}

constexpr std::string_view kDeviceSchema =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],)"
    R"("id":"urn:example:schemas:core:2.0:Device","name":"Device","description":"Device",)"
    R"("attributes":[{"name":"displayName","type":"string","description":"Name"},)"
    R"({"name":"number","type":"integer","description":"Number","uniqueness":"server"}]})";
constexpr std::string_view kDeviceType =
    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"Device",)"
    R"("name":"Device","endpoint":"/Devices","description":"Device",)"
    R"("schema":"urn:example:schemas:core:2.0:Device"})";

TEST(DirectoryTest, LooksUpAttributesOfTypesThatCameLater) {
  LiveDirectory directory;
  SampleHistory history(1);
  directory.Commit(history.CreateUser("ann"));
  directory.Commit(history.AddSchema(kDeviceSchema));
  directory.Commit(history.AddSchema(kDeviceType));
  const RegistryPtr registry = directory.registry();
  const AttributePath name{
      *registry->FindInSchema("urn:example:schemas:core:2.0:Device", "displayName"), std::nullopt};
  const auto number = registry->FindInSchema("urn:example:schemas:core:2.0:Device", "number");
  std::vector<Event> created = history.CreateUser("x");
  created.front().resource_type = "Device";
  created.front().changes = {{name.attribute, Value(), Value(std::string("Laptop"))},
                             {*number, Value(), Value(std::int64_t{7})}};
  directory.Commit(created);
  const ResourceId device = created.front().resource;

  EXPECT_TRUE(directory.lookups()->Answers(name));
  EXPECT_EQ(LookUp(directory, "Device", {EqualityKey::Kind::kAttribute, name, "laptop"}),
            std::vector{device});
  EXPECT_EQ(directory.FindByUniqueKey({*number, "7"}), device);
  EXPECT_EQ(directory.FindByUniqueKey({*number, "8"}), std::nullopt);
}

}  // namespace
}  // namespace scimledger::projections
