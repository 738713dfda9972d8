#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <random>

#include "storage/event_log.h"
#include "storage/hash.h"
#include "storage/log_store.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"
#include "tests/unit/storage/unsynced_file_system.h"

namespace scimledger::storage {
namespace {

using Ignore = UnsyncedFileSystem::Ignore;
using Unsynced = UnsyncedFileSystem::Unsynced;

constexpr int kBatchesPerLife = 40;
constexpr std::size_t kPaddingBytes = 2000;

/// With RocksDB's smallest buffer, every life writes several tables and drops write-ahead logs.
/// Only some seeds have it, because RocksDB sleeps a second when the power goes off during a flush.
std::size_t WriteBufferBytes(std::uint64_t seed) {
  return seed % 8 == 0 ? std::size_t{64} << 10U : std::size_t{1} << 20U;
}

/// What callers of a log were told, whatever happened since.
struct Acknowledged {
  Uuid log_id;
  LogHead head;
  Sequence attempted;  ///< where the batch that failed last would have ended
};

/// A log that lives through power failures.
class Disk {
 public:
  Disk(Ignore ignore, Unsynced unsynced, std::uint64_t seed)
      : ignore_(ignore),
        unsynced_(unsynced),
        write_buffer_bytes_(WriteBufferBytes(seed)),
        writes_past_cache_(seed / 8 % 2 == 0),
        random_(seed) {}

  /// Appends batches of random sizes until the power goes off at the `operation`-th change, or all
  /// are appended. Returns how many changes there were.
  std::uint64_t Live(std::uint64_t operation) {
    const auto files = std::make_shared<UnsyncedFileSystem>(root_.path(), ignore_);
    const auto env = rocksdb::NewCompositeEnv(files);
    files->PowerOffAt(operation);
    {
      const auto store = LogStore::Open(directory(), {.create_if_missing = true,
                                                      .env = env.get(),
                                                      .write_buffer_bytes = write_buffer_bytes_,
                                                      .writes_past_cache = writes_past_cache_});
      if (store) AppendBatches(**store);
    }
    const std::uint64_t operations = files->operations();
    files->RestoreSurvivors(unsynced_, random_);
    return operations;
  }

  /// "" if everything acknowledged is there and the log ends at a whole batch; else what is wrong.
  std::string Check() {
    // On files that claim to be synced, because hundreds of real syncs would take minutes.
    const auto env = rocksdb::NewCompositeEnv(
        std::make_shared<UnsyncedFileSystem>(root_.path(), Ignore::kNothing));
    const auto store = LogStore::Open(directory(), {.create_if_missing = true, .env = env.get()});
    if (!store) return "the store does not open: " + store.error().message;
    const auto log = (*store)->OpenLog("default");
    if (!log) return "the log does not open: " + log.error().message;
    const LogHead head = (*log)->head();
    if (told_.head.sequence.value > 0 && (*log)->id() != told_.log_id) return "it is another log";
    if (head.sequence != told_.head.sequence && head.sequence != told_.attempted) {
      return "the head is " + std::to_string(head.sequence.value) + ", acknowledged was " +
             std::to_string(told_.head.sequence.value) + ", attempted " +
             std::to_string(told_.attempted.value);
    }
    if (head.sequence == told_.head.sequence && head.root != told_.head.root) {
      return "the root at " + std::to_string(head.sequence.value) + " is another one";
    }
    told_.head = head;
    told_.attempted = head.sequence;
    told_.log_id = (*log)->id();
    return ReadAll(**log) == Numbers(head.sequence) ? "" : "the events are not those appended";
  }

  std::uint64_t RandomUpTo(std::uint64_t most) { return 1 + random_() % most; }

 private:
  std::filesystem::path directory() const { return root_.path() / "log"; }

  static std::string Numbers(Sequence last) {
    std::string text;
    for (std::uint64_t i = 1; i <= last.value; ++i) text += (i > 1 ? " " : "") + std::to_string(i);
    return text;
  }

  void AppendBatches(LogStore& store) {
    const auto log = store.OpenLog("default");
    if (!log) return;
    if (told_.head.sequence.value == 0) {
      told_.log_id = (*log)->id();
      told_.head = (*log)->head();
    }
    for (int i = 0; i < kBatchesPerLife; ++i) {
      told_.attempted = Sequence{told_.head.sequence.value + RandomUpTo(8)};
      const auto head = AppendSamples(**log, told_.attempted.value, kPaddingBytes);
      if (!head) return;
      told_.head = *head;
    }
  }

  const Ignore ignore_;
  const Unsynced unsynced_;
  const std::size_t write_buffer_bytes_;
  const bool writes_past_cache_;
  std::mt19937_64 random_;
  TempDirectory root_;
  Acknowledged told_{.log_id = {}, .head = {.sequence = {}, .root = Sha256({})}, .attempted = {}};
};

constexpr std::uint64_t kOperationsNever = ~std::uint64_t{0} >> 1U;

/// About how many changes a life has that is not cut off.
std::uint64_t OperationsOfAWholeLife(std::uint64_t seed) {
  static const std::uint64_t with_flushes =
      Disk(Ignore::kNothing, Unsynced::kLost, 0).Live(kOperationsNever);
  static const std::uint64_t without =
      Disk(Ignore::kNothing, Unsynced::kLost, 1).Live(kOperationsNever);
  return WriteBufferBytes(seed) == WriteBufferBytes(0) ? with_flushes : without;
}

/// Three lives, each ended at a random change; what the first Check with an answer says.
std::string ThreeLives(Ignore ignore, Unsynced unsynced, std::uint64_t seed) {
  Disk disk(ignore, unsynced, seed);
  for (int life = 0; life < 3; ++life) {
    disk.Live(disk.RandomUpTo(OperationsOfAWholeLife(seed)));
    if (std::string wrong = disk.Check(); !wrong.empty()) return wrong;
  }
  return "";
}

constexpr std::uint64_t kSeeds = 24;

TEST(PowerLossTest, AcknowledgedBatchesSurviveWithoutUnsyncedBytes) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    EXPECT_EQ(ThreeLives(Ignore::kNothing, Unsynced::kLost, seed), "") << "seed " << seed;
  }
}

TEST(PowerLossTest, AcknowledgedBatchesSurviveWithTornWrites) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    EXPECT_EQ(ThreeLives(Ignore::kNothing, Unsynced::kRandomPrefixKept, seed), "")
        << "seed " << seed;
  }
}

TEST(PowerLossTest, EveryChangeWhileCreatingAndAppendingFirst) {
  for (std::uint64_t operation = 1; operation <= 60; ++operation) {
    Disk disk(Ignore::kNothing, Unsynced::kLost, operation);
    disk.Live(operation);
    EXPECT_EQ(disk.Check(), "") << "power off at change " << operation;
  }
}

// The tests above must be able to fail: a disk that lies about syncs loses what was acknowledged.

int LivesWithLoss(Ignore ignore) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    lost += ThreeLives(ignore, Unsynced::kLost, seed).empty() ? 0 : 1;
  }
  return lost;
}

TEST(PowerLossTest, IgnoredFileSyncsLoseAcknowledgedBatches) {
  EXPECT_GE(LivesWithLoss(Ignore::kFileSyncs), 8);
}

TEST(PowerLossTest, IgnoredDirectorySyncsLoseAcknowledgedBatches) {
  EXPECT_GE(LivesWithLoss(Ignore::kDirectorySyncs), 8);
}

}  // namespace
}  // namespace scimledger::storage
