#include "engine/writer.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <limits>
#include <mutex>
#include <thread>

#include "fake_state.h"
#include "sample_commands.h"
#include "storage/memory_event_log.h"

namespace scimledger {
namespace {

using storage::ErrorCode;

class FakeClock final : public Clock {
 public:
  std::int64_t NowUs() override { return now_us; }
  std::atomic<std::int64_t> now_us = 1'000'000'000'000'000;
};

/// An in-memory log whose appends can be held back and made to fail.
class ScriptedLog final : public storage::EventLog {
 public:
  enum class Fate { kLost, kStored };  ///< of a batch whose append fails

  Uuid id() const override { return log_->id(); }
  storage::LogHead head() const override { return log_->head(); }
  storage::Result<storage::LogHead> Append(const storage::Batch& batch) override {
    std::unique_lock lock(mutex_);
    const int number = ++appends;
    entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return number < held_from_; });
    EXPECT_FALSE(needs_reopen_) << "appended to a log that failed and was not reopened";
    if (appends != failing_append_) return log_->Append(batch);
    needs_reopen_ = true;
    if (fate_ == Fate::kStored) {
      EXPECT_TRUE(log_->Append(batch));
    }
    return storage::Fail(failure_, "scripted");
  }
  storage::Result<storage::LogHead> Reopen() override {
    const std::lock_guard lock(mutex_);
    ++reopens;
    if (failing_reopens_ > 0) {
      --failing_reopens_;
      return storage::Fail(ErrorCode::kNoSpace, "scripted");
    }
    needs_reopen_ = false;
    return log_->Reopen();
  }
  storage::Result<std::unique_ptr<storage::EventReader>> Read(
      Sequence from, storage::ReadCheck check) const override {
    return log_->Read(from, check);
  }
  storage::Result<Sequence> SequenceAt(std::int64_t time_us) const override {
    return log_->SequenceAt(time_us);
  }

  /// The append with this number, from 1.
  void FailAppend(int number, ErrorCode code, Fate fate) {
    const std::lock_guard lock(mutex_);
    failing_append_ = number;
    failure_ = code;
    fate_ = fate;
  }
  void FailReopens(int count) {
    const std::lock_guard lock(mutex_);
    failing_reopens_ = count;
  }
  void Hold() { HoldFrom(0); }
  /// Appends from this number on wait; those before go on.
  void HoldFrom(int number) {
    const std::lock_guard lock(mutex_);
    held_from_ = number;
    entered_ = false;
    changed_.notify_all();
  }
  void AwaitAppend() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return entered_; });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    held_from_ = kNone;
    changed_.notify_all();
  }

  std::atomic<int> appends = 0;
  std::atomic<int> reopens = 0;

 private:
  std::unique_ptr<storage::EventLog> log_ = storage::MakeMemoryEventLog(IdOf(0x1065));
  std::mutex mutex_;
  std::condition_variable changed_;
  int failing_append_ = 0;
  ErrorCode failure_{};
  Fate fate_ = Fate::kLost;
  int failing_reopens_ = 0;
  bool needs_reopen_ = false;
  static constexpr int kNone = std::numeric_limits<int>::max();
  int held_from_ = kNone;
  bool entered_ = false;
};

using Answer = std::future<Result<Outcome>>;

class WriterTest : public testing::Test {
 protected:
  void Start(WriterOptions options = {}) {
    writer_ = std::make_unique<Writer>(log_, state_, clock_, std::move(options));
  }

  Answer Submit(Command command) {
    auto promise = std::make_shared<std::promise<Result<Outcome>>>();
    Answer answer = promise->get_future();
    writer_->Submit(std::move(command),
                    [promise](Result<Outcome> outcome) { promise->set_value(std::move(outcome)); });
    return answer;
  }

  Result<Outcome> Run(Command command) { return Submit(std::move(command)).get(); }

  /// 0 when the command was accepted.
  int Status(Command command) {
    const auto outcome = Run(std::move(command));
    return outcome ? 0 : outcome.error().status;
  }

  /// The state folded from the log alone.
  std::string Replayed() {
    FakeState replayed;
    const auto caught_up = replayed.CatchUp(log_);
    EXPECT_TRUE(caught_up) << caught_up.error().message;
    return replayed.Render();
  }

  ScriptedLog log_;
  FakeState state_;
  FakeClock clock_;
  SampleCommands samples_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, AnswersWithSequenceAndRow) {
  Start();
  const auto created = Run(samples_.CreateUser(IdOf(1), "jane"));
  ASSERT_TRUE(created) << created.error().detail;
  EXPECT_EQ(created->sequence.value, 1U);
  EXPECT_EQ(created->events, 1U);
  EXPECT_EQ(created->resource, state_.FindResource(IdOf(1)));

  const auto no_op = Run(samples_.Replace("User", IdOf(1), R"({"userName":"jane"})"));
  ASSERT_TRUE(no_op);
  EXPECT_EQ(no_op->sequence.value, 1U);
  EXPECT_EQ(no_op->events, 0U);
  EXPECT_EQ(no_op->resource, state_.FindResource(IdOf(1)));

  const auto deleted = Run(samples_.Delete("User", IdOf(1)));
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->sequence.value, 2U);
  EXPECT_EQ(deleted->resource, nullptr);
  EXPECT_EQ(log_.appends, 2) << "a no-op touched the log";
  EXPECT_EQ(Replayed(), state_.Render());
}

// rows: P8
TEST_F(WriterTest, ExactlyOneOfManyRacingCreatesSucceeds) {
  Start();
  constexpr int kThreads = 8;
  constexpr int kNames = 25;
  std::vector<Command> commands[kThreads];
  for (int t = 0; t < kThreads; ++t) {
    for (int n = 0; n < kNames; ++n) {
      commands[t].push_back(samples_.CreateUser(IdOf(static_cast<std::uint64_t>(t * 1000 + n + 1)),
                                                fmt::format("name{}", n)));
    }
  }
  std::atomic<int> accepted = 0;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (auto& own : commands) {
    threads.emplace_back([&] {
      for (Command& command : own) {
        const int status = Status(std::move(command));
        if (status == 0) ++accepted;
        if (status == 409) ++conflicts;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(accepted, kNames);
  EXPECT_EQ(conflicts, kNames * (kThreads - 1));
  EXPECT_EQ(log_.head().sequence.value, static_cast<std::uint64_t>(kNames));
  EXPECT_EQ(Replayed(), state_.Render());
}

/// Each round all threads want to be the ones who make the next version. The log is held back until
/// all wait, so that they are decided in one batch, over what is not committed yet.
// rows: V6
TEST_F(WriterTest, ExactlyOneOfManyRacingWritesWithOneVersionSucceeds) {
  Start();
  constexpr std::size_t kThreads = 8;
  constexpr std::uint64_t kRounds = 10;
  ASSERT_TRUE(Run(samples_.CreateUser(IdOf(1), "jane")));
  for (std::uint64_t version = 1; version <= kRounds; ++version) {
    std::vector<Command> commands;
    for (std::size_t t = 0; t < kThreads; ++t) {
      ExpectedVersion expected;
      expected.versions = {version};
      const std::string title = fmt::format("{} by {}", version, t);
      commands.push_back(
          t % 2 == 0
              ? samples_.Patch(
                    "User", IdOf(1),
                    fmt::format(R"([{{"op":"add","path":"title","value":"{}"}}])", title), expected)
              : samples_.Replace("User", IdOf(1),
                                 fmt::format(R"({{"userName":"jane","title":"{}"}})", title),
                                 expected));
    }
    const bool is_one_batch = version % 2 == 0;
    if (is_one_batch) log_.Hold();
    Answer earlier = Submit(samples_.CreateUser(IdOf(100 + version), fmt::format("u{}", version)));
    if (is_one_batch) log_.AwaitAppend();
    std::vector<Answer> answers(kThreads);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] { answers[t] = Submit(std::move(commands[t])); });
    }
    for (std::thread& thread : threads) thread.join();
    if (is_one_batch) log_.Release();

    EXPECT_TRUE(earlier.get());
    std::size_t accepted = 0;
    for (Answer& answer : answers) {
      const auto outcome = answer.get();
      if (outcome) {
        ++accepted;
        EXPECT_EQ(outcome->resource->version, version + 1);
      } else {
        EXPECT_EQ(outcome.error().status, 412) << outcome.error().detail;
      }
    }
    EXPECT_EQ(accepted, 1U);
  }
  writer_->Stop();
  EXPECT_EQ(state_.FindResource(IdOf(1))->version, 1 + kRounds);
  EXPECT_EQ(log_.head().sequence.value, 1 + 2 * kRounds);
  EXPECT_EQ(Replayed(), state_.Render());
}

// rows: A43
TEST_F(WriterTest, ConcurrentMemberAddsAllSurvive) {
  Start();
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kMembers = 20;
  ASSERT_TRUE(Run(samples_.CreateGroup(IdOf(1), "staff")));
  std::vector<Command> adds[kThreads];
  for (std::uint64_t i = 0; i < kThreads * kMembers; ++i) {
    ASSERT_TRUE(Run(samples_.CreateUser(IdOf(100 + i), fmt::format("user{}", i))));
    adds[i % kThreads].push_back(samples_.AddMember(IdOf(1), IdOf(100 + i)));
  }
  std::vector<std::thread> threads;
  for (auto& own : adds) {
    threads.emplace_back([&] {
      for (Command& command : own) EXPECT_EQ(Status(std::move(command)), 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer_->Stop();

  for (std::uint64_t i = 0; i < kThreads * kMembers; ++i) {
    EXPECT_TRUE(state_.IsMember(IdOf(1), IdOf(100 + i)));
  }
  EXPECT_EQ(state_.FindResource(IdOf(1))->version, 1 + kThreads * kMembers);
  EXPECT_EQ(Replayed(), state_.Render());
}

TEST_F(WriterTest, CommandsThatWaitShareOneAppend) {
  Start();
  log_.Hold();
  std::vector<Answer> answers;
  answers.push_back(Submit(samples_.CreateUser(IdOf(1), "user1")));
  log_.AwaitAppend();
  for (std::uint64_t i = 2; i <= 50; ++i) {
    answers.push_back(Submit(samples_.CreateUser(IdOf(i), fmt::format("user{}", i))));
  }
  Answer conflict = Submit(samples_.CreateUser(IdOf(99), "USER50"));
  log_.Release();

  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto outcome = answers[i].get();
    ASSERT_TRUE(outcome) << outcome.error().detail;
    EXPECT_EQ(outcome->sequence.value, i + 1);
  }
  EXPECT_EQ(conflict.get().error().status, 409);
  EXPECT_EQ(log_.appends, 2);
  EXPECT_EQ(state_.commits, 2U);
}

TEST_F(WriterTest, ABatchEndsAtItsLimit) {
  Start({.batch_events_max = 10});
  log_.Hold();
  std::vector<Answer> answers;
  answers.push_back(Submit(samples_.CreateUser(IdOf(1), "user1")));
  log_.AwaitAppend();
  for (std::uint64_t i = 2; i <= 31; ++i) {
    answers.push_back(Submit(samples_.CreateUser(IdOf(i), fmt::format("user{}", i))));
  }
  log_.Release();
  for (Answer& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_EQ(log_.appends, 4);
}

TEST_F(WriterTest, ATooLargeCommandLeavesNoTraceInItsBatch) {
  Start();
  log_.Hold();
  Answer first = Submit(samples_.CreateUser(IdOf(1), "user1"));
  log_.AwaitAppend();
  Answer before = Submit(samples_.CreateUser(IdOf(2), "user2"));
  Command huge = samples_.CreateUser(IdOf(3), "user3");
  std::get<CreateResource>(huge.body).draft.attributes.Set(
      samples_.AttributeAt("User", "title"), Value(std::string(kCommandBytesMax, 'x')));
  Answer refused = Submit(std::move(huge));
  Answer after = Submit(samples_.CreateUser(IdOf(4), "user3"));
  log_.Release();

  EXPECT_TRUE(first.get());
  EXPECT_EQ(before.get()->sequence.value, 2U);
  EXPECT_EQ(refused.get().error().status, 413);
  EXPECT_EQ(after.get()->sequence.value, 3U) << "the refused command took a sequence";
  EXPECT_EQ(state_.FindResource(IdOf(3)), nullptr);
  EXPECT_EQ(Replayed(), state_.Render());
}

TEST_F(WriterTest, AFullQueueRefusesAtOnce) {
  Start({.queue_max = 2});
  log_.Hold();
  Answer in_batch = Submit(samples_.CreateUser(IdOf(1), "user1"));
  log_.AwaitAppend();
  Answer second = Submit(samples_.CreateUser(IdOf(2), "user2"));
  Answer third = Submit(samples_.CreateUser(IdOf(3), "user3"));

  const auto refused = Run(samples_.CreateUser(IdOf(4), "user4"));

  EXPECT_EQ(refused.error().status, 503);
  log_.Release();
  EXPECT_TRUE(in_batch.get());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(third.get());
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(4), "user4")), 0) << "there is room again";
}

TEST_F(WriterTest, StopAnswersWhatWaitsAndRefusesWhatComesLater) {
  Start();
  log_.Hold();
  std::vector<Answer> answers;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    answers.push_back(Submit(samples_.CreateUser(IdOf(i), fmt::format("user{}", i))));
  }
  log_.AwaitAppend();
  std::thread stopping([this] { writer_->Stop(); });
  log_.Release();
  stopping.join();

  for (Answer& answer : answers) {
    ASSERT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_TRUE(answer.get());
  }
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(99), "late")), 503);
  writer_->Stop();
}

TEST_F(WriterTest, RecordedTimesNeverDecrease) {
  Start();
  const std::int64_t start_us = clock_.now_us;
  ASSERT_TRUE(Run(samples_.CreateUser(IdOf(1), "user1")));
  clock_.now_us = start_us - 5'000'000;
  ASSERT_TRUE(Run(samples_.CreateUser(IdOf(2), "user2")));
  writer_->Stop();

  FakeState other;
  ASSERT_TRUE(other.CatchUp(log_));
  writer_ = std::make_unique<Writer>(log_, other, clock_, WriterOptions{});
  ASSERT_TRUE(Run(samples_.CreateUser(IdOf(3), "user3")));
  clock_.now_us = start_us + 1;
  ASSERT_TRUE(Run(samples_.CreateUser(IdOf(4), "user4")));

  const auto reader = log_.Read({1}, storage::ReadCheck::kVerify);
  std::vector<std::tuple<std::int64_t, std::int64_t, bool>> times;
  for (int i = 0; i < 4; ++i) {
    const auto event = DecodeEvent(*samples_.registry, **(*reader)->Next());
    times.emplace_back(event->time_us - start_us, event->clock_us - start_us,
                       event->clock_stepped_back);
  }
  EXPECT_EQ(times,
            (decltype(times){
                {0, 0, false}, {0, -5'000'000, true}, {0, -5'000'000, true}, {1, 1, false}}));
}

struct Failure {
  ErrorCode code;
  ScriptedLog::Fate fate;
  int status;
};

class WriterFailureTest : public WriterTest, public testing::WithParamInterface<Failure> {};

/// One batch is stored; the next one holds a create, a refusal and a no-op that rest on it, and
/// fails.
TEST_P(WriterFailureTest, EveryCallerOfTheBatchIsToldAndTheLogDecides) {
  const Failure& failure = GetParam();
  Start();
  log_.Hold();
  Answer first = Submit(samples_.CreateUser(IdOf(1), "user1"));
  log_.AwaitAppend();
  log_.FailAppend(2, failure.code, failure.fate);
  Answer create = Submit(samples_.CreateUser(IdOf(2), "user2"));
  Answer refusal = Submit(samples_.CreateUser(IdOf(3), "user2"));
  Answer no_op = Submit(samples_.Replace("User", IdOf(2), R"({"userName":"user2"})"));
  log_.Release();

  EXPECT_TRUE(first.get());
  for (Answer* answer : {&create, &refusal, &no_op}) {
    const auto outcome = answer->get();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().status, failure.status) << outcome.error().detail;
  }

  const bool stored = failure.fate == ScriptedLog::Fate::kStored;
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(4), "user2")), stored ? 409 : 0);
  writer_->Stop();
  EXPECT_EQ(state_.FindResource(IdOf(2)) != nullptr, stored);
  EXPECT_EQ(log_.reopens, 1);
  EXPECT_EQ(state_.catch_ups, 1U);
  EXPECT_EQ(log_.head().sequence.value, 2U);
  EXPECT_EQ(Replayed(), state_.Render());
}

INSTANTIATE_TEST_SUITE_P(
    Outcomes, WriterFailureTest,
    testing::Values(Failure{ErrorCode::kUnavailable, ScriptedLog::Fate::kLost, 503},
                    Failure{ErrorCode::kUnavailable, ScriptedLog::Fate::kStored, 503},
                    Failure{ErrorCode::kNoSpace, ScriptedLog::Fate::kLost, 507},
                    Failure{ErrorCode::kNoSpace, ScriptedLog::Fate::kStored, 507},
                    Failure{ErrorCode::kConflict, ScriptedLog::Fate::kLost, 503}));

/// A refusal and a no-op too, where they rest on what is on its way to the disk.
TEST_F(WriterTest, NothingIsAnsweredBeforeWhatItRestsOnIsDurable) {
  Start();
  log_.Hold();
  Answer alone = Submit(samples_.CreateUser(IdOf(1), "user1"));
  log_.AwaitAppend();
  Answer create = Submit(samples_.CreateUser(IdOf(2), "user2"));
  Answer refusal = Submit(samples_.CreateUser(IdOf(3), "user2"));
  Answer no_op = Submit(samples_.Replace("User", IdOf(2), R"({"userName":"user2"})"));
  log_.HoldFrom(2);
  EXPECT_TRUE(alone.get());
  log_.AwaitAppend();

  for (Answer* answer : {&create, &refusal, &no_op}) {
    EXPECT_EQ(answer->wait_for(std::chrono::milliseconds(10)), std::future_status::timeout);
  }
  EXPECT_EQ(state_.FindResource(IdOf(2)), nullptr) << "visible before it is durable";
  log_.Release();

  EXPECT_TRUE(create.get());
  EXPECT_EQ(refusal.get().error().status, 409);
  EXPECT_EQ(no_op.get()->events, 0U);
}

TEST_F(WriterTest, UniqueKeysAreThoseOfTheSettingsInForce) {
  Start();
  const auto set_free = [&](bool is_free) {
    return samples_.Make(ChangeSettings{{{Setting::kGroupDisplayName, is_free}}});
  };
  ASSERT_TRUE(Run(set_free(true)));
  log_.Hold();
  Answer first = Submit(samples_.CreateUser(IdOf(1), "user1"));
  log_.AwaitAppend();
  Answer group = Submit(samples_.CreateGroup(IdOf(2), "staff"));
  Answer settings = Submit(set_free(false));
  Answer twin = Submit(samples_.CreateGroup(IdOf(3), "Staff"));
  Answer last = Submit(samples_.CreateUser(IdOf(4), "user4"));
  log_.Release();

  EXPECT_TRUE(group.get());
  EXPECT_TRUE(settings.get());
  const auto refused = twin.get();
  ASSERT_FALSE(refused) << "two groups of one name";
  EXPECT_EQ(refused.error().status, 409);
  EXPECT_TRUE(last.get());
}

/// Creates that collide, members and deletes, in batches of a few events each.
TEST_F(WriterTest, ManySmallBatchesLeaveWhatTheLogSays) {
  Start({.batch_events_max = 3});
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kRounds = 150;
  ASSERT_TRUE(Run(samples_.CreateGroup(IdOf(1), "staff")));
  std::vector<Command> commands[kThreads];
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      const ResourceId id = IdOf(1000 * (t + 1) + i);
      commands[t].push_back(samples_.CreateUser(id, fmt::format("user{}", (t * 7 + i) % 200)));
      commands[t].push_back(samples_.AddMember(IdOf(1), id));
      if (i % 3 == 0) commands[t].push_back(samples_.Delete("User", id));
    }
  }
  std::atomic<int> events = 1;
  std::vector<std::thread> threads;
  for (auto& own : commands) {
    threads.emplace_back([&] {
      std::vector<Answer> answers;
      for (Command& command : own) answers.push_back(Submit(std::move(command)));
      for (Answer& answer : answers) {
        if (const auto outcome = answer.get()) events += static_cast<int>(outcome->events);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer_->Stop();

  EXPECT_EQ(log_.head().sequence.value, static_cast<std::uint64_t>(events));
  EXPECT_EQ(Replayed(), state_.Render());
}

TEST_F(WriterTest, ALogThatCannotBeReopenedIsTriedAtMostOnceASecond) {
  Start();
  log_.FailAppend(1, ErrorCode::kUnavailable, ScriptedLog::Fate::kLost);
  log_.FailReopens(2);
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(1), "user1")), 503);

  EXPECT_EQ(Status(samples_.CreateUser(IdOf(1), "user1")), 507);
  EXPECT_EQ(log_.reopens, 1) << "within the second";
  clock_.now_us += 1'000'000;
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(1), "user1")), 507);
  EXPECT_EQ(log_.reopens, 2);
  clock_.now_us += 1'000'000;
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(1), "user1")), 0);
  EXPECT_EQ(log_.reopens, 3);
  EXPECT_EQ(Replayed(), state_.Render());
}

TEST_F(WriterTest, AFailedSyncIsReportedAndNothingIsAppendedAfterIt) {
  std::atomic<int> reported = 0;
  Start({.on_sync_failed = [&](const storage::Error& error) {
    EXPECT_EQ(error.code, ErrorCode::kSyncFailed);
    ++reported;
  }});
  log_.FailAppend(1, ErrorCode::kSyncFailed, ScriptedLog::Fate::kLost);

  EXPECT_EQ(Status(samples_.CreateUser(IdOf(1), "user1")), 503);
  clock_.now_us += 10'000'000;
  EXPECT_EQ(Status(samples_.CreateUser(IdOf(2), "user2")), 503);

  EXPECT_EQ(reported, 1);
  EXPECT_EQ(log_.appends, 1);
  EXPECT_EQ(log_.reopens, 0);
}

TEST_F(WriterTest, WithoutAHandlerAFailedSyncEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Start();
        log_.FailAppend(1, ErrorCode::kSyncFailed, ScriptedLog::Fate::kLost);
        Status(samples_.CreateUser(IdOf(1), "user1"));
      },
      testing::ExitedWithCode(4), "scripted; the log may not be durable, stopping at once");
}

}  // namespace
}  // namespace scimledger
