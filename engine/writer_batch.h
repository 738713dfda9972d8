#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <utility>
#include <vector>

#include "engine/overlay.h"
#include "engine/writer.h"

namespace scimledger {

/// The commands that share one append: decided in order, each against the state that those before
/// it leave. Nothing is answered until the whole batch is, because an answer (a refusal and a no-op
/// too) may rest on an event that is not durable yet. The writer's thread only.
class WriterBatch {
 public:
  /// `base` must not change while the batch lives.
  /// `commands`: how many are about to be taken; more may be.
  WriterBatch(const State& base, const Uuid& log_id, std::size_t commands = 0);

  /// Decides, encodes and folds into the overlay. Without effect on the batch when refused.
  void Take(Command&& command, Writer::Done done, DecideTime time);
  /// Decides commands that stand or fall together, each on what those before it leave. Nothing is
  /// answered: Answer does that. Sets `events_before` of all but the first.
  struct Refused {
    std::size_t command = 0;  ///< the first that was refused
    ScimError error;
  };
  [[nodiscard]] std::expected<std::vector<Outcome>, Refused> TakeTogether(
      std::span<Command> commands, DecideTime time);
  /// Has `done` called with `outcome` when the batch is answered.
  void Answer(Writer::Done done, Result<Outcome> outcome);
  bool IsFull(const WriterOptions& options) const;
  std::span<const Event> events() const { return events_; }
  std::span<const storage::NewEvent> encoded() const { return encoded_; }
  /// Of the encoded events.
  std::size_t bytes() const { return bytes_; }
  /// The batch has none afterwards.
  std::vector<Event> TakeEvents() { return std::move(events_); }

  /// Calls every `done` with its own outcome.
  void AnswerAll();
  /// Calls every `done` with `error` instead.
  void RefuseAll(const ScimError& error);

 private:
  struct Waiting {
    Writer::Done done;
    Result<Outcome> outcome;
  };

  [[nodiscard]] Result<Outcome> DecideAndApply(Command&& command, DecideTime time);
  /// Adds decided events to the batch and to the overlay.
  [[nodiscard]] Result<void> Accept(std::vector<Event> events);
  /// Returns the bytes of the encoded events. 413 beyond kCommandBytesMax.
  [[nodiscard]] Result<std::size_t> Encode(std::span<const Event> events);

  Overlay overlay_;
  const Uuid log_id_;
  std::vector<Event> events_;
  std::vector<storage::NewEvent> encoded_;
  std::size_t bytes_ = 0;
  std::vector<Waiting> answers_;
};

}  // namespace scimledger
