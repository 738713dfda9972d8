#include "engine/overlay.h"

#include <gtest/gtest.h>

#include "engine/decide.h"
#include "engine/document.h"
#include "engine/unique_keys.h"
#include "fake_state.h"
#include "random_commands.h"

namespace scimledger {
namespace {

std::vector<ResourceId> MembersOf(const State& state, const ResourceId& group) {
  std::vector<ResourceId> members;
  state.ForEachMember(group, [&](const ResourceId& member) {
    members.push_back(member);
    return true;
  });
  return members;
}

/// What a state answers about `ids`, as text.
std::string Answers(const State& state, const std::vector<ResourceId>& ids) {
  std::string text = fmt::format("head {} next {} schemas {}\n", state.head().value,
                                 state.next_ordinal(), state.registry()->schemas().size());
  for (const ResourceId& id : ids) {
    text += id.ToString();
    if (const ResourcePtr row = state.FindResource(id)) {
      text += fmt::format(" version {} ordinal {}", row->version, row->ordinal);
      for (const UniqueKey& key : UniqueKeysOf(*state.registry(), *row)) {
        const auto holder = state.FindByUniqueKey(key);
        text += fmt::format(" key {} of {}", key.key, holder ? holder->ToString() : "nobody");
      }
    }
    text += "\n  members";
    for (const ResourceId& member : MembersOf(state, id)) text += ' ' + member.ToString();
    text += "\n  groups";
    for (const ResourceId& group : state.GroupsHolding(id)) text += ' ' + group.ToString();
    text += "\n  is in";
    for (const ResourceId& group : ids) {
      if (state.IsMember(group, id)) text += ' ' + group.ToString();
    }
    text += '\n';
  }
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto credential = state.FindCredential(IdOf(500'000 + i));
    text += credential ? fmt::format("credential {} {}\n", i, credential->revoked_us) : "none\n";
  }
  return text;
}

/// A freed key must be free in the overlay too, whoever held it in the base.
std::string KeyHolders(const State& state) {
  std::string text;
  const AttributeId user_name =
      *state.registry()->FindByPath(*state.registry()->FindTypeByName("User"), "userName");
  for (int i = 0; i < 40; ++i) {
    const auto holder = state.FindByUniqueKey({user_name, fmt::format("user{}", i)});
    text += fmt::format("{} {}\n", i, holder ? holder->ToString() : "free");
  }
  return text;
}

TEST(OverlayTest, AnswersLikeAPlainStateOnRandomCommands) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomCommands commands(seed);
    FakeState base;
    FakeState plain;
    std::int64_t now_us = 1'000'000;
    for (int batch = 0; batch < 8; ++batch) {
      Overlay overlay(base);
      std::vector<Event> events;
      for (std::uint64_t i = 0, count = 1 + commands.Below(30); i < count; ++i) {
        ++now_us;
        auto decision = Decide(overlay, commands.Next(), {now_us, now_us});
        if (!decision) continue;
        for (const Event& event : decision->events) {
          ASSERT_TRUE(Apply(overlay, event));
          ASSERT_TRUE(Apply(plain, event));
          ASSERT_EQ(Answers(overlay, commands.Ids()), Answers(plain, commands.Ids()));
        }
        events.insert(events.end(), decision->events.begin(), decision->events.end());
      }
      ASSERT_EQ(KeyHolders(overlay), KeyHolders(plain));
      base.Commit(events);
      ASSERT_EQ(base.Render(), plain.Render());
    }
    ASSERT_GT(base.head().value, 20U) << "the commands changed next to nothing";
  }
}

class OverlayOrderTest : public testing::Test {
 protected:
  ResourcePtr Put(MutableState& state, const ResourceId& id, std::string_view type) {
    auto row = std::make_shared<Resource>();
    row->id = id;
    row->type = state.registry()->FindTypeByName(type)->id;
    row->ordinal = state.next_ordinal();
    row->document = EncodeDocument({});
    state.PutResource(nullptr, row);
    return row;
  }

  FakeState base_;
};

TEST_F(OverlayOrderTest, MembersOfBothComeInOrderOfCreation) {
  for (std::uint64_t i = 1; i <= 5; ++i) Put(base_, IdOf(i), "User");
  Put(base_, IdOf(9), "Group");
  base_.SetMember(IdOf(9), IdOf(2), true);
  base_.SetMember(IdOf(9), IdOf(4), true);
  Overlay overlay(base_);
  Put(overlay, IdOf(6), "User");

  for (const std::uint64_t member : {6U, 5U, 1U, 3U})
    overlay.SetMember(IdOf(9), IdOf(member), true);
  overlay.SetMember(IdOf(9), IdOf(4), false);

  EXPECT_EQ(MembersOf(overlay, IdOf(9)),
            (std::vector{IdOf(1), IdOf(2), IdOf(3), IdOf(5), IdOf(6)}));
  std::vector<ResourceId> first_three;
  overlay.ForEachMember(IdOf(9), [&](const ResourceId& member) {
    first_three.push_back(member);
    return first_three.size() < 3;
  });
  EXPECT_EQ(first_three, (std::vector{IdOf(1), IdOf(2), IdOf(3)}));
}

TEST_F(OverlayOrderTest, ADeletedGroupHoldsNobody) {
  Put(base_, IdOf(1), "User");
  const ResourcePtr group = Put(base_, IdOf(9), "Group");
  base_.SetMember(IdOf(9), IdOf(1), true);
  Overlay overlay(base_);

  overlay.PutResource(group, nullptr);

  EXPECT_FALSE(overlay.IsMember(IdOf(9), IdOf(1)));
  EXPECT_TRUE(MembersOf(overlay, IdOf(9)).empty());
  EXPECT_TRUE(overlay.GroupsHolding(IdOf(1)).empty());
  EXPECT_EQ(base_.GroupsHolding(IdOf(1)), std::vector{IdOf(9)}) << "the base changed";
}

TEST_F(OverlayOrderTest, AChangeTakenBackLeavesNoTrace) {
  Put(base_, IdOf(1), "User");
  Put(base_, IdOf(9), "Group");
  Overlay overlay(base_);

  overlay.SetMember(IdOf(9), IdOf(1), true);
  overlay.SetMember(IdOf(9), IdOf(1), false);

  EXPECT_FALSE(overlay.IsMember(IdOf(9), IdOf(1)));
  EXPECT_TRUE(overlay.GroupsHolding(IdOf(1)).empty());
}

}  // namespace
}  // namespace scimledger
