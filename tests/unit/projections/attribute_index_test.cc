#include "projections/attribute_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "engine/sort_key.h"
#include "projections/live_directory.h"
#include "query_check.h"
#include "random_directory.h"
#include "random_filters.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

/// Every change is too many, so that the index is renewed all the time.
AttributeIndexOptions Restless() {
  AttributeIndexOptions options;
  options.changes_min = 3;
  options.rows_per_change = 1'000'000;
  return options;
}

/// What a run of random queries met: the property says nothing of what it did not meet.
struct Met {
  int indexed = 0;
  int walked = 0;
  int changed = 0;
  std::uint64_t hits = 0;
  std::uint64_t seed = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> bases;  ///< by seed and sequence
};

void Note(const Explain& explain, const Directory& directory, const Query& query, Met& met) {
  for (const Explain::Step& step : explain.steps) {
    if (step.how == "attribute index") {
      ++met.indexed;
      met.hits += step.found.value_or(0);
    }
    if (step.how == "walk in the list's order" && query.order != ListOrder::kCreation) ++met.walked;
    if (step.what.starts_with("rows that changed") && step.found > 0U) ++met.changed;
  }
  const IndexStatePtr state = directory.attribute_index().Acquire({});
  if (state) met.bases.emplace(met.seed, state->base->sequence().value);
}

void ExpectRandomAnswers(RandomDirectory& directory, RandomFilters& random, Met& met) {
  std::string text;
  std::optional<Query> query = RandomQuery(directory.get(), random, text);
  if (!query) return;
  SCOPED_TRACE(text);
  Explain explain;
  ExpectAnswer(directory.get(), *query, &explain);
  Note(explain, directory.get(), *query, met);
  ExpectWalk(directory.get(), *query);
}

TEST(AttributeIndexTest, AnswersWhatThePlainEvaluatorSays) {
  Met met;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    met.seed = seed;
    SCOPED_TRACE(seed);
    RandomDirectory directory(seed);
    directory.get().attribute_index().Configure(Restless());
    RandomFilters random(seed);
    directory.Change(250);
    for (int round = 0; round < 250; ++round) {
      if (round % 3 == 0) directory.Change(static_cast<int>(random.Below(4)));
      ExpectRandomAnswers(directory, random, met);
    }
  }
  EXPECT_GT(met.indexed, 3000);
  EXPECT_GT(met.walked, 700);
  EXPECT_GT(met.changed, 700);
  EXPECT_GT(met.hits, 20'000U);
  EXPECT_GT(met.bases.size(), 150U);
}

TEST(AttributeIndexTest, AnswersTheSameWhileItIsMadeByTheThread) {
  Met met;
  for (std::uint64_t seed = 11; seed <= 13; ++seed) {
    met.seed = seed;
    SCOPED_TRACE(seed);
    RandomDirectory directory(seed);
    AttributeIndexOptions options = Restless();
    options.rows_at_once = 0;
    directory.get().attribute_index().Configure(options);
    RandomFilters random(seed);
    directory.Change(200);
    for (int round = 0; round < 150; ++round) {
      if (round % 3 == 0) directory.Change(static_cast<int>(random.Below(4)));
      ExpectRandomAnswers(directory, random, met);
      if (round % 7 == 0) directory.get().attribute_index().WaitUntilIdle();
    }
  }
  EXPECT_GT(met.indexed, 100);
  EXPECT_GT(met.bases.size(), 5U);
}

/// Answers queries until the writer is done, each checked against its own view.
void QueryUntil(const LiveDirectory& directory, std::uint64_t seed,
                const std::atomic<bool>& is_done) {
  constexpr const char* kFilters[] = {
      R"(displayName co "n" and not (title pr))",
      R"(emails[type eq "work" and value co "e"] or active eq true)",
      R"(externalId pr and displayName ge "b")", R"(meta.lastModified gt "2023-11-14T22:13:20Z")"};
  RandomFilters random(seed);
  for (int round = 0; round < 30 || !is_done; ++round) {
    Query query = MakeQuery(directory, "User", kFilters[random.Below(std::size(kFilters))]);
    if (random.Below(2) == 0) SortBy(directory, "displayName", ListOrder::kDescending, query);
    query.start_index = 1 + random.Below(10);
    ExpectAnswer(directory, query);
  }
}

TEST(AttributeIndexTest, AnswersManyThreadsWhileAWriterCommits) {
  for (const std::size_t rows_at_once : {0U, 1'000'000U}) {
    SampleHistory history(17);
    LiveDirectory directory;
    AttributeIndexOptions options = Restless();
    options.rows_at_once = rows_at_once;
    directory.attribute_index().Configure(options);
    directory.Commit(history.Next(150));
    std::atomic<bool> is_done = false;
    std::vector<std::thread> readers;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      readers.emplace_back([&directory, &is_done, seed] { QueryUntil(directory, seed, is_done); });
    }
    for (int commands = 0; commands < 300; ++commands) directory.Commit(history.Next());
    is_done = true;
    for (std::thread& reader : readers) reader.join();
  }
}

TEST(AttributeIndexTest, FollowsADirectoryThatIsExchanged) {
  SampleHistory history(3);
  LiveDirectory directory;
  directory.attribute_index().Configure(Restless());
  LiveDirectory rebuilt;
  const auto commit = [&](const std::vector<Event>& events) {
    directory.Commit(events);
    rebuilt.Commit(events);
  };
  commit(history.Next(100));
  const Query query = MakeQuery(directory, "User", R"(displayName co "n" and not (title pr))");
  ExpectAnswer(directory, query);
  EXPECT_GT(directory.attribute_index().memory_bytes(), 0U);

  directory.Exchange(rebuilt);

  EXPECT_EQ(directory.attribute_index().memory_bytes(), 0U);
  ExpectAnswer(directory, query);
  directory.Commit(history.Next(20));
  ExpectAnswer(directory, query);
}

std::vector<ColumnName> UserColumns(const Directory& directory,
                                                    std::span<const std::string_view> names) {
  const RegistryPtr registry = directory.current_registry();
  const ResourceType& type = *registry->FindTypeByName("User");
  std::vector<ColumnName> columns;
  for (const std::string_view name : names) {
    columns.push_back({type.id, {*ResolvePath(*registry, type, name), {}}});
  }
  return columns;
}

TEST(AttributeIndexTest, DropsWhatWasNotUsedForLongestWhenMemoryIsShort) {
  SampleHistory history(5);
  LiveDirectory directory;
  directory.Commit(history.Next(200));
  const std::string_view names[] = {"userName", "displayName", "name.familyName"};
  const auto columns = UserColumns(directory, names);
  AttributeIndex& index = directory.attribute_index();
  index.Acquire({columns.data(), 2});
  AttributeIndexOptions options;
  options.budget = std::make_shared<IndexBudget>(index.memory_bytes());
  options.keep = std::chrono::milliseconds(0);
  index.Configure(options);

  index.Acquire({&columns[0], 1});  // used again, so displayName is the oldest
  const IndexStatePtr state = index.Acquire({&columns[2], 1});

  EXPECT_NE(state->Find(columns[0].first, columns[0].second), nullptr);
  EXPECT_EQ(state->Find(columns[1].first, columns[1].second), nullptr);
  EXPECT_NE(state->Find(columns[2].first, columns[2].second), nullptr);
  EXPECT_LE(index.memory_bytes(), options.budget->bytes_max());
}

TEST(AttributeIndexTest, MakesNoColumnAtTheCostOfOneInUse) {
  SampleHistory history(5);
  LiveDirectory directory;
  directory.Commit(history.Next(200));
  const std::string_view names[] = {"userName", "displayName"};
  const auto columns = UserColumns(directory, names);
  AttributeIndex& index = directory.attribute_index();
  index.Acquire({columns.data(), 1});
  AttributeIndexOptions options;
  options.budget = std::make_shared<IndexBudget>(index.memory_bytes());
  index.Configure(options);

  const IndexStatePtr state = index.Acquire({&columns[1], 1});

  EXPECT_NE(state->Find(columns[0].first, columns[0].second), nullptr);
  EXPECT_EQ(state->Find(columns[1].first, columns[1].second), nullptr);
  ExpectAnswer(directory, MakeQuery(directory, "User", R"(displayName co "n")"));
}

TEST(AttributeIndexTest, SharesItsBudgetWithOtherDirectories) {
  SampleHistory history(5);
  LiveDirectory first;
  LiveDirectory second;
  for (const Event& event : history.Next(200)) {
    first.Commit({&event, 1});
    second.Commit({&event, 1});
  }
  const std::string_view names[] = {"userName", "displayName"};
  const auto columns = UserColumns(first, names);
  first.attribute_index().Acquire(columns);
  AttributeIndexOptions options;
  options.budget = std::make_shared<IndexBudget>(first.attribute_index().memory_bytes());
  options.keep = std::chrono::milliseconds(0);
  first.attribute_index().Configure(options);
  second.attribute_index().Configure(options);
  EXPECT_EQ(options.budget->bytes_used(), first.attribute_index().memory_bytes());

  second.attribute_index().Acquire({&columns[1], 1});

  EXPECT_GT(second.attribute_index().memory_bytes(), 0U);
  EXPECT_LE(options.budget->bytes_used(), options.budget->bytes_max());
  EXPECT_EQ(options.budget->bytes_used(),
            first.attribute_index().memory_bytes() + second.attribute_index().memory_bytes());
  EXPECT_LT(first.attribute_index().memory_bytes(), options.budget->bytes_max());
}

TEST(AttributeIndexTest, TakesLookedUpTermsFirst) {
  SampleHistory history(9);
  LiveDirectory directory;
  for (int number = 0; number < 30; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  const auto users = history.users();
  directory.Commit(history.CreateGroup("some", {users[0], users[1]}));
  const std::string filter =
      fmt::format(R"(userName co "user" and groups.value eq "{}" and not (id eq "{}"))",
                  history.groups()[0].ToString(), users[0].ToString());
  Explain explain;
  EXPECT_EQ(Answer(directory, MakeQuery(directory, "User", filter), &explain).total, 1U);

  std::vector<std::string> steps;
  for (const Explain::Step& step : explain.steps) {
    if (step.depth == 2) {
      steps.push_back(fmt::format("{} {}", step.what.substr(0, 8), step.estimated.value_or(99)));
    }
  }
  EXPECT_EQ(steps, (std::vector<std::string>{"groups.v 2", "userName 7", "not (id  29"}));
}

TEST(AttributeIndexTest, LetsGoOfAViewThatFellBehind) {
  SampleHistory history(5);
  LiveDirectory directory;
  AttributeIndexOptions options = Restless();
  options.keep = std::chrono::milliseconds(0);
  options.rows_at_once = 0;
  directory.attribute_index().Configure(options);
  directory.Commit(history.Next(100));
  ExpectAnswer(directory, MakeQuery(directory, "User", R"(displayName co "n")"));
  directory.attribute_index().WaitUntilIdle();
  EXPECT_GT(directory.attribute_index().memory_bytes(), 0U);

  directory.Commit(history.Next(100));
  while (directory.attribute_index().memory_bytes() > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(AttributeIndexTest, LetsGoOfALargeViewThatAFewRowsAskedFor) {
  SampleHistory history(5);
  LiveDirectory directory;
  AttributeIndexOptions options = Restless();
  options.keep = std::chrono::milliseconds(0);
  options.rows_at_once = 10;
  directory.attribute_index().Configure(options);
  for (int number = 0; number < 30; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  directory.Commit(history.CreateGroup("group"));
  ExpectAnswer(directory, MakeQuery(directory, "Group", R"(displayName co "g")"));
  EXPECT_GT(directory.attribute_index().memory_bytes(), 0U);

  for (const ResourceId& user : history.users()) directory.Commit(history.SetTitle(user, "Lead"));
  while (directory.attribute_index().memory_bytes() > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(AttributeIndexTest, SortsTextsThatAreLongerThanSortKeys) {
  SampleHistory history(1);
  LiveDirectory directory;
  const std::string start(kSortKeyBytesMax, 'x');
  for (int number = 0; number < 12; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
    const std::string title = number % 3 == 0 ? "short" : start + std::to_string(20 - number);
    directory.Commit(history.SetTitle(history.users().back(), title));
  }
  for (const ListOrder order : {ListOrder::kAscending, ListOrder::kDescending}) {
    Query query = MakeQuery(directory, "User", "");
    SortBy(directory, "title", order, query);
    Explain explain;
    ExpectAnswer(directory, query, &explain);
    EXPECT_EQ(explain.steps.back().how, "walk in the list's order");
    query.count = 3;
    ExpectWalk(directory, query);
  }
}

TEST(AttributeIndexTest, APageFarFromTheStartWaitsForItsColumn) {
  SampleHistory history(9);
  LiveDirectory directory;
  AttributeIndexOptions options;
  options.rows_at_once = 0;
  directory.attribute_index().Configure(options);
  directory.Commit(history.Next(200));
  Query query = MakeQuery(directory, "User", "");
  SortBy(directory, "displayName", ListOrder::kAscending, query);
  query.count = kSortedRowsMax + 1;
  EXPECT_TRUE(IsDeep(query));
  EXPECT_TRUE(CanPageDeep(*directory.current_registry(), query));
  Explain explain;
  ExpectAnswer(directory, query, &explain);
  EXPECT_EQ(explain.steps.back().how, "walk in the list's order");

  SortBy(directory, "groups.display", ListOrder::kAscending, query);
  EXPECT_FALSE(CanPageDeep(*directory.current_registry(), query));
}

TEST(AttributeIndexTest, FindsTheMembersOfAGroupAndOfTheGroupsInIt) {
  SampleHistory history(9);
  LiveDirectory directory;
  for (int number = 0; number < 6; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  const auto users = history.users();
  directory.Commit(history.CreateGroup("inner", {users[0], users[1]}));
  directory.Commit(history.CreateGroup("outer", {users[2], history.groups()[0]}));
  directory.Commit(history.SetMembers(history.groups()[0], {history.groups()[1]}, {}));  // a loop
  for (const ResourceId& group : history.groups()) {
    const std::string is_in = fmt::format(R"(groups.value eq "{}")", group.ToString());
    for (const std::string& filter :
         {is_in, fmt::format("not ({})", is_in), is_in + R"( and userName co "1")",
          fmt::format(R"(groups[value eq "{}"])", group.ToString())}) {
      SCOPED_TRACE(filter);
      Explain explain;
      ExpectAnswer(directory, MakeQuery(directory, "User", filter), &explain);
      EXPECT_EQ(explain.steps.front().how, "attribute index");
    }
    EXPECT_EQ(Answer(directory, MakeQuery(directory, "User", is_in)).total, 3U);
  }
}

TEST(AttributeIndexTest, LeavesDerivedPartsToTheEvaluator) {
  const std::string manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
  SampleHistory history(21);
  LiveDirectory directory;
  directory.attribute_index().Configure(Restless());
  directory.Commit(history.Next(150));
  for (int round = 0; round < 10; ++round) {
    for (const std::string& filter :
         {manager + ".$ref pr", manager + R"(.$ref co "/Users/")", manager + "[$ref pr]",
          manager + ".displayName pr", manager + ".value pr and active pr",
          std::string(R"(meta.location ew "1")")}) {
      SCOPED_TRACE(filter);
      const Query query = MakeQuery(directory, "User", filter);
      ExpectAnswer(directory, query);
      EXPECT_GT(Answer(directory, query).total, 0U);
      const Query negation = MakeQuery(directory, "User", "not (" + filter + ") and userName pr");
      ExpectAnswer(directory, negation);
    }
    directory.Commit(history.Next(5));
  }
}

TEST(AttributeIndexTest, ExplainsItself) {
  SampleHistory history(1);
  LiveDirectory directory;
  for (int number = 0; number < 20; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  directory.Commit(history.SetTitle(history.users()[3], "Clerk"));
  directory.Commit(history.SetTitle(history.users()[4], "Clark"));
  const Query query = MakeQuery(directory, "User", R"(title sw "cl" and not (userName co "4"))");
  Explain explain;
  EXPECT_EQ(Answer(directory, query, &explain).total, 1U);

  for (Explain::Step& step : explain.steps) step.microseconds = 1.5;
  EXPECT_EQ(explain.ToText(),
            R"(step                                          estimated      found         us  by
list                                                  -          1        1.5  attribute index
  compare with the index's view                       -          0        1.5  shared nodes
  (title sw "cl" and not (userName co "4"))           2          1        1.5  intersection, fewest first
    title sw "cl"                                     2          2        1.5  column, slots of the keys
    not (userName co "4")                            15          1        1.5  complement
      userName co "4"                                 5          1        1.5  column, search in all keys
  page                                                -          1        1.5  walk in the list's order
)");
}

}  // namespace
}  // namespace scimledger::projections
