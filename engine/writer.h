#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/command.h"
#include "engine/command_group.h"
#include "engine/decide.h"
#include "engine/state.h"
#include "storage/event_log.h"

namespace scimledger {

/// µs since 1970 UTC. Tests pass a clock of their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t NowUs() = 0;
};

/// What the writer commits into: the directory projection.
class CommitTarget : public MutableState {
 public:
  /// Folds events that are durable now, so that every later read sees them (I-1). Called on the
  /// writer's thread; excludes readers for as long as it takes.
  virtual void Commit(std::span<const Event> events) = 0;
  /// After an ambiguous append: brings the state to the log's head.
  [[nodiscard]] virtual storage::Result<void> CatchUp(const storage::EventLog& log) = 0;
};

/// An accepted command.
struct Outcome {
  Sequence sequence;     ///< of its last event; of the head it was decided at, for a no-op
  ResourcePtr resource;  ///< the row after it
  std::size_t events = 0;
};

/// What became of a group, by operation. nullopt: the group ended before it.
using GroupOutcomes = std::vector<std::optional<Result<Outcome>>>;

struct WriterOptions {
  std::size_t queue_max = 8192;         ///< commands waiting; one more is refused with 503
  std::size_t batch_events_max = 8192;  ///< a batch ends after the command that reaches this
  std::size_t batch_bytes_max = 32U << 20U;
  /// A batch ends after the command, or the part of a group, that takes it beyond this: those
  /// decided before wait for their answers. The rest of a group lets other commands go first.
  std::chrono::milliseconds batch_time_max{200};
  /// Told the events of each batch once they are durable and committed, before anybody is answered,
  /// with the bytes they take in the log. On the writer's thread: it must only hand them over.
  std::function<void(std::vector<Event> events, std::size_t bytes)> on_committed{};
  /// Called before each batch, on the writer's thread, to slow it down: commands wait meanwhile.
  std::function<void()> before_batch{};
  /// Called instead of ending the process after a failed sync; tests replace it.
  std::function<void(const storage::Error&)> on_sync_failed{};
};

/// What the writer did since it started, for whoever watches it.
struct WriterCounts {
  std::uint64_t batches = 0;  ///< appended, with one sync each
  std::uint64_t events = 0;   ///< in those batches
  std::size_t waiting = 0;    ///< commands not yet in a batch
};

/// The single writer of one log (I-7): drains the queue, decides each command against directory +
/// overlay, appends one batch with one sync, then commits and answers (DESIGN §3). Thread-safe.
class Writer {
 public:
  using Done = std::move_only_function<void(Result<Outcome>)>;
  using GroupDone = std::move_only_function<void(GroupOutcomes)>;

  /// `log` and `target` must outlive the writer; only the writer changes them from now on.
  Writer(storage::EventLog& log, CommitTarget& target, Clock& clock, WriterOptions options);
  /// Stops.
  ~Writer();

  /// `done` is called exactly once, on the writer's thread (or, when refused at once, on the
  /// caller's): it must only hand the result over. 503: the queue is full, the writer has stopped,
  /// or the append failed and the outcome is unknown; 507: the same because the disk is full.
  /// Prepares the command on the caller's thread (engine/decide.h).
  void Submit(Command command, Done done);

  /// Submits the commands of one request together. They are decided in order; other commands come
  /// between them only where a batch is full. `done` as above; a refusal of the whole is each
  /// operation's outcome.
  void SubmitGroup(CommandGroup group, GroupDone done);

  /// Runs `task` on the writer's thread between two batches: no command is half done, the target is
  /// at the log's head, and nothing changes it meanwhile. False: the writer has stopped, and `task`
  /// is dropped. Commands wait for as long as it takes.
  [[nodiscard]] bool RunBetweenBatches(std::move_only_function<void()> task);

  WriterCounts counts() const;

  /// Answers what is queued, then ends the thread. Later commands are refused with 503.
  void Stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace scimledger
