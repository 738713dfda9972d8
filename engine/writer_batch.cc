#include "engine/writer_batch.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace scimledger {

void WriterBatch::Take(Command command, Writer::Done done, DecideTime time) {
  answers_.push_back({std::move(done), DecideAndApply(std::move(command), time)});
}

bool WriterBatch::IsFull(const WriterOptions& options) const {
  return events_.size() >= options.batch_events_max || bytes_ >= options.batch_bytes_max;
}

Result<Outcome> WriterBatch::DecideAndApply(Command command, DecideTime time) {
  SCIMLEDGER_TRY_ASSIGN(Decision decision, Decide(overlay_, std::move(command), time));
  if (decision.events.empty()) {
    return Outcome{overlay_.head(), std::move(decision.resource), 0};
  }
  SCIMLEDGER_TRY_ASSIGN(const std::size_t bytes, Encode(decision.events));
  bytes_ += bytes;
  for (const Event& event : decision.events) {
    const auto applied = Apply(overlay_, event);
    SCIMLEDGER_INVARIANT(applied, applied.error().message.c_str());
  }
  Outcome outcome{overlay_.head(), std::move(decision.resource), decision.events.size()};
  events_.insert(events_.end(), std::make_move_iterator(decision.events.begin()),
                 std::make_move_iterator(decision.events.end()));
  return outcome;
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
  for (Answer& answer : answers_) answer.done(std::move(answer.outcome));
  answers_.clear();
}

void WriterBatch::RefuseAll(const ScimError& error) {
  for (Answer& answer : answers_) answer.done(std::unexpected(error));
  answers_.clear();
}

}  // namespace scimledger
