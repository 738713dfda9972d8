#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "storage/event_log.h"
#include "storage/log_keys.h"
#include "storage/log_store.h"
#include "tests/unit/storage/lazy_file_system.h"
#include "tests/unit/storage/raw_database.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

/// A log of events 1 to 6, in batches of three, that is changed while it is closed.
class CorruptionTest : public testing::Test {
 protected:
  CorruptionTest() {
    const auto store = *LogStore::Open(directory(), {.create_if_missing = true, .env = env_.get()});
    const auto log = *store->OpenLog("default");
    id_ = log->id();
    for (const std::uint64_t last : {3U, 6U}) {
      SCIMLEDGER_INVARIANT(AppendSamples(*log, last).has_value(), "the sample log is appended");
    }
  }

  std::filesystem::path directory() const { return temp_.path() / "log"; }

  void Flip(const std::string& key, std::size_t offset) {
    RawDatabase database(directory(), env_.get());
    std::string value = database.Get(key);
    value.at(offset) = static_cast<char>(value.at(offset) ^ 0x20);
    database.Put(key, value);
  }

  /// What opening and reading says for each byte of the value under `key` that is flipped alone.
  std::vector<std::string> FlipEachByte(const std::string& key) {
    const std::string original = RawDatabase(directory(), env_.get()).Get(key);
    std::vector<std::string> said;
    for (std::size_t offset = 0; offset < original.size(); ++offset) {
      std::string flipped = original;
      flipped[offset] = static_cast<char>(flipped[offset] ^ 0x20);
      RawDatabase(directory(), env_.get()).Put(key, flipped);
      said.push_back(OpenAndRead());
    }
    RawDatabase(directory(), env_.get()).Put(key, original);
    return said;
  }

  /// What opening and then reading everything says.
  std::string OpenAndRead(ReadCheck check = ReadCheck::kVerify) {
    const auto store = LogStore::Open(directory(), {.env = env_.get()});
    if (!store) return "store refused: " + store.error().message;
    const auto log = (*store)->OpenLog("default");
    if (!log) return "log refused: " + log.error().message;
    return ReadAll(**log, 1, check);
  }

  void ExpectEvent(std::uint64_t sequence, const std::string& said) {
    const std::string expected = "event " + std::to_string(sequence) + " of log " + id_.ToString();
    EXPECT_NE(said.find(expected), std::string::npos) << said;
  }

  std::unique_ptr<rocksdb::Env> env_ = MakeLazyEnv();
  TempDirectory temp_;
  Uuid id_;
};

/// Where the sections of event 2 are: "header 2", "context 2", "body 2".
constexpr std::size_t kHeaderAt = 77;
constexpr std::size_t kContextAt = kHeaderAt + 8;
constexpr std::size_t kBodyAt = kContextAt + 9;

TEST_F(CorruptionTest, UntouchedLogReadsBack) { EXPECT_EQ(OpenAndRead(), "1 2 3 4 5 6"); }

TEST_F(CorruptionTest, FlippedByteInAnyPartOfAnEventIsNamed) {
  const std::vector<std::string> said = FlipEachByte(EventKey(id_, {2}));
  ASSERT_EQ(said.size(), kBodyAt + 6);
  for (std::size_t offset = 0; offset < said.size(); ++offset) {
    EXPECT_TRUE(said[offset].starts_with("1 error: ")) << "offset " << offset << said[offset];
    ExpectEvent(2, said[offset]);
  }
  EXPECT_EQ(OpenAndRead(), "1 2 3 4 5 6");
}

TEST_F(CorruptionTest, ReadingFromAfterAChangedEventStillChecksTheChain) {
  // The leaf hash of 3 covers that of 2; changing both bytes and hash of 2 does not help.
  Flip(EventKey(id_, {2}), 45);
  const auto store = *LogStore::Open(directory(), {.env = env_.get()});
  const auto log = *store->OpenLog("default");

  const std::string said = ReadAll(*log, 3);

  EXPECT_TRUE(said.starts_with("error: ")) << said;
  ExpectEvent(3, said);
}

TEST_F(CorruptionTest, DroppedEventIsNamed) {
  RawDatabase(directory(), env_.get()).Delete(EventKey(id_, {2}));

  for (const ReadCheck check : {ReadCheck::kVerify, ReadCheck::kTrust}) {
    const std::string said = OpenAndRead(check);
    EXPECT_TRUE(said.starts_with("1 error: ")) << said;
    ExpectEvent(2, said);
  }
}

TEST_F(CorruptionTest, SwappedEventsAreNamed) {
  {
    RawDatabase database(directory(), env_.get());
    const std::string first = database.Get(EventKey(id_, {1}));
    const std::string second = database.Get(EventKey(id_, {2}));
    database.Put(EventKey(id_, {1}), second);
    database.Put(EventKey(id_, {2}), first);
  }
  ExpectEvent(1, OpenAndRead());
}

TEST_F(CorruptionTest, SwappedEventsWithRewrittenSequencesAreNamed) {
  {
    RawDatabase database(directory(), env_.get());
    std::string first = database.Get(EventKey(id_, {1}));
    std::string second = database.Get(EventKey(id_, {2}));
    for (std::size_t i = 1; i < 17; ++i) std::swap(first[i], second[i]);  // sequence and time
    database.Put(EventKey(id_, {1}), second);
    database.Put(EventKey(id_, {2}), first);
  }
  ExpectEvent(1, OpenAndRead());
}

TEST_F(CorruptionTest, ChangedEventOfTheLastBatchRefusesTheLog) {
  for (const std::uint64_t sequence : {4U, 5U, 6U}) {
    Flip(EventKey(id_, {sequence}), kHeaderAt);
    const std::string said = OpenAndRead();
    EXPECT_TRUE(said.starts_with("log refused: ")) << said;
    ExpectEvent(sequence, said);
    Flip(EventKey(id_, {sequence}), kHeaderAt);
  }
}

TEST_F(CorruptionTest, MissingLastEventIsRefusedWithBothNumbers) {
  RawDatabase(directory(), env_.get()).Delete(EventKey(id_, {6}));

  EXPECT_NE(OpenAndRead().find("its events end at 5, its batch records at 6"), std::string::npos);
}

TEST_F(CorruptionTest, MissingBatchRecordIsRefusedWithBothNumbers) {
  RawDatabase(directory(), env_.get()).Delete(BatchKey(id_, {6}));

  EXPECT_NE(OpenAndRead().find("its events end at 6, its batch records at 3"), std::string::npos);
}

TEST_F(CorruptionTest, MissingEventBeforeTheLastBatchIsRefused) {
  RawDatabase(directory(), env_.get()).Delete(EventKey(id_, {3}));

  ExpectEvent(3, OpenAndRead());
}

TEST_F(CorruptionTest, FlippedByteInAnyPartOfTheLastBatchRecordRefusesTheLog) {
  constexpr std::size_t kBatchIdAt = 1;
  constexpr std::size_t kFirstAt = 17;
  const std::vector<std::string> said = FlipEachByte(BatchKey(id_, {6}));
  ASSERT_EQ(said.size(), 137U);
  for (std::size_t offset = 0; offset < said.size(); ++offset) {
    // A batch id is random and nothing else says what it was.
    if (offset >= kBatchIdAt && offset < kFirstAt) continue;
    EXPECT_TRUE(said[offset].starts_with("log refused: ")) << "offset " << offset << said[offset];
  }
}

TEST_F(CorruptionTest, FlippedByteInTheFrontierRefusesTheLog) {
  const std::vector<std::string> said = FlipEachByte(FrontierKey(id_));
  ASSERT_EQ(said.size(), 9U + 2U * 32U);
  for (std::size_t offset = 0; offset < said.size(); ++offset) {
    EXPECT_TRUE(said[offset].starts_with("log refused: ")) << "offset " << offset << said[offset];
  }
}

TEST_F(CorruptionTest, MissingFrontierIsRebuilt) {
  RawDatabase(directory(), env_.get()).Delete(FrontierKey(id_));
  {
    const auto store = *LogStore::Open(directory(), {.env = env_.get()});
    const auto log = *store->OpenLog("default");
    ASSERT_TRUE(AppendSamples(*log, 9));
  }
  EXPECT_EQ(OpenAndRead(), "1 2 3 4 5 6 7 8 9");
}

TEST_F(CorruptionTest, RebuiltFrontierMustGiveTheBatchsRoot) {
  Flip(EventKey(id_, {2}), 45);  // a leaf hash, which opening a log does not look at otherwise
  RawDatabase(directory(), env_.get()).Delete(FrontierKey(id_));

  EXPECT_NE(OpenAndRead().find("its tree of size 6 has root"), std::string::npos);
}

TEST_F(CorruptionTest, FrontierWithoutBatchesIsRefused) {
  {
    RawDatabase database(directory(), env_.get());
    for (const std::uint64_t sequence : {1U, 2U, 3U, 4U, 5U, 6U}) {
      database.Delete(EventKey(id_, {sequence}));
    }
    for (const std::uint64_t last : {3U, 6U}) database.Delete(BatchKey(id_, {last}));
  }
  EXPECT_TRUE(OpenAndRead().starts_with("log refused: "));
}

TEST_F(CorruptionTest, FlippedBitInATableFileIsNoticed) {
  RawDatabase(directory(), env_.get()).Flush();
  std::filesystem::path table;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  ASSERT_FALSE(table.empty());
  std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file.put('\x5a');
  file.close();

  const std::string said = OpenAndRead();
  EXPECT_NE(said.find("orruption"), std::string::npos) << said;
}

}  // namespace
}  // namespace scimledger::storage
