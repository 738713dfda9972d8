#include "projections/index_snapshot.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "query_check.h"
#include "random_directory.h"
#include "sample_history.h"
#include "storage/hash.h"

namespace scimledger::projections {
namespace {

class IndexSnapshotTest : public ::testing::Test {
 protected:
  IndexSnapshotTest()
      : folder(std::filesystem::temp_directory_path() /
               ("scimledger-index-" + storage::RandomUuid().ToString())),
        file(folder / "attribute_index.snapshot") {
    std::filesystem::create_directory(folder);
  }
  ~IndexSnapshotTest() override { std::filesystem::remove_all(folder); }

  /// The state is written at the directory's own sequence.
  void Write(const LiveDirectory& directory) {
    const auto view = std::dynamic_pointer_cast<const FrozenView>(directory.Freeze());
    const IndexStatePtr state = directory.attribute_index().BringTo(view);
    ASSERT_NE(state, nullptr);
    const auto written = WriteIndexSnapshot(*state, IdOf(42), Hash{7}, file);
    ASSERT_TRUE(written) << written.error().message;
  }

  /// A copy of the directory by way of its own snapshot.
  std::unique_ptr<LiveDirectory> Copy(const Directory& directory) {
    const auto written =
        WriteSnapshot(*directory.Freeze(), IdOf(42), Hash{7}, folder / "directory.snapshot");
    SCIMLEDGER_INVARIANT(written.has_value(), "a snapshot is written");
    auto loaded = LoadSnapshot(folder / "directory.snapshot");
    SCIMLEDGER_INVARIANT(loaded.has_value(), "a snapshot is loaded");
    return std::unique_ptr<LiveDirectory>(
        dynamic_cast<LiveDirectory*>(loaded->directory.release()));
  }

  std::string Bytes() const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder;
  std::filesystem::path file;
};

/// Every change is too many, so that the index is renewed all the time.
AttributeIndexOptions Restless() {
  AttributeIndexOptions options;
  options.changes_min = 3;
  options.rows_per_change = 1'000'000;
  return options;
}

TEST_F(IndexSnapshotTest, AnswersAfterLoadingWhatThePlainEvaluatorSays) {
  std::size_t columns = 0;
  std::uint64_t indexed = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomDirectory directory(seed);
    RandomFilters random(seed);
    directory.get().attribute_index().Configure(Restless());
    directory.Change(200);
    const auto ask = [&](int queries) {
      for (int round = 0; round < queries; ++round) {
        std::string text;
        std::optional<Query> query = RandomQuery(directory.get(), random, text);
        if (!query) continue;
        SCOPED_TRACE(text);
        Explain explain;
        ExpectAnswer(directory.get(), *query, &explain);
        if (explain.steps.front().how == "attribute index") ++indexed;
        if (round % 5 == 0) directory.Change(static_cast<int>(random.Below(3)));
      }
    };
    for (int restart = 0; restart < 4; ++restart) {
      ask(40);
      Write(directory.get());
      auto copy = Copy(directory.get());
      copy->attribute_index().Configure(Restless());
      auto stored = ReadIndexSnapshot(file);
      ASSERT_TRUE(stored) << stored.error().message;
      const auto left = AdoptIndex(*copy, *std::move(stored));
      ASSERT_TRUE(left) << left.error().message;
      EXPECT_TRUE(left->empty());
      const IndexStatePtr adopted = copy->attribute_index().Acquire({});
      ASSERT_NE(adopted, nullptr);
      EXPECT_EQ(adopted->Names(), directory.get().attribute_index().Acquire({})->Names());
      columns += adopted->Names().size();
      directory.Replace(std::move(copy));
    }
    ask(40);
  }
  EXPECT_GT(columns, 300U);
  EXPECT_GT(indexed, 800U);
}

TEST_F(IndexSnapshotTest, HoldsTheSameColumns) {
  SampleHistory history(5);
  LiveDirectory directory;
  directory.Commit(history.Next(200));
  for (const char* filter : {R"(displayName co "n")", "title pr", R"(emails.value ew "e")",
                             R"(active eq true)", R"(meta.created gt "2020-01-01T00:00:00Z")"}) {
    ExpectAnswer(directory, MakeQuery(directory, "User", filter));
  }
  Write(directory);
  const std::string first = Bytes();
  auto copy = Copy(directory);
  ASSERT_TRUE(AdoptIndex(*copy, *ReadIndexSnapshot(file)));

  Write(*copy);

  EXPECT_EQ(Bytes(), first);
}

TEST_F(IndexSnapshotTest, OfAnotherSequenceTellsWhichColumnsWereInUse) {
  SampleHistory history(5);
  LiveDirectory directory;
  directory.Commit(history.Next(100));
  ExpectAnswer(directory, MakeQuery(directory, "User", R"(displayName co "n")"));
  Write(directory);
  directory.Commit(history.Next(5));
  auto copy = Copy(directory);

  const auto names = AdoptIndex(*copy, *ReadIndexSnapshot(file));

  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(*names, directory.attribute_index().Acquire({})->Names());
  EXPECT_EQ(copy->attribute_index().Acquire({}), nullptr);
  copy->attribute_index().Expect(*names);
  copy->attribute_index().WaitUntilIdle();
  EXPECT_EQ(copy->attribute_index().Acquire({})->Names(), *names);
}

TEST_F(IndexSnapshotTest, DoesNotFitAnotherDirectoryOfTheSameSequence) {
  SampleHistory history(5);
  LiveDirectory directory;
  directory.Commit(history.Next(100));
  ExpectAnswer(directory, MakeQuery(directory, "User", R"(displayName co "n")"));
  Write(directory);
  LiveDirectory other;
  SampleHistory others(6);
  while (other.position() < directory.position()) other.Commit(others.CreateUser(
      "user" + std::to_string(other.position().value)));

  const auto adopted = AdoptIndex(other, *ReadIndexSnapshot(file));

  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().code, storage::ErrorCode::kCorrupt);
  EXPECT_EQ(other.attribute_index().Acquire({}), nullptr);
}

TEST_F(IndexSnapshotTest, RefusesEveryDamagedByteAndEveryCut) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.Next(30));
  ExpectAnswer(directory, MakeQuery(directory, "User", R"(displayName co "n")"));
  Write(directory);
  const std::string whole = Bytes();
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
    EXPECT_FALSE(ReadIndexSnapshot(file)) << at;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, at);
    EXPECT_FALSE(ReadIndexSnapshot(file)) << at;
  }
}

/// A checksum that matches proves no good intentions.
TEST_F(IndexSnapshotTest, ReadsNonsenseUnderARightChecksumWithoutHarm) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.Next(40));
  for (const char* filter : {R"(displayName co "n")", R"(emails.value ew "e")", "title pr"}) {
    ExpectAnswer(directory, MakeQuery(directory, "User", filter));
  }
  Write(directory);
  const auto reader = storage::SnapshotReader::Open(file);
  ASSERT_TRUE(reader);
  const std::string payload((*reader)->payload());
  const storage::SnapshotInfo info = (*reader)->info();
  std::size_t refused = 0;
  for (std::size_t at = 0; at < payload.size(); at += 3) {
    std::string changed = payload;
    changed[at] = static_cast<char>(changed[at] + 1 + static_cast<char>(at % 200));
    auto writer = storage::SnapshotWriter::Create(file, info);
    ASSERT_TRUE(writer && (*writer)->Append(changed) && (*writer)->Commit());
    auto copy = Copy(directory);
    auto stored = ReadIndexSnapshot(file);
    const bool is_taken = stored && AdoptIndex(*copy, *std::move(stored));
    if (!is_taken) ++refused;
    // What was taken may be wrong, but it can be used.
    if (is_taken) Answer(*copy, MakeQuery(*copy, "User", R"(displayName co "n")"));
  }
  EXPECT_GT(refused, payload.size() / 3 / 4);
}

}  // namespace
}  // namespace scimledger::projections
