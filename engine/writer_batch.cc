#include "engine/writer_batch.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace scimledger {

WriterBatch::WriterBatch(const State& base, const Uuid& log_id, std::size_t commands)
    : overlay_(base), log_id_(log_id) {
  // Nearly every command makes one event. They are large, and would be moved each time they grow.
  events_.reserve(commands);
  encoded_.reserve(commands);
  answers_.reserve(commands);
}

void WriterBatch::Take(Command&& command, Writer::Done done, DecideTime time) {
  answers_.push_back({std::move(done), DecideAndApply(std::move(command), time)});
}

bool WriterBatch::IsFull(const WriterOptions& options) const {
  // Unique keys in the overlay are those of the settings it was filled under.
  const bool ends_here = !events_.empty() && events_.back().kind == EventKind::kSettingsChanged;
  return ends_here || events_.size() >= options.batch_events_max ||
         bytes_ >= options.batch_bytes_max;
}

void WriterBatch::Answer(Writer::Done done, Result<Outcome> outcome) {
  answers_.push_back({std::move(done), std::move(outcome)});
}

Result<Outcome> WriterBatch::DecideAndApply(Command&& command, DecideTime time) {
  SCIMLEDGER_TRY_ASSIGN(Decision decision, Decide(overlay_, std::move(command), time));
  const std::size_t events = decision.events.size();
  SCIMLEDGER_TRY(Accept(std::move(decision.events)));
  return Outcome{overlay_.head(), std::move(decision.resource), events};
}

Result<void> WriterBatch::Accept(std::vector<Event> events) {
  if (events.empty()) return {};
  SCIMLEDGER_TRY_ASSIGN(const std::size_t bytes, Encode(events));
  bytes_ += bytes;
  for (const Event& event : events) {
    const auto applied = Apply(overlay_, event);
    SCIMLEDGER_INVARIANT(applied, applied.error().message.c_str());
  }
  events_.insert(events_.end(), std::make_move_iterator(events.begin()),
                 std::make_move_iterator(events.end()));
  return {};
}

std::expected<std::vector<Outcome>, WriterBatch::Refused> WriterBatch::TakeTogether(
    std::span<Command> commands, DecideTime time) {
  std::vector<Outcome> outcomes;
  if (commands.size() == 1) {
    auto outcome = DecideAndApply(std::move(commands.front()), time);
    if (!outcome) return std::unexpected(Refused{0, std::move(outcome).error()});
    outcomes.push_back(*std::move(outcome));
    return outcomes;
  }
  std::vector<Event> events;
  Overlay trial(overlay_);
  const std::size_t events_before = commands.front().events_before;
  for (Command& command : commands) {
    command.events_before = events_before + events.size();
    auto decision = Decide(trial, std::move(command), time);
    if (!decision) return std::unexpected(Refused{outcomes.size(), std::move(decision).error()});
    for (const Event& event : decision->events) {
      const auto applied = Apply(trial, event);
      SCIMLEDGER_INVARIANT(applied, applied.error().message.c_str());
    }
    outcomes.push_back({trial.head(), std::move(decision->resource), decision->events.size()});
    events.insert(events.end(), std::make_move_iterator(decision->events.begin()),
                  std::make_move_iterator(decision->events.end()));
  }
  if (auto accepted = Accept(std::move(events)); !accepted) {
    return std::unexpected(Refused{outcomes.size() - 1, std::move(accepted).error()});
  }
  return outcomes;
}

Result<std::size_t> WriterBatch::Encode(std::span<const Event> events) {
  const std::size_t first = encoded_.size();
  const RegistryPtr registry = overlay_.registry();
  std::size_t bytes = 0;
  for (const Event& event : events) {
    const storage::NewEvent& added = encoded_.emplace_back(EncodeEvent(*registry, event, log_id_));
    bytes += added.header.size() + added.context.size() + added.body.size();
    if (bytes <= kCommandBytesMax) continue;
    encoded_.erase(encoded_.begin() + static_cast<std::ptrdiff_t>(first), encoded_.end());
    return Refuse(413, ScimType::kNone,
                  fmt::format("The change needs more than {} MiB in the log; split it into several",
                              kCommandBytesMax >> 20U));
  }
  return bytes;
}

void WriterBatch::AnswerAll() {
  for (Waiting& answer : answers_) answer.done(std::move(answer.outcome));
  answers_.clear();
}

void WriterBatch::RefuseAll(const ScimError& error) {
  for (Waiting& answer : answers_) answer.done(std::unexpected(error));
  answers_.clear();
}

}  // namespace scimledger
