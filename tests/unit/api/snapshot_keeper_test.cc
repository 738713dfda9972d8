#include "api/snapshot_keeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "engine/writer.h"
#include "storage/hash.h"
#include "storage/memory_event_log.h"
#include "tests/unit/engine/sample_commands.h"

namespace scimledger::api {
namespace {

class StoppedClock final : public Clock {
 public:
  std::int64_t NowUs() override { return 1'795'428'000'000'000; }
};

class SnapshotKeeperTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kInterval = 10;

  ~SnapshotKeeperTest() override { std::filesystem::remove_all(path_); }

  void Create(std::uint64_t users) {
    for (std::uint64_t i = 0; i < users; ++i) {
      const std::uint64_t number = ++created_;
      std::promise<bool> accepted;
      writer_.Submit(commands_.CreateUser(IdOf(number), "user" + std::to_string(number)),
                     [&](Result<Outcome> outcome) { accepted.set_value(outcome.has_value()); });
      ASSERT_TRUE(accepted.get_future().get());
    }
  }

  /// One that rests for many minutes after it wrote a snapshot, however fast it was.
  std::unique_ptr<SnapshotKeeper> Make() {
    std::filesystem::create_directories(path_);
    return std::make_unique<SnapshotKeeper>(
        *log_, *directory_,
        SnapshotKeeper::Options{.file = path_ / "directory.snapshot",
                                .index_file = path_ / "index.snapshot",
                                .interval = kInterval,
                                .rest_factor = 1'000'000,
                                .last = {},
                                .notice = {}});
  }

  bool WaitUntilWritten(SnapshotKeeper& keeper, Sequence sequence,
                        std::chrono::milliseconds most) const {
    const auto until = std::chrono::steady_clock::now() + most;
    while (keeper.written() < sequence && std::chrono::steady_clock::now() < until) {
      keeper.Consider(directory_->position());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return keeper.written() >= sequence;
  }

  const std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                      ("scimledger_keeper_" + storage::RandomUuid().ToString());
  std::unique_ptr<storage::EventLog> log_ = storage::MakeMemoryEventLog(IdOf(0x1065));
  std::unique_ptr<projections::Directory> directory_ = projections::Directory::Make();
  StoppedClock clock_;
  Writer writer_{*log_, *directory_, clock_, {}};
  SampleCommands commands_;
  std::uint64_t created_ = 0;
};

TEST_F(SnapshotKeeperTest, WritesAfterAnIntervalAndThenRestsButNotForManyIntervals) {
  const auto keeper = Make();
  Create(kInterval - 1);
  EXPECT_FALSE(WaitUntilWritten(*keeper, {1}, std::chrono::milliseconds(50))) << "nothing is due";

  Create(1);
  ASSERT_TRUE(WaitUntilWritten(*keeper, {kInterval}, std::chrono::seconds(60)));

  Create((SnapshotKeeper::kIntervalsMax - 1) * kInterval);
  EXPECT_FALSE(WaitUntilWritten(*keeper, {kInterval + 1}, std::chrono::milliseconds(50)))
      << "it does not rest";

  Create(kInterval);
  EXPECT_TRUE(WaitUntilWritten(*keeper, directory_->position(), std::chrono::seconds(60)))
      << "a start after a crash would replay more and more";
}

}  // namespace
}  // namespace scimledger::api
