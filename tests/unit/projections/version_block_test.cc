// Versions as the history keeps them: blocks of differences, and the walks over them.

#include "projections/version_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "projections/history_error.h"
#include "projections/history_reader.h"
#include "projections/history_rows.h"
#include "storage/hash.h"
#include "tests/unit/engine/sample_commands.h"

namespace scimledger::projections {
namespace {

/// A resource that changes at random moments, and what it was after each.
class Life {
 public:
  Life(std::uint32_t ordinal, std::uint64_t seed) : random_(seed), ordinal_(ordinal) {}

  ResourcePtr Next() {
    const ResourcePtr before = now_;
    auto next = before ? std::make_shared<Resource>(*before) : std::make_shared<Resource>();
    if (!before) {
      next->id = IdOf(ordinal_ + 1);
      next->ordinal = ordinal_;
      next->document = Text(200);
    }
    ++next->version;
    next->last_modified_us += static_cast<std::int64_t>(Below(1000));
    Change(next->document);
    now_ = next;
    return now_;
  }

 private:
  std::size_t Below(std::size_t limit) { return random_() % limit; }
  std::string Text(std::size_t size_max) {
    std::string text(Below(size_max + 1), ' ');
    for (char& c : text) c = static_cast<char>('a' + Below(3));
    return text;
  }
  /// Somewhere, by more or fewer bytes; now and then everything, or nothing.
  void Change(std::string& document) {
    const std::size_t kind = Below(10);
    if (kind == 0) return;
    if (kind == 1) return void(document = Text(300));
    const std::size_t at = Below(document.size() + 1);
    const std::size_t size = std::min(Below(30), document.size() - at);
    document.replace(at, size, Text(30));
  }

  std::mt19937_64 random_;
  std::uint32_t ordinal_;
  ResourcePtr now_;
};

bool IsSame(const ResourcePtr& a, const ResourcePtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->id == b->id && a->type == b->type && a->ordinal == b->ordinal &&
         a->version == b->version && a->created_us == b->created_us &&
         a->last_modified_us == b->last_modified_us && a->document == b->document;
}

class VersionBlockTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  using Versions = std::map<Sequence, ResourcePtr>;

  VersionBlockTest() {
    auto store = storage::KeyValueStore::Open(directory_, "v");
    EXPECT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
  }
  ~VersionBlockTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Many resources whose events come mixed up; the first one has many, some are deleted.
  void Fill() {
    std::vector<Life> lives;
    for (std::uint32_t ordinal = 0; ordinal < kResources; ++ordinal) {
      lives.emplace_back(ordinal, GetParam() * 1000 + ordinal);
    }
    for (std::uint64_t sequence = 1; sequence <= kEvents; ++sequence) {
      const auto ordinal = static_cast<std::uint32_t>(random_() % 5 == 0   ? kBusy
                                                      : random_() % 3 == 0 ? random_() % kResources
                                                                           : random_() % 7);
      Versions& versions = truth_[ordinal];
      const ResourcePtr before = versions.empty() ? nullptr : versions.rbegin()->second;
      if (!versions.empty() && before == nullptr) continue;  // deleted
      const bool is_delete = before != nullptr && ordinal != kBusy && random_() % 25 == 0;
      const ResourcePtr after = is_delete ? nullptr : lives[ordinal].Next();
      versions[Sequence{sequence}] = after;
      Write(ordinal, Sequence{sequence}, before, after);
    }
  }

  void Write(std::uint32_t ordinal, Sequence sequence, const ResourcePtr& before,
             const ResourcePtr& after) {
    const std::uint64_t version = after ? after->version : before->version + 1;
    const bool is_first = IsFirstOfBlock(version);
    const std::string entry =
        EncodeBlockEntry(sequence, is_first ? nullptr : before.get(), after.get());
    const std::string key = VersionKey(ordinal, BlockOf(version));
    storage::KeyValueBatch batch = store_->MakeBatch();
    is_first ? batch.Put(key, entry) : batch.Append(key, entry);
    // A batch that was tried twice.
    if (random_() % 50 == 0) batch.Append(key, entry);
    ASSERT_TRUE(store_->Write(batch));
    if (random_() % 300 == 0) {
      ASSERT_TRUE(store_->Flush());
    }
  }

  ResourcePtr Truth(std::uint32_t ordinal, Sequence at) const {
    const auto versions = truth_.find(ordinal);
    if (versions == truth_.end()) return nullptr;
    const auto later = versions->second.upper_bound(at);
    return later == versions->second.begin() ? nullptr : std::prev(later)->second;
  }

  static constexpr std::uint32_t kResources = 200;
  static constexpr std::uint32_t kBusy = 3;
  static constexpr std::uint64_t kEvents = 3'000;
  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("scimledger_versions_" + storage::RandomUuid().ToString());
  std::unique_ptr<storage::KeyValueStore> store_;
  std::map<std::uint32_t, Versions> truth_;
  std::mt19937_64 random_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Seeds, VersionBlockTest,
                         testing::Range(std::uint64_t{1}, std::uint64_t{5}));

TEST_P(VersionBlockTest, EveryVersionComesBackAtItsMoment) {
  ASSERT_NO_FATAL_FAILURE(Fill());
  const HistoryReader reader(*store_);
  ASSERT_GT(truth_[kBusy].size(), 20 * kBlockVersions);
  for (int round = 0; round < 3'000; ++round) {
    const auto ordinal = static_cast<std::uint32_t>(random_() % (kResources + 1));
    const Sequence at{random_() % (kEvents + 2)};
    EXPECT_TRUE(IsSame(reader.ResourceAt(ordinal, at), Truth(ordinal, at)))
        << ordinal << " at " << at.value;
  }
}

TEST_P(VersionBlockTest, AWalkInOrderFindsTheSame) {
  ASSERT_NO_FATAL_FAILURE(Fill());
  const HistoryReader reader(*store_);
  for (const std::uint32_t step : {1U, 3U, 40U}) {
    const Sequence at{random_() % kEvents};
    std::vector<std::uint32_t> ordinals;
    for (std::uint32_t ordinal = static_cast<std::uint32_t>(random_() % 3);
         ordinal < kResources + 30; ordinal += 1 + static_cast<std::uint32_t>(random_() % step)) {
      ordinals.push_back(ordinal);
    }
    const std::vector<ResourcePtr> found = reader.ResourcesAt(ordinals, at);
    ASSERT_EQ(found.size(), ordinals.size());
    for (std::size_t index = 0; index < found.size(); ++index) {
      EXPECT_TRUE(IsSame(found[index], Truth(ordinals[index], at)))
          << ordinals[index] << " at " << at.value;
    }
  }
}

TEST_P(VersionBlockTest, TheSequencesOfARangeComeInBothDirections) {
  ASSERT_NO_FATAL_FAILURE(Fill());
  const HistoryReader reader(*store_);
  for (int round = 0; round < 300; ++round) {
    const auto ordinal =
        static_cast<std::uint32_t>(round % 2 == 0 ? kBusy : random_() % kResources);
    const Sequence first{random_() % kEvents};
    const Sequence last{first.value + random_() % (kEvents / 2)};
    std::vector<Sequence> expected;
    for (const auto& [sequence, resource] : truth_[ordinal]) {
      if (sequence >= first && sequence <= last) expected.push_back(sequence);
    }
    std::size_t limit = random_() % 40;
    for (const bool is_descending : {false, true}) {
      std::vector<Sequence> found;
      reader.ForEachVersion(ordinal, first, last, is_descending, [&](Sequence sequence) {
        found.push_back(sequence);
        return found.size() < limit + 1;
      });
      if (is_descending) std::reverse(expected.begin(), expected.end());
      const auto count = static_cast<std::ptrdiff_t>(std::min(expected.size(), limit + 1));
      EXPECT_EQ(found, std::vector<Sequence>(expected.begin(), expected.begin() + count));
    }
  }
}

TEST(VersionBlockBytesTest, ACutBlockIsAnErrorAndNoResource) {
  Life life(1, 7);
  std::string block;
  ResourcePtr before;
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    const ResourcePtr after = life.Next();
    block += EncodeBlockEntry(Sequence{sequence}, before.get(), after.get());
    before = after;
  }
  ASSERT_TRUE(IsSame(ResourceInBlock(1, block, Sequence{5}), before));
  const std::size_t last = SequencesInBlock(block).size();
  ASSERT_EQ(last, 5U);
  for (std::size_t size = 0; size < block.size(); ++size) {
    const std::string cut = block.substr(0, size);
    try {
      EXPECT_FALSE(IsSame(ResourceInBlock(1, cut, Sequence{5}), before)) << size;
    } catch (const HistoryError& error) {
      EXPECT_EQ(error.code(), storage::ErrorCode::kCorrupt);
    }
  }
}

}  // namespace
}  // namespace scimledger::projections
