#include "api/replay_export.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "api/replayed_tenant.h"
#include "api/snapshot_keeper.h"
#include "projections/past_directory.h"
#include "tests/unit/api/service_fixture.h"

namespace scimledger::api {
namespace {

/// Remembers from where it was last read on, other than one event.
class WatchedLog final : public storage::EventLog {
 public:
  explicit WatchedLog(const storage::EventLog& log) : log_(log) {}
  Uuid id() const override { return log_.id(); }
  storage::LogHead head() const override { return log_.head(); }
  storage::Result<storage::LogHead> Append(const storage::Batch& /*batch*/) override {
    return storage::Fail(storage::ErrorCode::kInvalid, "only read");
  }
  storage::Result<storage::LogHead> Reopen() override { return log_.head(); }
  storage::Result<std::unique_ptr<storage::EventReader>> Read(
      Sequence from, storage::ReadCheck check) const override {
    if (check == storage::ReadCheck::kVerify && !first_read) first_read = from;
    return log_.Read(from, check);
  }
  storage::Result<Sequence> SequenceAt(std::int64_t time_us) const override {
    return log_.SequenceAt(time_us);
  }

  mutable std::optional<Sequence> first_read;

 private:
  const storage::EventLog& log_;
};

/// `replay --into`, killed and begun again.
class ReplayExportTest : public ServiceTest {
 protected:
  ReplayExportTest() {
    for (int i = 0; i < 30; ++i) CreateUser(fmt::format("user{}", i));
    target_ = directory_ / "target";
  }

  /// Digest of the state at `until`, and from where the log was read.
  std::pair<Hash, Sequence> Replay(std::uint64_t until, const std::filesystem::path& target,
                                   std::uint64_t interval = 10) {
    const WatchedLog log(*log_);
    const auto directory = ReplayResuming(log, Sequence{until}, target, interval, nullptr, {});
    EXPECT_TRUE(directory) << directory.error().message;
    if (!directory) return {};
    EXPECT_EQ((*directory)->position(), Sequence{until});
    return {StateDigest(*(*directory)->Freeze()), log.first_read.value_or(Sequence{0})};
  }

  storage::Manifest ManifestOf(const projections::DirectoryView& view) const {
    return {"default",        log_->id(), view.sequence(), 1, *LeafHashAt(*log_, view.sequence()),
            StateDigest(view)};
  }

  struct Made {
    std::unique_ptr<projections::Directory> directory;
    std::unique_ptr<projections::History> history;
  };
  Made MakeBoth(std::uint64_t until) {
    auto history = BeginHistory(*log_, Sequence{until}, target_);
    EXPECT_TRUE(history) << history.error().message;
    auto directory = ReplayResuming(*log_, Sequence{until}, target_, 10, history->get(), {});
    EXPECT_TRUE(directory) << directory.error().message;
    const auto come = (*history)->WaitFor(
        Sequence{until}, std::chrono::steady_clock::now() + std::chrono::seconds(60));
    EXPECT_TRUE(come) << come.error().message;
    EXPECT_EQ((*history)->position(), Sequence{until});
    return {*std::move(directory), *std::move(history)};
  }

  void ExpectMomentsOf(Made made) {
    const std::shared_ptr<projections::History> history = std::move(made.history);
    for (std::uint64_t at = 0; at < made.directory->position().value; at += 3) {
      const projections::PastDirectory past(history, *made.directory, Sequence{at});
      EXPECT_EQ(StateDigest(*past.Freeze()), Replay(at, {}).first) << at;
    }
  }

  std::filesystem::path target_;
};

TEST_F(ReplayExportTest, AKilledReplayGoesOnFromWhatItKept) {
  const Hash wanted = Replay(30, {}).first;
  Replay(25, target_);
  EXPECT_TRUE(CheckMayHoldReplay(target_)) << "what was left is no hindrance";
  EXPECT_EQ(Replay(30, target_), std::pair(wanted, Sequence{21}));
}

TEST_F(ReplayExportTest, AnEarlierMomentBeginsAtZero) {
  const Hash wanted = Replay(15, {}).first;
  Replay(25, target_);
  EXPECT_EQ(Replay(15, target_), std::pair(wanted, Sequence{1}));
}

TEST_F(ReplayExportTest, WhatWasCutOffIsNotUsed) {
  Replay(25, target_);
  std::filesystem::resize_file(target_ / "replay.partial", 100);
  EXPECT_EQ(Replay(30, target_), std::pair(Replay(30, {}).first, Sequence{1}));
  std::filesystem::remove_all(target_);
  std::filesystem::create_directories(target_);
  std::ofstream(target_ / "replay.partial.partial") << "cut";
  EXPECT_TRUE(CheckMayHoldReplay(target_));
  std::ofstream(target_ / "manifest") << "of another replay";
  EXPECT_FALSE(CheckMayHoldReplay(target_));
}

TEST_F(ReplayExportTest, AFinishedReplayKeepsNothingOfItsWay) {
  Replay(25, target_);
  const auto directory = ReplayResuming(*log_, Sequence{30}, target_, 10, nullptr, {});
  ASSERT_TRUE(directory);
  const auto view = (*directory)->Freeze();
  ASSERT_TRUE(WriteReplay(*view, nullptr, ManifestOf(*view), target_));
  EXPECT_FALSE(std::filesystem::exists(target_ / "replay.partial"));
  EXPECT_FALSE(CheckMayHoldReplay(target_));
}

TEST_F(ReplayExportTest, TheHistoryGoesWithItAndAnswersEarlierMoments) {
  Made made = MakeBoth(20);
  const auto view = made.directory->Freeze();
  const storage::Manifest manifest = ManifestOf(*view);
  ASSERT_TRUE(WriteReplay(*view, std::move(made.history), manifest, target_));
  EXPECT_FALSE(CheckMayHoldReplay(target_));

  const auto tenant = OpenReplayedTenant(manifest, target_ / "projections", clock_);
  ASSERT_TRUE(tenant) << tenant.error().message;
  ASSERT_NE((*tenant)->history(), nullptr);
  EXPECT_EQ((*tenant)->history()->position(), Sequence{20});
  for (const std::uint64_t at : {0U, 1U, 7U, 19U}) {
    const projections::PastDirectory past((*tenant)->history(), (*tenant)->directory(),
                                          Sequence{at});
    EXPECT_EQ(StateDigest(*past.Freeze()), Replay(at, {}).first) << at;
  }
  for (std::int64_t seconds = -1; seconds < 40; ++seconds) {
    const std::int64_t time_us = SteppingClock::kStartUs + seconds * 1'000'000;
    EXPECT_EQ(*(*tenant)->log().SequenceAt(time_us),
              std::min(*log_->SequenceAt(time_us), Sequence{20}));
  }
}

TEST_F(ReplayExportTest, AKilledHistoryGoesOnAndAnEarlierMomentBeginsAnew) {
  MakeBoth(12);
  EXPECT_TRUE(CheckMayHoldReplay(target_)) << "what was left is no hindrance";
  ExpectMomentsOf(MakeBoth(25));
  ExpectMomentsOf(MakeBoth(15));
}

TEST_F(ReplayExportTest, AHistoryThatIsBehindTheDirectoryReadsTheLogForTheRest) {
  Replay(25, target_);
  ExpectMomentsOf(MakeBoth(30));
}

TEST_F(ReplayExportTest, AHistoryThatIsAheadOfTheDirectoryGoesOnFromWhereItIs) {
  MakeBoth(28);
  std::filesystem::remove(target_ / "replay.partial");
  ExpectMomentsOf(MakeBoth(30));
}

}  // namespace
}  // namespace scimledger::api
