#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "storage/batch_chain.h"
#include "storage/leaf.h"
#include "storage/log_keys.h"

namespace scimledger::storage {
namespace {

/// The blocks of LOG_FORMAT.md §10: name -> hex digits.
std::map<std::string, std::string> DocumentedBlocks() {
  std::ifstream document(SCIMLEDGER_LOG_FORMAT_FILE);
  const std::string opening = "```hex ";
  std::map<std::string, std::string> blocks;
  std::string* open_block = nullptr;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with(opening)) {
      open_block = &blocks[line.substr(opening.size())];
    } else if (line == "```") {
      open_block = nullptr;
    } else if (open_block != nullptr) {
      *open_block += line;
    }
  }
  return blocks;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4U];
    text += kDigits[value & 15U];
  }
  return text;
}

Uuid CountingId(std::uint8_t first) {
  Uuid id;
  for (std::uint8_t& byte : id.bytes) byte = first++;
  return id;
}

std::string Section(char salt, std::string_view plaintext) {
  return std::string(17, '\0') + std::string(32, salt) + std::string(plaintext);
}

struct Example {
  Uuid log_id = *Uuid::Parse("10111213-1415-4617-9819-1a1b1c1d1e1f");
  std::vector<NewEvent> events = {{.sequence = {1},
                                   .time_us = 1'700'000'000'000'000,
                                   .id = CountingId(0xA0),
                                   .header = "header one",
                                   .context = Section(0x11, "context one"),
                                   .body = Section(0x22, "body one")},
                                  {.sequence = {2},
                                   .time_us = 1'700'000'000'000'001,
                                   .id = CountingId(0xB0),
                                   .header = "header two",
                                   .context = Section(0x33, ""),
                                   .body = Section(0x44, "body two")}};
  ChainedBatch chained = *ChainBatch(
      log_id, EmptyLogEnd(), {.id = CountingId(0xC0), .expected_head = {}, .events = events});

  std::string EventRecord(std::size_t index) const {
    const NewEvent& event = events[index];
    return EncodeEventPrefix(event, chained.leaf_hashes[index]) + event.header + event.context +
           event.body;
  }
  std::string LeafRecord(std::size_t index) const {
    const NewEvent& event = events[index];
    return EncodeLeafRecord(
        {.sequence = event.sequence,
         .time_us = event.time_us,
         .event_id = event.id,
         .tenant_tag = TenantTag(log_id),
         .header = event.header,
         .context = event.context,
         .body = event.body,
         .previous_leaf_hash = index == 0 ? Hash{} : chained.leaf_hashes[index - 1]});
  }
};

TEST(LogFormatTest, StoredBytesAreThoseOfTheDocument) {
  const Example example;
  const std::map<std::string, std::string> produced = {
      {"store key", Hex(StoreKey())},
      {"store record", Hex(EncodeStoreRecord())},
      {"tenant key", Hex(TenantKey("default"))},
      {"tenant record", Hex(example.log_id.AsBytes())},
      {"event 1 key", Hex(EventKey(example.log_id, {1}))},
      {"event 1 leaf record", Hex(example.LeafRecord(0))},
      {"event 1 record", Hex(example.EventRecord(0))},
      {"event 2 key", Hex(EventKey(example.log_id, {2}))},
      {"event 2 leaf record", Hex(example.LeafRecord(1))},
      {"event 2 record", Hex(example.EventRecord(1))},
      {"batch key", Hex(BatchKey(example.log_id, {2}))},
      {"batch record", Hex(EncodeBatch(example.chained.record))},
      {"frontier key", Hex(FrontierKey(example.log_id))},
      {"frontier record", Hex(example.chained.end.tree.Encode())},
  };
  EXPECT_EQ(produced, DocumentedBlocks());
}

TEST(LogFormatTest, LeafRecordHas200Bytes) { EXPECT_EQ(Example().LeafRecord(0).size(), 200U); }

TEST(LogFormatTest, EventRecordReadsBackAsWritten) {
  const Example example;
  const std::string record = example.EventRecord(1);

  const auto event = DecodeEvent(record);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->sequence, example.events[1].sequence);
  EXPECT_EQ(event->time_us, example.events[1].time_us);
  EXPECT_EQ(event->id, example.events[1].id);
  EXPECT_EQ(event->header, example.events[1].header);
  EXPECT_EQ(event->context, example.events[1].context);
  EXPECT_EQ(event->body, example.events[1].body);
  EXPECT_EQ(event->leaf_hash, example.chained.leaf_hashes[1]);
}

TEST(LogFormatTest, CutEventRecordsAreRefusedAtEveryLength) {
  const std::string record = Example().EventRecord(0);
  for (std::size_t length = 0; length < record.size(); ++length) {
    const auto event = DecodeEvent(std::string_view(record).substr(0, length));
    ASSERT_FALSE(event.has_value()) << length;
    EXPECT_EQ(event.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(DecodeEvent(record + "x").has_value());
}

TEST(LogFormatTest, CutBatchRecordsAreRefusedAtEveryLength) {
  const std::string record = EncodeBatch(Example().chained.record);
  for (std::size_t length = 0; length < record.size(); ++length) {
    ASSERT_FALSE(DecodeBatch(std::string_view(record).substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(DecodeBatch(record + "x").has_value());
  EXPECT_EQ(DecodeBatch(record)->last, Sequence{2});
}

TEST(LogFormatTest, OtherStoreFormatsAreRefusedByBothVersions) {
  std::string record = EncodeStoreRecord();
  EXPECT_TRUE(CheckStoreRecord(record).has_value());
  record.back() = 7;

  const auto checked = CheckStoreRecord(record);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, ErrorCode::kIncompatible);
  EXPECT_EQ(checked.error().message, "the log is of format 7, this version reads format 0 only");
  EXPECT_EQ(CheckStoreRecord("something else").error().code, ErrorCode::kCorrupt);
}

TEST(LogFormatTest, OtherRecordVersionsAreIncompatible) {
  std::string event = Example().EventRecord(0);
  std::string batch = EncodeBatch(Example().chained.record);
  event[0] = 1;
  batch[0] = 1;

  EXPECT_EQ(DecodeEvent(event).error().code, ErrorCode::kIncompatible);
  EXPECT_EQ(DecodeBatch(batch).error().code, ErrorCode::kIncompatible);
}

}  // namespace
}  // namespace scimledger::storage
