#include "tests/unit/storage/sample_events.h"

#include <fmt/format.h>

namespace scimledger::storage {
namespace {

NewEvent SampleEvent(std::uint64_t sequence, std::size_t padding_bytes) {
  const std::string padding(padding_bytes, static_cast<char>('a' + sequence % 26));
  NewEvent event{.sequence = {sequence},
                 .time_us = SampleTime(sequence),
                 .id = {},
                 .header = {},
                 .context = {},
                 .body = {}};
  event.id.bytes[15] = static_cast<std::uint8_t>(sequence);
  event.header = fmt::format("header {}", sequence);
  event.context = fmt::format("context {}", sequence);
  event.body = fmt::format("body {}{}", sequence, padding);
  return event;
}

bool IsSample(const EventView& event) {
  const std::string number = std::to_string(event.sequence.value);
  return event.time_us == SampleTime(event.sequence.value) && event.header == "header " + number &&
         event.context == "context " + number && event.body.starts_with("body " + number);
}

}  // namespace

Uuid IdOf(std::uint8_t byte) {
  Uuid id;
  id.bytes.fill(byte);
  return id;
}

std::int64_t SampleTime(std::uint64_t sequence) {
  return 1'700'000'000'000'000 + static_cast<std::int64_t>(sequence) * 10;
}

std::vector<NewEvent> SampleEvents(std::uint64_t first, std::uint64_t last,
                                   std::size_t padding_bytes) {
  std::vector<NewEvent> events;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    events.push_back(SampleEvent(sequence, padding_bytes));
  }
  return events;
}

Result<LogHead> AppendSamples(EventLog& log, std::uint64_t last, std::size_t padding_bytes) {
  const Sequence head = log.head().sequence;
  const std::vector<NewEvent> events = SampleEvents(head.value + 1, last, padding_bytes);
  return log.Append({.id = IdOf(0xBB), .expected_head = head, .events = events});
}

std::string ReadRest(EventReader& reader) {
  std::string text;
  while (true) {
    const auto event = reader.Next();
    if (!text.empty() && (!event || event->has_value())) text += ' ';
    if (!event) return text + "error: " + event.error().message;
    if (!event->has_value()) return text;
    text += std::to_string((*event)->sequence.value);
    if (!IsSample(**event)) text += '!';
  }
}

std::string ReadAll(const EventLog& log, std::uint64_t from, ReadCheck check) {
  const auto reader = log.Read(Sequence{from}, check);
  return reader ? ReadRest(**reader) : "error: " + reader.error().message;
}

}  // namespace scimledger::storage
