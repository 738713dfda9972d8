// The history as a follower of its log: what it is offered, what it reads, what a restart finds.

#include "projections/history.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sample_history.h"
#include "storage/hash.h"
#include "storage/memory_event_log.h"

namespace scimledger::projections {
namespace {

constexpr std::chrono::seconds kPatience{60};

class HistoryTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  HistoryTest() : sample_(GetParam()), log_(storage::MakeMemoryEventLog(IdOf(0x1065))) {
    std::filesystem::create_directories(directory_);
  }
  ~HistoryTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<History> Open(const std::string& name) {
    auto history = History::Open(*log_, {.directory = directory_ / name, .notice = {}});
    EXPECT_TRUE(history) << history.error().message;
    return *std::move(history);
  }

  /// Appends one command's events, and returns them as the writer has them.
  std::vector<Event> Append() {
    std::vector<Event> events = sample_.Next();
    std::vector<storage::NewEvent> stored;
    for (const Event& event : events) {
      stored.push_back(EncodeEvent(*SchemaRegistry::BuiltIn(), event, log_->id()));
    }
    const auto appended = log_->Append({storage::RandomUuid(), log_->head().sequence, stored});
    EXPECT_TRUE(appended) << appended.error().message;
    for (const Event& event : events) {
      if (event.version_before + event.version_after > 0) ids_.insert(event.resource);
    }
    return events;
  }

  void ExpectAtHead(History& history) {
    const auto come =
        history.WaitFor(log_->head().sequence, std::chrono::steady_clock::now() + kPatience);
    ASSERT_TRUE(come) << come.error().message;
  }

  /// Everything that the history says of every moment, as text.
  std::string Told(const History& history) {
    const HistoryReader& reader = history.reader();
    const Sequence head = log_->head().sequence;
    std::string told;
    for (const ResourceId& id : ids_) {
      const auto ordinal = reader.OrdinalOf(id);
      told += fmt::format("{} {}:", id.ToString(), ordinal.value_or(UINT32_MAX));
      if (!ordinal) continue;
      for (Sequence at{0}; at <= head; at = at.Next()) {
        const ResourcePtr row = reader.ResourceAt(*ordinal, at);
        told += row == nullptr ? std::string(" -")
                               : fmt::format(" {}/{}", row->version, row->document.size());
        for (const Membership& member : reader.MembersAt(*ordinal, at)) {
          told += fmt::format("+{}@{}", member.ordinal, member.since.value);
        }
        for (const Membership& group : reader.GroupsAt(*ordinal, at)) {
          told += fmt::format("^{}@{}", group.ordinal, group.since.value);
        }
      }
      told += '\n';
    }
    reader.ForEachTouched(Sequence{0}, head, [&](Sequence sequence, std::uint32_t ordinal) {
      told += fmt::format("{}={}@{} ", sequence.value, ordinal, reader.TimeOf(sequence));
    });
    for (const char* kind : {"ResourceCreated", "ResourcePatched", "ResourceDeleted"}) {
      const auto walk = history.WalkTerm(TermIndex::HashTerm(EventAttribute::kKind, kind));
      if (walk->AtOrAfter(0)) told += walk->events().to_string();
    }
    for (const char* path : {"username", "title", "displayname", "emails", "active"}) {
      const auto walk = history.WalkTerm(TermIndex::HashTerm(EventAttribute::kPath, path));
      told += fmt::format("\n{} ", path);
      if (walk->AtOrBefore(7)) told += walk->events().to_string();
    }
    return told;
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("scimledger_history_" + storage::RandomUuid().ToString());
  SampleHistory sample_;
  std::shared_ptr<storage::EventLog> log_;
  std::set<ResourceId> ids_;
};

INSTANTIATE_TEST_SUITE_P(Seeds, HistoryTest, testing::Range(1U, 5U));

TEST_P(HistoryTest, WhatIsOfferedAndWhatIsReadSayTheSame) {
  const auto offered = Open("offered");
  std::mt19937 dice(GetParam());
  for (int command = 0; command < 150; ++command) {
    std::vector<Event> events = Append();
    // Some are missed, alone and several in a row: those come from the log.
    if (dice() % 3 != 0) offered->Offer(std::move(events), 1'000);
    if (dice() % 20 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*offered));
    }
  }
  ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*offered));

  const auto read = Open("read");
  ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*read));
  EXPECT_EQ(Told(*offered), Told(*read));
}

TEST_P(HistoryTest, ARestartGoesOnWhereItStood) {
  for (int part = 0; part < 4; ++part) {
    const auto history = Open("restarted");
    for (int command = 0; command < 40; ++command) {
      std::vector<Event> events = Append();
      if (part % 2 == 0) history->Offer(std::move(events), 1'000);
    }
  }
  const auto restarted = Open("restarted");
  ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*restarted));
  const auto read = Open("read");
  ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*read));
  EXPECT_EQ(Told(*restarted), Told(*read));
}

TEST_P(HistoryTest, MoreThanItHasRoomForComesFromTheLog) {
  const auto history = Open("crowded");
  std::mt19937 dice(GetParam());
  for (int command = 0; command < 60; ++command) {
    // Some are larger than all the room there is, some take it from those that follow.
    history->Offer(Append(), std::size_t{1} << (20U + dice() % 6));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*history));
  const auto read = Open("read");
  ASSERT_NO_FATAL_FAILURE(ExpectAtHead(*read));
  EXPECT_EQ(Told(*history), Told(*read));
}

}  // namespace
}  // namespace scimledger::projections
