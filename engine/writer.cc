#include "engine/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/group_run.h"
#include "engine/writer_batch.h"
#include "storage/hash.h"
#include "storage/thread_name.h"

namespace scimledger {
namespace {

constexpr std::int64_t kReopenIntervalUs = 1'000'000;
constexpr int kExitIoFailure = 4;

void ExitAfterFailedSync(const storage::Error& error) {
  fmt::print(stderr, "scimledger: {}; the log may not be durable, stopping at once\n",
             error.message);
  std::_Exit(kExitIoFailure);
}

int StatusOf(const storage::Error& error) {
  return error.code == storage::ErrorCode::kNoSpace ? 507 : 503;
}

ScimError OutcomeUnknown(const storage::Error& error) {
  const bool is_full = error.code == storage::ErrorCode::kNoSpace;
  return {StatusOf(error), ScimType::kNone,
          fmt::format("The log could not be written{}: it is not known whether this change was "
                      "stored. Read the resource before repeating the request",
                      is_full ? " because the disk is full" : "")};
}

ScimError NothingWritten(const storage::Error& error) {
  const bool is_full = error.code == storage::ErrorCode::kNoSpace;
  return {StatusOf(error), ScimType::kNone,
          fmt::format("The log is not writable since an earlier failure{}: this change was not "
                      "stored. Try again later",
                      is_full ? " because the disk is full" : "")};
}

}  // namespace

class Writer::Loop {
 public:
  Loop(storage::EventLog& log, CommitTarget& target, Clock& clock, WriterOptions options)
      : log_(log), target_(target), clock_(clock), options_(std::move(options)) {
    if (!options_.on_sync_failed) options_.on_sync_failed = ExitAfterFailedSync;
    TakeOverHead();
    thread_ = std::thread([this] { Run(); });
  }

  void Submit(Command&& command, Done done) {
    Prepare(*command.registry, command.body);
    Waiting waiting{std::make_unique<Command>(std::move(command)), std::move(done), nullptr};
    if (auto refused = Queue(waiting)) waiting.done(std::unexpected(*std::move(refused)));
  }

  void SubmitGroup(CommandGroup group, GroupDone done) {
    for (GroupUnit& unit : group.units) {
      for (GroupCommand& command : unit.commands) {
        if (command.body) Prepare(*group.registry, *command.body);
      }
    }
    Waiting waiting;
    waiting.group = std::make_shared<GroupRun>(std::move(group), std::move(done));
    if (waiting.group->is_over()) return waiting.group->RefuseRest({});
    if (const auto refused = Queue(waiting)) waiting.group->RefuseRest(*refused);
  }

  bool RunBetweenBatches(std::move_only_function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
    return true;
  }

  WriterCounts counts() const {
    return {batches_.load(std::memory_order_relaxed), events_.load(std::memory_order_relaxed),
            waiting_.load(std::memory_order_relaxed)};
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    const std::lock_guard lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Waiting {
    std::unique_ptr<Command> command;  ///< large: moved by its address
    Done done;
    std::shared_ptr<GroupRun> group;  ///< set: this, and no command
  };

  /// Why it was not taken.
  std::optional<ScimError> Queue(Waiting& waiting) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return ScimError{503, ScimType::kNone,
                         "The server is stopping: this change was not stored"};
      }
      if (waiting_.load(std::memory_order_relaxed) >= options_.queue_max) {
        return ScimError{503, ScimType::kNone,
                         "Too many changes are waiting: this one was not stored. Try again later"};
      }
      queue_.push_back(std::move(waiting));
      waiting_.fetch_add(1, std::memory_order_relaxed);
    }
    wake_.notify_one();
    return std::nullopt;
  }

  void Run() {
    storage::NameThread("writer");
    while (Collect()) {
      for (auto& task : collected_tasks_) task();
      collected_tasks_.clear();
      while (!collected_.empty()) RunBatch();
    }
  }

  /// Waits for commands and tasks and takes all there are. False: stopped, and none is left.
  bool Collect() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty() || !tasks_.empty(); });
    collected_.swap(queue_);
    collected_tasks_.swap(tasks_);
    return !collected_.empty() || !collected_tasks_.empty();
  }

  Waiting TakeCollected() {
    Waiting taken = std::move(collected_.front());
    collected_.pop_front();
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return taken;
  }

  void RunBatch() {
    if (!IsWritable()) return RefuseCollected();
    if (options_.before_batch) options_.before_batch();
    WriterBatch batch(target_, log_.id(), std::min(collected_.size(), options_.batch_events_max));
    const auto ends = std::chrono::steady_clock::now() + options_.batch_time_max;
    do {
      Waiting waiting = TakeCollected();
      if (waiting.group) {
        ContinueGroup(std::move(waiting), batch, ends);
        continue;
      }
      const std::int64_t clock_us = clock_.NowUs();
      batch.Take(std::move(*waiting.command), std::move(waiting.done),
                 {std::max(clock_us, last_time_us_), clock_us});
      if (!batch.events().empty()) last_time_us_ = batch.events().back().time_us;
    } while (!collected_.empty() && !batch.IsFull(options_) &&
             std::chrono::steady_clock::now() < ends);
    if (batch.events().empty()) return batch.AnswerAll();

    const auto appended = log_.Append({storage::RandomUuid(), target_.head(), batch.encoded()});
    if (!appended) {
      NoteFailure(appended.error());
      batch.RefuseAll(OutcomeUnknown(appended.error()));
      if (!sync_failed_) Recover();
      return;
    }
    batches_.fetch_add(1, std::memory_order_relaxed);
    events_.fetch_add(batch.events().size(), std::memory_order_relaxed);
    target_.Commit(batch.events());
    SCIMLEDGER_INVARIANT(target_.head() == appended->sequence, "a commit missed the log's head");
    if (options_.on_committed) options_.on_committed(batch.TakeEvents(), batch.bytes());
    batch.AnswerAll();
  }

  /// What does not fit into the batch or its time waits behind the commands that came meanwhile.
  void ContinueGroup(Waiting waiting, WriterBatch& batch,
                     std::chrono::steady_clock::time_point ends) {
    GroupRun& group = *waiting.group;
    while (!group.is_over() && !batch.IsFull(options_) && std::chrono::steady_clock::now() < ends) {
      const std::int64_t clock_us = clock_.NowUs();
      group.DecideNext(batch, {std::max(clock_us, last_time_us_), clock_us});
      if (!batch.events().empty()) last_time_us_ = batch.events().back().time_us;
    }
    if (group.is_over()) return;
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(waiting));
    waiting_.fetch_add(1, std::memory_order_relaxed);
  }

  void RefuseCollected() {
    while (!collected_.empty()) {
      Waiting waiting = TakeCollected();
      if (waiting.group) {
        waiting.group->RefuseRest(NothingWritten(*failure_));
      } else {
        waiting.done(std::unexpected(NothingWritten(*failure_)));
      }
    }
  }

  bool IsWritable() {
    if (!failure_) return true;
    if (sync_failed_) return false;
    // The clock may step either way; a step must not block recovery for longer than it has to.
    const std::int64_t since_us = clock_.NowUs() - last_attempt_us_;
    if (since_us >= 0 && since_us < kReopenIntervalUs) return false;
    return Recover();
  }

  void NoteFailure(const storage::Error& error) {
    SCIMLEDGER_INVARIANT(error.code != storage::ErrorCode::kInvalid, error.message.c_str());
    failure_ = error;
    if (error.code != storage::ErrorCode::kSyncFailed) return;
    // A sync is never retried (DESIGN §3): the default handler does not return.
    sync_failed_ = true;
    options_.on_sync_failed(error);
  }

  /// Learns from the log itself what became of the failed batch.
  bool Recover() {
    last_attempt_us_ = clock_.NowUs();
    if (const auto reopened = log_.Reopen(); !reopened) {
      NoteFailure(reopened.error());
      return false;
    }
    if (const auto caught_up = target_.CatchUp(log_); !caught_up) {
      NoteFailure(caught_up.error());
      return false;
    }
    failure_.reset();
    TakeOverHead();
    return true;
  }

  void TakeOverHead() {
    const storage::LogHead head = log_.head();
    SCIMLEDGER_INVARIANT(target_.head() == head.sequence, "the directory is not at the log's head");
    last_time_us_ = head.time_us;
  }

  storage::EventLog& log_;
  CommitTarget& target_;
  Clock& clock_;
  WriterOptions options_;

  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> events_{0};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> queue_;                           ///< guarded by mutex_
  std::vector<std::move_only_function<void()>> tasks_;  ///< guarded by mutex_
  bool stopping_ = false;                               ///< guarded by mutex_
  std::atomic<std::size_t> waiting_{0};                 ///< queued or collected, not yet in a batch

  // The thread's own.
  std::deque<Waiting> collected_;
  std::vector<std::move_only_function<void()>> collected_tasks_;
  std::int64_t last_time_us_ = 0;          ///< recorded time of the last event (I-2)
  std::optional<storage::Error> failure_;  ///< set: nothing may be appended until Recover
  bool sync_failed_ = false;
  std::int64_t last_attempt_us_ = 0;

  std::mutex join_mutex_;
  std::thread thread_;
};

Writer::Writer(storage::EventLog& log, CommitTarget& target, Clock& clock, WriterOptions options)
    : loop_(std::make_unique<Loop>(log, target, clock, std::move(options))) {}

Writer::~Writer() { loop_->Stop(); }

void Writer::Submit(Command command, Done done) {
  loop_->Submit(std::move(command), std::move(done));
}

void Writer::SubmitGroup(CommandGroup group, GroupDone done) {
  loop_->SubmitGroup(std::move(group), std::move(done));
}

bool Writer::RunBetweenBatches(std::move_only_function<void()> task) {
  return loop_->RunBetweenBatches(std::move(task));
}

WriterCounts Writer::counts() const { return loop_->counts(); }

void Writer::Stop() { loop_->Stop(); }

}  // namespace scimledger
