#include <gtest/gtest.h>

#include "engine/decide.h"
#include "engine/overlay.h"
#include "fake_state.h"
#include "random_commands.h"

namespace scimledger {
namespace {

storage::EventView ViewOf(const storage::NewEvent& stored) {
  return {stored.sequence, stored.time_us, stored.id, stored.header,
          stored.context,  stored.body,    {}};
}

/// I-3: what comes out of the log folds to what was committed, for any history.
TEST(ApplyReplayTest, DecodedEventsFoldToTheCommittedState) {
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomCommands commands(seed);
    FakeState live;
    FakeState replayed;
    FakeState folded;
    std::size_t documents = 0;
    std::int64_t now_us = 1'000'000;
    for (int i = 0; i < 200; ++i) {
      now_us += static_cast<std::int64_t>(commands.Below(3));
      const Overlay overlay(live);
      const auto decision = Decide(overlay, commands.Next(), {now_us, now_us});
      if (!decision) continue;
      for (const Event& event : decision->events) {
        const auto stored = EncodeEvent(*live.registry(), event, IdOf(1));
        const auto decoded = DecodeEvent(*replayed.registry(), ViewOf(stored));
        ASSERT_TRUE(decoded) << decoded.error().message;
        const auto applied = Apply(replayed, *decoded);
        ASSERT_TRUE(applied) << applied.error().message;
        const auto for_folding =
            DecodeEvent(*folded.registry(), ViewOf(stored), DecodeFor::kFolding);
        ASSERT_TRUE(for_folding) << for_folding.error().message;
        ASSERT_TRUE(Apply(folded, *for_folding));
        documents += for_folding->document ? 1U : 0U;
      }
      live.Commit(decision->events);
      ASSERT_EQ(replayed.Render(), live.Render());
      ASSERT_EQ(folded.Render(), live.Render());
    }
    ASSERT_GT(documents, 0U) << "no document was read straight from an event";
    ASSERT_GT(live.head().value, 30U) << "the commands changed next to nothing";
  }
}

/// I-6: equal commands at equal times give equal events.
TEST(ApplyReplayTest, EqualHistoriesGiveEqualBytes) {
  const auto run = [] {
    RandomCommands commands(7);
    FakeState state;
    std::string bytes;
    std::int64_t now_us = 1'000'000;
    for (int i = 0; i < 300; ++i) {
      const auto decision = Decide(state, commands.Next(), {++now_us, now_us});
      if (!decision) {
        bytes += decision.error().detail + '\n';
        continue;
      }
      for (const Event& event : decision->events) {
        const auto stored = EncodeEvent(*state.registry(), event, IdOf(1));
        constexpr std::size_t kEnvelopeBytes = 49;  // holds the salt, the only random part
        bytes += stored.header + stored.context.substr(kEnvelopeBytes) +
                 stored.body.substr(kEnvelopeBytes);
      }
      state.Commit(decision->events);
    }
    return bytes;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace scimledger
