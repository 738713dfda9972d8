#include "storage/event_log.h"

#include <gtest/gtest.h>

#include <array>

#include "storage/hash.h"
#include "storage/log_store.h"
#include "storage/memory_event_log.h"
#include "tests/unit/storage/sample_events.h"
#include "tests/unit/storage/temp_directory.h"

namespace scimledger::storage {
namespace {

struct InMemory {
  std::unique_ptr<EventLog> log = MakeMemoryEventLog(IdOf(0x77));
};

struct OnDisk {
  TempDirectory directory;
  std::unique_ptr<LogStore> store =
      *LogStore::Open(directory.path() / "log", {.create_if_missing = true});
  std::unique_ptr<EventLog> log = *store->OpenLog("default");
};

/// The contract of EventLog, for every implementation.
template <typename Place>
class EventLogTest : public testing::Test {
 protected:
  EventLog& log() { return *place_.log; }

  /// What Append answers to `events`, with `expected_head` as the expected head.
  ErrorCode Refusal(const std::vector<NewEvent>& events, std::uint64_t expected_head) {
    const auto appended =
        log().Append({.id = IdOf(1), .expected_head = {expected_head}, .events = events});
    EXPECT_FALSE(appended.has_value());
    return appended ? ErrorCode::kIo : appended.error().code;
  }

 private:
  Place place_;
};

using Places = testing::Types<InMemory, OnDisk>;
TYPED_TEST_SUITE(EventLogTest, Places);

TYPED_TEST(EventLogTest, EmptyLogHasTheEmptyTreesRoot) {
  const LogHead head = this->log().head();

  EXPECT_EQ(head.sequence, Sequence{0});
  EXPECT_EQ(head.time_us, 0);
  EXPECT_EQ(head.leaf_hash, Hash{});
  EXPECT_EQ(head.root, Sha256({}));
  EXPECT_EQ(ReadAll(this->log()), "");
}

TYPED_TEST(EventLogTest, AppendedEventsReadBackInOrder) {
  ASSERT_TRUE(AppendSamples(this->log(), 3));
  ASSERT_TRUE(AppendSamples(this->log(), 4));

  EXPECT_EQ(ReadAll(this->log()), "1 2 3 4");
  EXPECT_EQ(ReadAll(this->log(), 3), "3 4");
  EXPECT_EQ(ReadAll(this->log(), 4, ReadCheck::kTrust), "4");
  EXPECT_EQ(ReadAll(this->log(), 5), "");
  EXPECT_EQ(ReadAll(this->log(), 99), "");
}

TYPED_TEST(EventLogTest, AppendReturnsTheNewHead) {
  const auto head = AppendSamples(this->log(), 3);

  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->sequence, Sequence{3});
  EXPECT_EQ(head->time_us, SampleTime(3));
  EXPECT_EQ(head->leaf_hash, this->log().head().leaf_hash);
  EXPECT_EQ(head->root, this->log().head().root);
  EXPECT_NE(head->leaf_hash, Hash{});
}

TYPED_TEST(EventLogTest, BatchingDoesNotChangeLeavesOrRoot) {
  const auto one_by_one = MakeMemoryEventLog(this->log().id());
  for (std::uint64_t last = 1; last <= 5; ++last) ASSERT_TRUE(AppendSamples(*one_by_one, last));

  ASSERT_TRUE(AppendSamples(this->log(), 5));

  EXPECT_EQ(this->log().head().leaf_hash, one_by_one->head().leaf_hash);
  EXPECT_EQ(this->log().head().root, one_by_one->head().root);
}

TYPED_TEST(EventLogTest, LeavesDependOnTheLogsId) {
  const auto other = MakeMemoryEventLog(IdOf(0x01));

  EXPECT_NE(AppendSamples(this->log(), 1)->leaf_hash, AppendSamples(*other, 1)->leaf_hash);
}

TYPED_TEST(EventLogTest, AppendRejectsAnotherExpectedHead) {
  ASSERT_TRUE(AppendSamples(this->log(), 3));

  EXPECT_EQ(this->Refusal(SampleEvents(3, 3), 2), ErrorCode::kConflict);
  EXPECT_EQ(this->Refusal(SampleEvents(5, 5), 4), ErrorCode::kConflict);
  EXPECT_EQ(ReadAll(this->log()), "1 2 3");
}

TYPED_TEST(EventLogTest, AppendRejectsAnEmptyBatch) {
  EXPECT_EQ(this->Refusal({}, 0), ErrorCode::kInvalid);
}

TYPED_TEST(EventLogTest, AppendRejectsSequencesThatAreNotConsecutive) {
  std::vector<NewEvent> gap = SampleEvents(1, 3);
  gap[2].sequence = Sequence{4};
  std::vector<NewEvent> repeat = SampleEvents(1, 2);
  repeat[1].sequence = Sequence{1};

  EXPECT_EQ(this->Refusal(gap, 0), ErrorCode::kInvalid);
  EXPECT_EQ(this->Refusal(repeat, 0), ErrorCode::kInvalid);
  EXPECT_EQ(this->Refusal(SampleEvents(2, 3), 0), ErrorCode::kInvalid);
  EXPECT_EQ(this->log().head().sequence, Sequence{0});
}

TYPED_TEST(EventLogTest, AppendRejectsTimesThatDecrease) {
  ASSERT_TRUE(AppendSamples(this->log(), 1));
  std::vector<NewEvent> before_head = SampleEvents(2, 2);
  before_head[0].time_us = SampleTime(1) - 1;
  std::vector<NewEvent> inside = SampleEvents(2, 3);
  inside[1].time_us = inside[0].time_us - 1;

  EXPECT_EQ(this->Refusal(before_head, 1), ErrorCode::kInvalid);
  EXPECT_EQ(this->Refusal(inside, 1), ErrorCode::kInvalid);
}

TYPED_TEST(EventLogTest, AppendAcceptsEqualTimes) {
  ASSERT_TRUE(AppendSamples(this->log(), 1));
  std::vector<NewEvent> events = SampleEvents(2, 3);
  for (NewEvent& event : events) event.time_us = SampleTime(1);

  EXPECT_TRUE(this->log().Append({.id = IdOf(1), .expected_head = {1}, .events = events}));
}

TYPED_TEST(EventLogTest, RefusedBatchLeavesTheLogUsable) {
  EXPECT_EQ(this->Refusal(SampleEvents(2, 2), 0), ErrorCode::kInvalid);

  EXPECT_TRUE(AppendSamples(this->log(), 2));
  EXPECT_EQ(ReadAll(this->log()), "1 2");
}

TYPED_TEST(EventLogTest, ReadFromZeroIsRefused) {
  const auto reader = this->log().Read(Sequence{0}, ReadCheck::kTrust);

  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::kInvalid);
}

TYPED_TEST(EventLogTest, ReaderSeesTheLogOfItsOwnMoment) {
  ASSERT_TRUE(AppendSamples(this->log(), 2));
  const auto reader = this->log().Read(Sequence{1}, ReadCheck::kVerify);
  ASSERT_TRUE(reader.has_value());

  ASSERT_TRUE(AppendSamples(this->log(), 5));

  EXPECT_EQ(ReadRest(**reader), "1 2");
  EXPECT_EQ(ReadAll(this->log()), "1 2 3 4 5");
}

TYPED_TEST(EventLogTest, SequenceAtFindsTheLastEventAtOrBefore) {
  std::vector<NewEvent> events = SampleEvents(1, 5);
  const std::array<std::int64_t, 5> times = {100, 200, 200, 200, 300};
  for (std::size_t i = 0; i < times.size(); ++i) events[i].time_us = times[i];
  ASSERT_TRUE(this->log().Append({.id = IdOf(1), .expected_head = {0}, .events = events}));

  const std::array<std::pair<std::int64_t, std::uint64_t>, 8> expected = {
      {{-1, 0}, {99, 0}, {100, 1}, {199, 1}, {200, 4}, {299, 4}, {300, 5}, {301, 5}}};
  for (const auto& [time_us, sequence] : expected) {
    EXPECT_EQ(this->log().SequenceAt(time_us)->value, sequence) << time_us;
  }
}

TYPED_TEST(EventLogTest, SequenceAtIsZeroInAnEmptyLog) {
  EXPECT_EQ(this->log().SequenceAt(0)->value, 0U);
  EXPECT_EQ(this->log().SequenceAt(-1)->value, 0U);
  EXPECT_EQ(this->log().SequenceAt(SampleTime(1))->value, 0U);
}

TYPED_TEST(EventLogTest, SectionsMayHoldAnyBytes) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  std::vector<NewEvent> events = SampleEvents(1, 1);
  events[0].header = every_byte;
  events[0].context = "";
  events[0].body = std::string(200'000, '\0');
  ASSERT_TRUE(this->log().Append({.id = IdOf(1), .expected_head = {0}, .events = events}));

  const auto reader = this->log().Read(Sequence{1}, ReadCheck::kVerify);
  const auto event = (*reader)->Next();

  EXPECT_EQ((*event)->header, every_byte);
  EXPECT_EQ((*event)->context, "");
  EXPECT_EQ((*event)->body, events[0].body);
}

TYPED_TEST(EventLogTest, ReopenOfAHealthyLogKeepsTheHead) {
  ASSERT_TRUE(AppendSamples(this->log(), 3));
  const LogHead before = this->log().head();

  const auto after = this->log().Reopen();

  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->sequence, before.sequence);
  EXPECT_EQ(after->root, before.root);
  EXPECT_TRUE(AppendSamples(this->log(), 4));
  EXPECT_EQ(ReadAll(this->log()), "1 2 3 4");
}

}  // namespace
}  // namespace scimledger::storage
