#include "projections/past_directory.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "api/past_directories.h"
#include "engine/resource_writer.h"
#include "projections/attribute_index.h"
#include "projections/event_candidates.h"
#include "tests/unit/api/random_tenant.h"
#include "tests/unit/engine/sample_commands.h"
#include "tests/unit/projections/query_check.h"
#include "tests/unit/projections/random_directory.h"

namespace scimledger::api {
namespace {

using projections::Directory;
using projections::DirectoryReader;
using projections::DirectoryView;
using projections::EqualityKey;
using projections::PastDirectory;

constexpr std::uint64_t kSeeds = 8;
constexpr int kCommands = 300;
constexpr std::string_view kUrl = "http://127.0.0.1/scim/v2";

/// A log on which a history waits no longer than a test should.
void ComeTo(Tenant& tenant, Sequence sequence) {
  const auto come = tenant.history()->WaitFor(
      sequence, std::chrono::steady_clock::now() + std::chrono::seconds(60));
  ASSERT_TRUE(come) << come.error().message;
}

std::unique_ptr<Directory> Replayed(const storage::EventLog& log, Sequence until) {
  auto directory = Directory::Make();
  const auto replayed = directory->Replay(log, until, nullptr);
  EXPECT_TRUE(replayed) << replayed.error().message;
  return directory;
}

/// Everything an answer shows of a resource, indirect groups and names of others included.
std::string Shown(const DirectoryView& view, const Resource& resource) {
  std::string json;
  AppendResourceJson(*view.registry(), resource, AttributeSelection(), kUrl, view, json);
  return json;
}

std::set<ResourceId> IdsInLog(const storage::EventLog& log, const SchemaRegistry& registry) {
  std::set<ResourceId> ids;
  const auto reader = log.Read({1}, storage::ReadCheck::kTrust);
  while (true) {
    const auto stored = (*reader)->Next();
    if (!stored || !*stored) return ids;
    const auto event = DecodeEvent(registry, **stored);
    EXPECT_TRUE(event) << event.error().message;
    if (event->version_before + event->version_after > 0) ids.insert(event->resource);
  }
}

void ExpectSameLookups(const Directory& replayed, const PastDirectory& past,
                       const Resource& resource) {
  for (const ResourceType& type : replayed.current_registry()->resource_types()) {
    const EqualityKey key{EqualityKey::Kind::kMember, {}, resource.id.ToString()};
    const auto expected = replayed.LookUp(type.id, key);
    const auto found = past.LookUp(type.id, key);
    ASSERT_EQ(expected.resources.size(), found.resources.size());
    for (std::size_t at = 0; at < found.resources.size(); ++at) {
      EXPECT_EQ(expected.resources[at]->id, found.resources[at]->id);
    }
  }
}

/// One moment, asked of the history before its rows are made and afterwards.
void ExpectSameMoment(const storage::EventLog& log, Tenant& tenant, const std::set<ResourceId>& ids,
                      Sequence at) {
  SCOPED_TRACE(fmt::format("as of {}", at.value));
  const auto replayed = Replayed(log, at);
  const auto expected = replayed->Freeze();
  const PastDirectory past(tenant.history(), tenant.directory(), at);
  ASSERT_EQ(past.position(), at);
  for (const ResourceId& id : ids) {
    SCOPED_TRACE(id.ToString());
    const auto should = replayed->Find(id);
    const auto found = past.Find(id);
    ASSERT_EQ(should.resource == nullptr, found.resource == nullptr);
    if (should.resource == nullptr) continue;
    EXPECT_EQ(should.resource->version, found.resource->version);
    EXPECT_EQ(should.resource->ordinal, found.resource->ordinal);
    ASSERT_EQ(Shown(*should.view, *should.resource), Shown(*found.view, *found.resource));
    ASSERT_NO_FATAL_FAILURE(ExpectSameLookups(*replayed, past, *should.resource));
  }
  EXPECT_FALSE(past.has_rows()) << "looking single resources up made the whole table";
  EXPECT_EQ(storage::ToHex(StateDigest(*expected)), storage::ToHex(StateDigest(*past.Freeze())));
  EXPECT_TRUE(past.has_rows());
  const auto rows = past.FreezeRows();
  for (const ResourceId& id : ids) {
    const auto should = replayed->Find(id);
    const ResourcePtr found = rows->FindRow(id);
    ASSERT_EQ(should.resource == nullptr, found == nullptr) << id.ToString();
    if (found == nullptr) continue;
    ASSERT_EQ(Shown(*should.view, *should.resource), Shown(*rows, *found));
  }
}

/// Filters, sorts and pages: what the plain evaluator says of the replayed rows.
void ExpectSameAnswers(const storage::EventLog& log, Tenant& tenant, Sequence at,
                       projections::RandomFilters& random) {
  const auto replayed = Replayed(log, at);
  const PastDirectory past(tenant.history(), tenant.directory(), at);
  for (int round = 0; round < 40; ++round) {
    std::string text;
    const auto query = projections::RandomQuery(*replayed, random, text);
    if (!query) continue;
    SCOPED_TRACE(fmt::format("as of {}: {}", at.value, text));
    const auto expected = projections::Expected(replayed->Freeze(), *query);
    const auto answer = projections::Answer(past, *query);
    EXPECT_EQ(answer.view->sequence(), at);
    EXPECT_EQ(expected.total, answer.total);
    ASSERT_EQ(expected.page.size(), answer.page.size());
    for (std::size_t index = 0; index < answer.page.size(); ++index) {
      EXPECT_EQ(expected.page[index]->id, answer.page[index]->id);
      EXPECT_EQ(expected.page[index]->version, answer.page[index]->version);
    }
  }
}

class PastDirectoryTest : public testing::TestWithParam<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, PastDirectoryTest, testing::Range(std::uint64_t{1}, kSeeds + 1));

TEST_P(PastDirectoryTest, EveryMomentIsWhatAReplayUntilThenMakes) {
  RandomTenant history(GetParam());
  std::mt19937_64 choices(GetParam() * 77);
  for (int part = 0; part < 3; ++part) {
    ASSERT_NO_FATAL_FAILURE(history.Run(kCommands / 3));
    const Sequence head = history.log().head().sequence;
    ASSERT_NO_FATAL_FAILURE(ComeTo(history.tenant(), head));
    const auto ids = IdsInLog(history.log(), *history.tenant().directory().current_registry());
    for (int round = 0; round < 12; ++round) {
      const Sequence at{choices() % head.value};
      ASSERT_NO_FATAL_FAILURE(ExpectSameMoment(history.log(), history.tenant(), ids, at));
    }
  }
}

TEST_P(PastDirectoryTest, QueriesAnswerAsThePlainEvaluatorDoesOverAReplay) {
  RandomTenant history(GetParam());
  projections::RandomFilters random(GetParam());
  std::mt19937_64 choices(GetParam() * 13);
  for (int part = 0; part < 3; ++part) {
    ASSERT_NO_FATAL_FAILURE(history.Run(kCommands / 3));
    const Sequence head = history.log().head().sequence;
    ASSERT_NO_FATAL_FAILURE(ComeTo(history.tenant(), head));
    for (int round = 0; round < 5; ++round) {
      const Sequence at{choices() % head.value};
      ASSERT_NO_FATAL_FAILURE(ExpectSameAnswers(history.log(), history.tenant(), at, random));
    }
  }
}

/// More users than one thread reads, each changed since `before`; some deleted, some created since.
class ManyChangesTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kUsers = 21'000;

  ManyChangesTest() {
    for (std::uint64_t user = 0; user < kUsers; ++user) {
      Submit(commands_.CreateUser(IdOf(user), fmt::format("user{}", user)));
    }
    before_ = Head();
    for (std::uint64_t user = 0; user < kUsers; ++user) {
      Submit(user % 100 == 7 ? commands_.Delete("User", IdOf(user)) : Rename(user));
    }
    for (std::uint64_t user = kUsers; user < kUsers + 50; ++user) {
      Submit(commands_.CreateUser(IdOf(user), fmt::format("late{}", user)));
    }
    ComeTo(history_.tenant(), Head());
  }

  /// After all that was submitted: a refused command comes after it.
  Sequence Head() {
    std::promise<void> last;
    history_.tenant().Submit(commands_.Delete("User", IdOf(kUsers * 2)),
                             [&](Result<Outcome>) { last.set_value(); });
    last.get_future().get();
    return history_.log().head().sequence;
  }

  Command Rename(std::uint64_t user) {
    return commands_.Patch(
        "User", IdOf(user),
        fmt::format(R"([{{"op":"add","path":"displayName","value":"Changed {}"}}])",
                    user * 7919 % kUsers));
  }

  void Submit(Command command) {
    history_.tenant().Submit(std::move(command), [](Result<Outcome> outcome) {
      EXPECT_TRUE(outcome.has_value()) << outcome.error().detail;
    });
    // No more than the writer's queue holds.
    if (++submitted_ % 4'000 == 0) Head();
  }

  RandomTenant history_{11};
  SampleCommands commands_;
  std::size_t submitted_ = 0;
  Sequence before_;
};

TEST_F(ManyChangesTest, AreTakenBackAndFoundByColumnsOfTheirOwn) {
  const Sequence at{before_.value - 10};
  const PastDirectory past(history_.tenant().history(), history_.tenant().directory(), at);
  EXPECT_EQ(storage::ToHex(StateDigest(*Replayed(history_.log(), at)->Freeze())),
            storage::ToHex(StateDigest(*past.Freeze())));

  // Of the present directory's, whose columns the others share.
  projections::Answer(history_.tenant().directory(),
                      projections::MakeQuery(history_.tenant().directory(), "User",
                                             R"(userName co "er1" and displayName pr)"));
  history_.tenant().directory().attribute_index().WaitUntilIdle();
  std::uint64_t asked = 0;
  const auto ask = [&](const std::string& filter, const std::string& sort_by) {
    auto query = projections::MakeQuery(past, "User", filter);
    query.start_index = 1 + asked++ * 2'503 % kUsers;
    if (!sort_by.empty()) {
      projections::SortBy(past, sort_by, projections::ListOrder::kDescending, query);
    }
    projections::Explain explain;
    projections::ExpectAnswer(past, query, &explain);
    return explain.ToText();
  };
  // The first question is answered without them; a thread makes them for those who ask again.
  std::string explained = ask(R"(userName co "er1")", "");
  EXPECT_EQ(explained.find("columns of their own"), std::string::npos) << explained;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (explained.find("columns of their own") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    explained = ask(R"(userName co "er1")", "");
  }
  EXPECT_NE(explained.find("columns of their own"), std::string::npos) << explained;
  for (const char* sort_by : {"", "userName", "displayName", "meta.lastModified"}) {
    for (int round = 0; round < 3; ++round) {
      ask(R"(userName co "er1")", sort_by);
      ask(R"(not (userName co "er1"))", sort_by);
      ask(R"(userName eq "user77" or userName sw "late")", sort_by);
    }
  }
}

/// Sequences in [1, head] by walking the candidates in both directions, which must agree.
std::set<std::uint64_t> Walk(projections::EventCandidates& candidates, Sequence head) {
  std::set<std::uint64_t> forwards;
  for (auto at = candidates.Next(Sequence{1}, head); at; at = candidates.Next(at->Next(), head)) {
    forwards.insert(at->value);
  }
  std::set<std::uint64_t> backwards;
  for (auto at = candidates.Previous(head, Sequence{1}); at;
       at = at->value > 1 ? candidates.Previous(Sequence{at->value - 1}, Sequence{1})
                          : std::nullopt) {
    backwards.insert(at->value);
  }
  EXPECT_EQ(forwards, backwards);
  return forwards;
}

/// The filter's text about one event, so that most of them match something.
std::string FilterFrom(const Event& event, std::mt19937_64& choices) {
  const auto leaf = [&]() -> std::string {
    switch (choices() % 11) {
      case 0:
        return fmt::format(R"(kind eq "{}")", ToString(event.kind));
      case 1:
        return fmt::format(R"(resource.type eq "{}")", event.resource_type);
      case 2:
        return fmt::format(R"(resource.id eq "{}")", ShownResourceId(event));
      case 3:
        return fmt::format(R"(actor.id eq "{}")", event.actor.id);
      case 4:
        return fmt::format(R"(sequence {} {})", choices() % 2 == 0 ? "ge" : "lt",
                           event.sequence.value);
      case 5:
        return fmt::format(R"(time {} "{}")", choices() % 2 == 0 ? "gt" : "le",
                           "2026-11-23T00:00:00Z");
      case 6:
        return event.members_added.empty()
                   ? std::string(R"(path eq "userName")")
                   : fmt::format(R"(members.added eq "{}")", event.members_added[0].ToString());
      case 7:
        return fmt::format(R"(transaction eq "{}")", event.transaction.ToString());
      case 8:
        return fmt::format(R"(actor.method eq "{}")", ToString(event.actor.method));
      case 9:
        return R"(changes[path eq "displayName"])";
      default:
        return R"(before co "a")";
    }
  };
  std::string text = leaf();
  for (std::uint64_t terms = choices() % 3; terms > 0; --terms) {
    text = choices() % 4 == 0
               ? fmt::format("not ({})", text)
               : fmt::format("({}) {} ({})", text, choices() % 2 == 0 ? "and" : "or", leaf());
  }
  return text;
}

/// Random filters: every event that matches is among the candidates, and they are fewer than all.
void ExpectAllMatchesFound(RandomTenant& history, int rounds, std::mt19937_64& choices) {
  const Sequence head = history.log().head().sequence;
  ASSERT_NO_FATAL_FAILURE(ComeTo(history.tenant(), head));
  const auto view = history.tenant().directory().Freeze();
  const RegistryPtr registry = view->registry();
  std::vector<Event> events;
  const auto reader = history.log().Read({1}, storage::ReadCheck::kTrust);
  for (auto stored = (*reader)->Next(); stored && *stored; stored = (*reader)->Next()) {
    auto event = DecodeEvent(*registry, **stored);
    ASSERT_TRUE(event) << event.error().message;
    events.push_back(*std::move(event));
  }
  const std::vector<Credential> credentials = view->credentials();
  int narrowed = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = FilterFrom(events[choices() % events.size()], choices);
    SCOPED_TRACE(text);
    const auto syntax = ParseFilter(text);
    ASSERT_TRUE(syntax) << syntax.error().detail;
    const auto filter = BindEventFilter(*syntax);
    ASSERT_TRUE(filter) << filter.error().detail;
    const auto candidates = projections::FindCandidates(history.tenant().history(), history.log(),
                                                        *filter, credentials);
    if (candidates == nullptr) continue;
    const auto found = Walk(*candidates, head);
    if (found.size() < events.size() / 2) ++narrowed;
    for (const Event& event : events) {
      if (!Matches(*registry, *filter, event, {})) continue;
      EXPECT_TRUE(found.contains(event.sequence.value)) << "event " << event.sequence.value;
    }
  }
  EXPECT_GT(narrowed, rounds / 5) << "the index hardly narrows anything";
}

TEST_P(PastDirectoryTest, CandidatesLeaveNoEventOut) {
  RandomTenant history(GetParam());
  ASSERT_NO_FATAL_FAILURE(history.Run(kCommands));
  std::mt19937_64 choices(GetParam());
  ExpectAllMatchesFound(history, 200, choices);
}

TEST(EventCandidatesTest, LeaveNoEventOutWhereChunksOfTheAuditIndexMeet) {
  RandomTenant history(1, RandomCommands::Schemas::kKnown);
  std::mt19937_64 choices(3);
  while (history.log().head().sequence.value < 2 * projections::kChunkEvents + 1'000) {
    ASSERT_NO_FATAL_FAILURE(history.RunLong(4'000));
  }
  ExpectAllMatchesFound(history, 60, choices);
}

TEST(PastDirectoriesTest, KeepAMomentForAWhileButNotBeyondARebuild) {
  RandomTenant history(4);
  ASSERT_NO_FATAL_FAILURE(history.Run(60));
  PastDirectories past;
  const Sequence at{history.log().head().sequence.value / 2};

  const auto first = past.At(history.tenant(), at);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*past.At(history.tenant(), at), *first);

  ASSERT_TRUE(history.tenant().Rebuild(nullptr));
  const auto second = past.At(history.tenant(), at);
  EXPECT_NE(*second, *first);
  ASSERT_TRUE(history.tenant().RebuildHistory(nullptr));
  EXPECT_NE(*past.At(history.tenant(), at), *second);
}

TEST(PastDirectoriesTest, LetAMomentGoThatNobodyAsksFor) {
  RandomTenant history(5);
  ASSERT_NO_FATAL_FAILURE(history.Run(60));
  PastDirectories past(std::chrono::milliseconds(20));
  std::weak_ptr<const DirectoryReader> kept = *past.At(history.tenant(), Sequence{3});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!kept.expired() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(kept.expired());
}

}  // namespace
}  // namespace scimledger::api
