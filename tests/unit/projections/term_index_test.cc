// The audit index over many chunks, and walks over them in both directions, beside plain sets.

#include "projections/term_index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "projections/chunk_walk.h"
#include "storage/hash.h"

namespace scimledger::projections {
namespace {

constexpr std::uint32_t kChunks = 60;

using Sequences = std::set<std::uint64_t>;

/// A few events in each of many chunks, some of them closed and the last open, by actor.
class TermIndexTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  TermIndexTest() : dice_(GetParam()) {
    std::filesystem::create_directories(directory_);
    auto store = storage::KeyValueStore::Open(directory_ / "store");
    EXPECT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
    for (std::uint32_t chunk = 0; chunk < kChunks; ++chunk) Fill(chunk);
  }
  ~TermIndexTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Fill(std::uint32_t chunk) {
    index_.Open(chunk);
    for (std::uint32_t offset = Below(40); offset < kChunkEvents; offset += 1 + Below(400)) {
      Event event;
      event.sequence = Sequence{FirstOf(chunk).value + offset};
      event.kind = EventKind::kResourcePatched;
      event.actor.id = Actor();
      event.resource_type = "User";
      index_.Add(*SchemaRegistry::BuiltIn(), event);
      by_actor_[event.actor.id].insert(event.sequence.value);
    }
    if (chunk + 1 == kChunks) return;
    storage::KeyValueBatch batch = store_->MakeBatch();
    index_.WriteTo(batch);
    EXPECT_TRUE(store_->Write(batch));
  }

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(dice_() % bound); }

  /// One acts all the time, some now and then, some once or never.
  std::string Actor() {
    const std::uint32_t dice = Below(100);
    if (dice < 70) return "always";
    if (dice < 90) return fmt::format("often {}", dice % 3);
    return fmt::format("seldom {}", Below(60));
  }

  std::unique_ptr<ChunkWalk> Walk(const std::string& actor) {
    return index_.Walk(*store_, TermIndex::HashTerm(EventAttribute::kActorId, actor));
  }

  /// Walks up, down, and to and fro, and compares with what is true.
  void ExpectSame(ChunkWalk& walk, const Sequences& expected) {
    std::map<std::uint32_t, Sequences> by_chunk;
    for (const std::uint64_t sequence : expected) {
      by_chunk[ChunkOf(Sequence{sequence})].insert(sequence);
    }
    for (int step = 0; step < 200; ++step) {
      const std::uint32_t chunk = Below(kChunks + 2);
      const bool is_forwards = Below(2) == 0;
      auto at = is_forwards ? walk.AtOrAfter(chunk) : walk.AtOrBefore(chunk);
      // A walk of several may stop where only some of its parts are.
      while (at && walk.events().none()) {
        if (!is_forwards && *at == 0) at.reset();
        if (at) at = is_forwards ? walk.AtOrAfter(*at + 1) : walk.AtOrBefore(*at - 1);
      }
      auto found = is_forwards ? by_chunk.lower_bound(chunk) : by_chunk.upper_bound(chunk);
      const bool is_there = is_forwards ? found != by_chunk.end() : found != by_chunk.begin();
      ASSERT_EQ(at.has_value(), is_there) << (is_forwards ? "from " : "back from ") << chunk;
      if (!at) continue;
      if (!is_forwards) --found;
      ASSERT_EQ(*at, found->first) << (is_forwards ? "from " : "back from ") << chunk;
      Sequences events;
      const ChunkEvents bits = walk.events();
      for (std::uint32_t offset = 0; offset < kChunkEvents; ++offset) {
        if (bits[offset]) events.insert(FirstOf(*at).value + offset);
      }
      ASSERT_EQ(events, found->second);
    }
  }

  const std::filesystem::path directory_ = std::filesystem::temp_directory_path() /
                                           ("scimledger_terms_" + storage::RandomUuid().ToString());
  std::mt19937 dice_;
  std::unique_ptr<storage::KeyValueStore> store_;
  TermIndex index_;
  std::map<std::string, Sequences> by_actor_;
};

INSTANTIATE_TEST_SUITE_P(Seeds, TermIndexTest, testing::Range(1U, 5U));

TEST_P(TermIndexTest, AWalkFindsEveryEventOfATermAndNoOther) {
  for (const auto& [actor, sequences] : by_actor_) {
    SCOPED_TRACE(actor);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(*Walk(actor), sequences));
  }
  ExpectSame(*Walk("nobody"), {});
}

TEST_P(TermIndexTest, WalksOfSeveralAreIntersectionsAndUnions) {
  std::vector<std::string> actors{"nobody"};
  for (const auto& [actor, sequences] : by_actor_) actors.push_back(actor);
  for (int round = 0; round < 30; ++round) {
    const std::string& one = actors[dice_() % actors.size()];
    const std::string& other = actors[dice_() % actors.size()];
    const Sequence first{1 + dice_() % (kChunks * kChunkEvents)};
    const SequenceRange range{first, Sequence{first.value + dice_() % (20 * kChunkEvents)}};
    SCOPED_TRACE(
        fmt::format("({} or {}) within {}..{}", one, other, range.first.value, range.last.value));
    Sequences either = by_actor_[one];
    either.insert(by_actor_[other].begin(), by_actor_[other].end());
    Sequences expected(either.lower_bound(range.first.value), either.upper_bound(range.last.value));
    std::vector<std::unique_ptr<ChunkWalk>> any;
    any.push_back(Walk(one));
    any.push_back(Walk(other));
    std::vector<std::unique_ptr<ChunkWalk>> all;
    all.push_back(WalkAny(std::move(any)));
    all.push_back(WalkRange(range));
    ASSERT_NO_FATAL_FAILURE(ExpectSame(*WalkAll(std::move(all)), expected));
  }
}

TEST_P(TermIndexTest, AWalkKeepsWhatWasOpenWhenItBegan) {
  const auto walk = Walk("always");
  storage::KeyValueBatch batch = store_->MakeBatch();
  index_.WriteTo(batch);
  ASSERT_TRUE(store_->Write(batch));
  index_.Open(kChunks);
  ExpectSame(*walk, by_actor_["always"]);
  ExpectSame(*Walk("always"), by_actor_["always"]);
}

}  // namespace
}  // namespace scimledger::projections
