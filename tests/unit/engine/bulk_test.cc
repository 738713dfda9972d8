#include "engine/bulk.h"

#include <fmt/format.h>

#include <future>
#include <random>

#include "engine/bulk_order.h"
#include "fake_state.h"
#include "sample_commands.h"
#include "storage/memory_event_log.h"

namespace scimledger {
namespace {

constexpr std::string_view kUser = "urn:ietf:params:scim:schemas:core:2.0:User";
constexpr std::string_view kGroup = "urn:ietf:params:scim:schemas:core:2.0:Group";

std::string User(std::string_view bulk_id, std::string_view user_name,
                 std::string_view manager = {}) {
  const std::string extension =
      manager.empty()
          ? ""
          : fmt::format(R"(,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":)"
                        R"({{"manager":{{"value":"bulkId:{}"}}}})",
                        manager);
  return fmt::format(R"({{"method":"POST","path":"/Users","bulkId":"{}","data":)"
                     R"({{"schemas":["{}"],"userName":"{}"{}}}}})",
                     bulk_id, kUser, user_name, extension);
}

std::string Group(std::string_view bulk_id, std::string_view name,
                  const std::vector<std::string>& members) {
  std::string list;
  for (const std::string& member : members) {
    list += fmt::format(R"({}{{"value":"bulkId:{}"}})", list.empty() ? "" : ",", member);
  }
  return fmt::format(R"({{"method":"POST","path":"/Groups","bulkId":"{}","data":)"
                     R"({{"schemas":["{}"],"displayName":"{}","members":[{}]}}}})",
                     bulk_id, kGroup, name, list);
}

std::string Request(const std::vector<std::string>& operations, std::size_t fail_on_errors = 0) {
  std::string list;
  for (const std::string& operation : operations) {
    if (!list.empty()) list += ',';
    list += operation;
  }
  return fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],)"
                     R"("failOnErrors":{},"Operations":[{}]}})",
                     fail_on_errors, list);
}

class StillClock final : public Clock {
 public:
  std::int64_t NowUs() override { return 1'795'000'000'000'000; }
};

/// Counts appends: batches.
class CountingLog final : public storage::EventLog {
 public:
  Uuid id() const override { return log_->id(); }
  storage::LogHead head() const override { return log_->head(); }
  storage::Result<storage::LogHead> Append(const storage::Batch& batch) override {
    if (++appends == failing_append) return storage::Fail(storage::ErrorCode::kIo, "scripted");
    return log_->Append(batch);
  }
  storage::Result<storage::LogHead> Reopen() override { return log_->Reopen(); }
  storage::Result<std::unique_ptr<storage::EventReader>> Read(
      Sequence from, storage::ReadCheck check) const override {
    return log_->Read(from, check);
  }
  storage::Result<Sequence> SequenceAt(std::int64_t time_us) const override {
    return log_->SequenceAt(time_us);
  }

  int appends = 0;
  int failing_append = 0;

 private:
  std::unique_ptr<storage::EventLog> log_ = storage::MakeMemoryEventLog(IdOf(0x1065));
};

class BulkTest : public testing::Test {
 protected:
  void Start(WriterOptions options = {}) {
    options.batch_time_max = std::chrono::hours(1);  // a slow machine makes no more batches
    writer_ = std::make_unique<Writer>(log_, state_, clock_, std::move(options));
  }

  Result<BulkRequest> Parse(const std::string& text) {
    const auto document = JsonDocument::Parse(text);
    SCIMLEDGER_INVARIANT(document, text.c_str());
    BulkEdge edge;
    edge.new_id = [this] { return IdOf(++ids_); };
    edge.read_version = [](std::string_view) { return ExpectedVersion{}; };
    edge.base_url = "http://x/scim/v2";
    return ParseBulk(*state_.registry(), document->root(), edge);
  }

  GroupOutcomes Run(const std::string& text) {
    auto request = Parse(text);
    SCIMLEDGER_INVARIANT(request, request.error().detail.c_str());
    CommandGroup group = PlanBulk(*state_.registry(), *request);
    group.actor = {"local:0", AuthMethod::kLocal, Role::kAdmin};
    group.transaction = IdOf(0xF000 + ++transactions_);
    group.registry = state_.registry();
    std::promise<GroupOutcomes> promise;
    writer_->SubmitGroup(std::move(group), [&promise](GroupOutcomes outcomes) {
      promise.set_value(std::move(outcomes));
    });
    return promise.get_future().get();
  }

  /// Statuses by operation; 0: accepted, -1: not reached.
  static std::vector<int> Statuses(const GroupOutcomes& outcomes) {
    std::vector<int> statuses;
    for (const auto& outcome : outcomes) {
      statuses.push_back(!outcome ? -1 : *outcome ? 0 : outcome->error().status);
    }
    return statuses;
  }

  void ExpectReplayEqual() {
    writer_->Stop();
    FakeState replayed;
    ASSERT_TRUE(replayed.CatchUp(log_));
    EXPECT_EQ(replayed.Render(), state_.Render());
  }

  std::vector<Event> Events() {
    std::vector<Event> events;
    auto reader = log_.Read(Sequence{1}, storage::ReadCheck::kVerify);
    while (auto stored = (*reader)->Next()) {
      if (!*stored) break;
      auto event = DecodeEvent(*state_.registry(), **stored);
      EXPECT_TRUE(event);
      events.push_back(*std::move(event));
    }
    return events;
  }

  CountingLog log_;
  FakeState state_;
  StillClock clock_;
  std::unique_ptr<Writer> writer_;
  std::uint64_t ids_ = 0;
  std::uint64_t transactions_ = 0;
};

// rows: B13 B14
TEST_F(BulkTest, AThousandCreatesAreOneBatch) {
  Start();
  std::vector<std::string> operations;
  std::vector<std::string> names;
  for (int i = 0; i < 999; ++i) {
    names.push_back(fmt::format("u{}", i));
    operations.push_back(User(names.back(), names.back(), i > 0 ? "u0" : "u998"));
  }
  operations.insert(operations.begin(), Group("g", "All", names));

  const GroupOutcomes outcomes = Run(Request(operations));

  EXPECT_EQ(Statuses(outcomes), std::vector<int>(1000, 0));
  EXPECT_EQ(log_.appends, 1);
  EXPECT_EQ(state_.commits, 1U);
  EXPECT_TRUE(state_.IsMember(IdOf(1), IdOf(1000)));
  ExpectReplayEqual();
}

TEST_F(BulkTest, EventIdsOfOneTransactionAscendAndDiffer) {
  Start();
  Run(Request({User("a", "a"), Group("g", "G", {"h"}), Group("h", "H", {"g", "a"}),
               R"({"method":"DELETE","path":"/Users/bulkId:a"})"}));
  const std::vector<Event> events = Events();
  ASSERT_EQ(events.size(), 7U);
  for (std::size_t i = 1; i < events.size(); ++i) {
    EXPECT_LT(events[i - 1].id, events[i].id);
    EXPECT_EQ(events[i].transaction, events[0].transaction);
  }
  ExpectReplayEqual();
}

TEST_F(BulkTest, ContinuesInTheNextBatchWhereOneIsFull) {
  Start({.batch_events_max = 10});
  std::vector<std::string> operations;
  for (int i = 0; i < 95; ++i) {
    operations.push_back(User(std::to_string(i), std::to_string(i), std::to_string(i / 2)));
  }
  EXPECT_EQ(Statuses(Run(Request(operations))), std::vector<int>(95, 0));
  EXPECT_EQ(log_.appends, 10);
  ExpectReplayEqual();
}

TEST_F(BulkTest, AFailedAppendRefusesItsOperationsAndWhatNeedsThem) {
  Start({.batch_events_max = 2});
  log_.failing_append = 1;
  const auto outcomes =
      Run(Request({User("a", "a"), User("b", "b"), User("c", "c", "a"), User("d", "d")}));
  EXPECT_EQ(Statuses(outcomes), (std::vector<int>{503, 503, 503, 0}));
  EXPECT_TRUE(
      outcomes[2]->error().detail.starts_with("It refers to bulkId:a, whose operation failed"))
      << outcomes[2]->error().detail;
  ExpectReplayEqual();
}

// rows: B8
TEST_F(BulkTest, AFailedAppendCountsForFailOnErrors) {
  Start({.batch_events_max = 2});
  log_.failing_append = 1;
  const std::vector<std::string> operations = {User("a", "a"), User("b", "b"), User("c", "c"),
                                               User("d", "d")};
  EXPECT_EQ(Statuses(Run(Request(operations, 2))), (std::vector<int>{503, 503, -1, -1}));
  EXPECT_EQ(Statuses(Run(Request(operations, 2))), (std::vector<int>{0, 0, 0, 0}));
  ExpectReplayEqual();
}

// rows: B14 B16
TEST_F(BulkTest, ACycleIsMadeWholeOrNotAtAll) {
  Start();
  EXPECT_EQ(Statuses(Run(Request({Group("a", "A", {"b"}), Group("b", "B", {"c"}),
                                  Group("c", "C", {"a", "c"}), Group("x", "X", {"a"})}))),
            (std::vector<int>{0, 0, 0, 0}));
  EXPECT_TRUE(state_.IsMember(IdOf(3), IdOf(3)));
  EXPECT_TRUE(state_.IsMember(IdOf(1), IdOf(2)));
  EXPECT_EQ(state_.FindResource(IdOf(4))->version, 1U);

  const std::string before = state_.Render();
  const auto outcomes =
      Run(Request({Group("d", "D", {"e"}), Group("e", "a", {"d"}), Group("f", "F", {"e"})}));
  EXPECT_EQ(Statuses(outcomes), (std::vector<int>{409, 409, 409}));
  EXPECT_EQ(outcomes[1]->error().scim_type, ScimType::kUniqueness);
  EXPECT_EQ(state_.Render(), before);
  ExpectReplayEqual();
}

TEST_F(BulkTest, FailOnErrorsCountsInOrderOfExecution) {
  Start();
  EXPECT_EQ(Statuses(Run(Request({User("a", "same"), User("b", "same"), User("c", "c", "b"),
                                  User("d", "d"), User("e", "e")},
                                 2))),
            (std::vector<int>{0, 409, 409, -1, -1}));
}

TEST_F(BulkTest, LimitsAndMalformedRequestsAreRefusedAsAWhole) {
  EXPECT_EQ(Parse(Request(std::vector<std::string>(1001, "{}"))).error().status, 413);
  EXPECT_TRUE(Parse(Request(std::vector<std::string>(1000, "{}"))));
  EXPECT_EQ(Parse(Request({User("a", "x"), User("a", "y")})).error().scim_type,
            ScimType::kInvalidSyntax);
  EXPECT_EQ(Parse("[]").error().scim_type, ScimType::kInvalidSyntax);
  EXPECT_EQ(Parse("{}").error().scim_type, ScimType::kInvalidSyntax);
}

// rows: B12
TEST_F(BulkTest, ReplacesBulkIdsOnlyWhereReferencesStand) {
  auto request = Parse(Request(
      {User("boss", "boss"),
       R"({"method":"PATCH","path":"/Users/bulkId:boss","data":{"schemas":)"
       R"(["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)"
       R"({"op":"add","path":"title","value":"bulkId:boss"},)"
       R"({"op":"add","path":"manager","value":{"value":"bulkId:boss","$ref":"../Users/bulkId:boss"}},)"
       R"({"op":"add","path":"emails[value eq \"bulkId:boss\"].type","value":"work"}]}})"}));
  ASSERT_TRUE(request);
  ASSERT_TRUE(request->operations[1].body) << request->operations[1].body.error().detail;
  const auto& patch = std::get<PatchResource>(*request->operations[1].body);
  EXPECT_EQ(patch.id, IdOf(1));
  EXPECT_EQ(*patch.patch.operations[0].value.AsString(), "bulkId:boss");
  std::string manager;
  AppendValueJson(*state_.registry(), patch.patch.operations[1].value, manager);
  EXPECT_EQ(manager, fmt::format(R"({{"value":"{}","$ref":"../Users/{}"}})", IdOf(1).ToString(),
                                 IdOf(1).ToString()));
  const auto& filter = std::get<Filter::Compare>(patch.patch.operations[2].path.value_filter->node);
  EXPECT_EQ(*filter.operand.value.AsString(), "bulkId:boss");
}

/// Every node after those it needs, except within a component; components are what a search that
/// goes both ways finds.
TEST(BulkOrderTest, OrdersRandomGraphs) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const std::size_t count = 1 + random() % 12;
    std::vector<std::vector<std::size_t>> edges(count);
    for (std::size_t i = random() % (2 * count); i > 0; --i) {
      edges[random() % count].push_back(random() % count);
    }
    std::vector<std::vector<bool>> reaches(count, std::vector<bool>(count));
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::size_t to : edges[i]) reaches[i][to] = true;
    }
    for (std::size_t via = 0; via < count; ++via) {
      for (std::size_t from = 0; from < count; ++from) {
        for (std::size_t to = 0; to < count; ++to) {
          if (reaches[from][via] && reaches[via][to]) reaches[from][to] = true;
        }
      }
    }
    const auto components = UnitsInOrder(edges, std::vector<std::vector<std::size_t>>(count));
    std::vector<std::size_t> place(count, count);
    for (std::size_t c = 0; c < components.size(); ++c) {
      for (const std::size_t node : components[c]) place[node] = c;
    }
    for (std::size_t a = 0; a < count; ++a) {
      ASSERT_LT(place[a], components.size()) << "seed " << seed;
      for (std::size_t b = 0; b < count; ++b) {
        const bool is_cycle = a == b || (reaches[a][b] && reaches[b][a]);
        EXPECT_EQ(place[a] == place[b], is_cycle) << "seed " << seed;
        if (!reaches[a][b] || is_cycle) continue;
        EXPECT_LT(place[b], place[a]) << "seed " << seed;
      }
    }
  }
}

using Lists = std::vector<std::vector<std::size_t>>;

TEST(BulkOrderTest, WhatNeedsALaterOneWaitsAndNothingElseMoves) {
  const Lists needs = {{}, {3}, {}, {}, {0}};
  EXPECT_EQ(UnitsInOrder(needs, Lists(5)), (Lists{{0}, {2}, {3}, {1}, {4}}));
}

TEST(BulkOrderTest, WhatFollowsOneThatWaitsWaitsToo) {
  const Lists needs = {{3}, {}, {}, {}};
  const Lists follows = {{}, {0}, {}, {}};
  EXPECT_EQ(UnitsInOrder(needs, follows), (Lists{{2}, {3}, {0}, {1}}));
}

TEST(BulkOrderTest, AUnitCountsAsItsLast) {
  const Lists needs = {{2}, {}, {0}, {}};
  EXPECT_EQ(UnitsInOrder(needs, Lists(4)), (Lists{{1}, {0, 2}, {3}}));
}

TEST(BulkOrderTest, NeedingWinsOverFollowing) {
  const Lists needs = {{2}, {}, {}};
  const Lists follows = {{}, {0}, {1}};
  EXPECT_EQ(UnitsInOrder(needs, follows), (Lists{{2}, {0}, {1}}));
}

TEST(BulkOrderTest, ALongChainNeedsNoStack) {
  Lists edges(200'000);
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) edges[i].push_back(i + 1);
  EXPECT_EQ(UnitsInOrder(edges, Lists(edges.size())).front().front(), edges.size() - 1);
}

}  // namespace
}  // namespace scimledger
