#include "engine/decide.h"

#include <utility>

#include "engine/decide_steps.h"
#include "storage/hash.h"

namespace scimledger {
namespace {

/// UUIDv7 (RFC 9562 §5.7): milliseconds; the µs below them; the event's index in its transaction,
/// so that ids of one transaction ascend (the first 65,536); and bits of SHA-256(transaction,
/// index), so that nothing is random (I-6).
Uuid EventId(std::int64_t time_us, const Uuid& transaction, std::size_t index) {
  const auto us = static_cast<std::uint64_t>(time_us);
  const std::uint64_t ms = us / 1000;
  const std::uint64_t fraction = us % 1000 * 4096 / 1000;
  const std::string index_text = std::to_string(index);
  const Hash hash = storage::Sha256({transaction.AsBytes(), index_text});
  Uuid id;
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(ms >> (40U - 8U * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x70U | (fraction >> 8U));
  id.bytes[7] = static_cast<std::uint8_t>(fraction);
  // 2 bits of variant, 16 of index, 46 of hash.
  const auto position = static_cast<std::uint32_t>(index);
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | ((position >> 10U) & 0x3FU));
  id.bytes[9] = static_cast<std::uint8_t>(position >> 2U);
  id.bytes[10] = static_cast<std::uint8_t>(((position & 3U) << 6U) | (hash[0] & 0x3FU));
  for (std::size_t i = 11; i < id.bytes.size(); ++i) id.bytes[i] = hash[i - 10];
  return id;
}
static_assert(kCommandEventsMax <= 1U << 16U, "an event id holds 16 bits of index");

struct Dispatch {
  const Deciding& deciding;
  Result<Decision> operator()(CreateResource& body) { return DecideCreate(deciding, body); }
  Result<Decision> operator()(ReplaceResource& body) { return DecideReplace(deciding, body); }
  Result<Decision> operator()(const PatchResource& body) { return DecidePatch(deciding, body); }
  Result<Decision> operator()(const DeleteResource& body) { return DecideDelete(deciding, body); }
  Result<Decision> operator()(const AddSchema& body) { return DecideAddSchema(deciding, body); }
  Result<Decision> operator()(const ChangeSettings& body) {
    return DecideChangeSettings(deciding, body);
  }
  Result<Decision> operator()(const CreateCredential& body) {
    return DecideCreateCredential(deciding, body);
  }
  Result<Decision> operator()(const RevokeCredential& body) {
    return DecideRevokeCredential(deciding, body);
  }
  Result<Decision> operator()(RecordFacts& body) { return DecideRecordFacts(deciding, body); }
};

}  // namespace

Event& AppendEvent(const Deciding& deciding, EventKind kind, std::vector<Event>& events) {
  const std::size_t index = events.size();
  Command& command = deciding.command;
  Event& event = events.emplace_back();
  event.sequence = Sequence{deciding.state.head().value + index + 1};
  event.id = EventId(deciding.time.now_us, command.transaction, command.events_before + index);
  event.kind = kind;
  event.time_us = deciding.time.now_us;
  event.clock_us = deciding.time.clock_us;
  event.clock_stepped_back = deciding.time.clock_us < deciding.time.now_us;
  event.transaction = command.transaction;
  if (index == 0) {
    event.actor = std::move(command.actor);
    event.client = std::move(command.client);
  } else {
    event.actor = events.front().actor;
    event.client = events.front().client;
  }
  return event;
}

Result<Decision> Decide(const State& state, Command command, DecideTime time) {
  const Deciding deciding{state, command, time, state.registry()};
  return std::visit(Dispatch{deciding}, command.body);
}

}  // namespace scimledger
