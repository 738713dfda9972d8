#include "projections/query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "engine/text.h"
#include "projections/live_directory.h"
#include "projections/view_reader.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

constexpr std::string_view kBaseUrl = "http://h/v2";

Filter Bind(const Directory& directory, ResourceTypeId type, const std::string& text) {
  const RegistryPtr registry = directory.current_registry();
  const auto syntax = ParseFilter(text);
  SCIMLEDGER_INVARIANT(syntax.has_value(), text.c_str());
  auto filter = BindFilter(*registry, registry->type(type), *syntax);
  SCIMLEDGER_INVARIANT(filter.has_value(), text.c_str());
  return *std::move(filter);
}

Query MakeQuery(const Directory& directory, std::string_view type, const std::string& filter) {
  Query query;
  query.type = directory.current_registry()->FindTypeByName(type)->id;
  if (!filter.empty()) query.filter = Bind(directory, query.type, filter);
  return query;
}

/// The plain evaluator over every row.
QueryResult Expected(const Directory& directory, const Query& query) {
  QueryResult result;
  result.view = directory.Freeze();
  ViewReader reader(*result.view, query.type, kBaseUrl);
  result.view->ForEachResource(query.type, [&](const ResourcePtr& row) {
    reader.Show(*row);
    if (query.filter && !Matches(*result.view->registry(), *query.filter, reader)) return true;
    ++result.total;
    if (result.total >= query.start_index && result.page.size() < query.count) {
      result.page.push_back(row);
    }
    return true;
  });
  return result;
}

/// Run(), out of reach inside a test's body, which has a Run of its own.
QueryResult Answer(const Directory& directory, const Query& query) {
  return Run(directory, query, kBaseUrl);
}

void ExpectAnswer(const Directory& directory, const Query& query) {
  const QueryResult expected = Expected(directory, query);
  const QueryResult answer = Answer(directory, query);
  EXPECT_EQ(answer.total, expected.total);
  EXPECT_EQ(answer.page, expected.page);
  EXPECT_EQ(answer.view->sequence(), expected.view->sequence());
}

/// Random filters over the values that SampleHistory uses.
class FilterTexts {
 public:
  FilterTexts(SampleHistory& history, const Directory& directory)
      : history_(history), directory_(directory) {}

  std::string User(int depth) {
    return Combined(depth, [&] { return UserTerm(); });
  }
  std::string Group(int depth) {
    return Combined(depth, [&] { return GroupTerm(); });
  }

 private:
  template <typename Term>
  std::string Combined(int depth, const Term& term) {
    const std::uint32_t dice = history_.Below(10);
    if (depth == 0 || dice < 3) return term();
    if (dice == 3) return fmt::format("not ({})", Combined(depth - 1, term));
    const std::string_view word = dice < 7 ? "and" : "or";
    std::string text = Combined(depth - 1, term);
    for (std::uint32_t more = 1 + history_.Below(3); more > 0; --more) {
      text += fmt::format(" {} ({})", word, Combined(depth - 1, term));
    }
    return '(' + text + ')';
  }

  std::string Name() {
    constexpr std::array<std::string_view, 8> kTexts = {"ann", "ANN",    "ÄNN", "straSSe",
                                                        "李",  "OFFICE", "no",  ""};
    return std::string(kTexts[history_.Below(kTexts.size())]);
  }
  std::string Address() {
    constexpr std::array<std::string_view, 5> kTexts = {
        "Ann@example.com", "BÖ@example.com", "bo@example.com", "nobody@example.com", ".com"};
    return std::string(kTexts[history_.Below(kTexts.size())]);
  }
  std::string UserName() {
    const FoundResource found = directory_.Find(UserId());
    ViewReader reader(*found.view, found.resource->type, kBaseUrl);
    reader.Show(*found.resource);
    const std::string name = *reader.Get(SampleHistory::At("User", "userName"))->AsString();
    return history_.Below(2) == 0 ? name : FoldCase(name);
  }
  ResourceId UserId() { return history_.users()[history_.Below(history_.users().size())]; }
  std::string AnyId() {
    switch (history_.Below(5)) {
      case 0:
        return history_.groups()[history_.Below(history_.groups().size())].ToString();
      case 1:
        return "no-id";
      case 2: {
        std::string id = UserId().ToString();
        std::transform(id.begin(), id.end(), id.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        return id;
      }
      default:
        return UserId().ToString();
    }
  }

  std::string UserTerm() {
    switch (history_.Below(18)) {
      case 0:
        return fmt::format("userName eq \"{}\"", UserName());
      case 1:
        return fmt::format("displayName eq \"{}\"", Name());
      case 2:
        return fmt::format("externalId eq \"{}\"", Name());
      case 3:
        return fmt::format("emails.value eq \"{}\"", Address());
      case 4:
        return fmt::format("emails eq \"{}\"", Address());
      case 5:
        return fmt::format("emails[type eq \"work\" and value eq \"{}\"]", Address());
      case 6:
        return fmt::format("emails[not (type eq \"home\") and value co \"{}\"]", Address());
      case 7:
        return fmt::format("emails[value eq \"{}\" or value eq \"{}\"]", Address(), Address());
      case 8:
        return fmt::format("id eq \"{}\"", AnyId());
      case 9:
        return "active eq true";
      case 10:
        return fmt::format("displayName ne \"{}\"", Name());
      case 11:
        return fmt::format("userName sw \"{}\"", Name());
      case 12:
        return fmt::format("groups.value eq \"{}\"", AnyId());
      case 13:
        return fmt::format("groups.display co \"{}\"", Name());
      case 14:
        return "displayName eq null";
      case 15:
        return "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager."
               "displayName pr";
      case 16:
        return fmt::format("meta.location ew \"{}\"", AnyId());
      default:
        return "externalId pr";
    }
  }

  std::string GroupTerm() {
    switch (history_.Below(9)) {
      case 0:
        return fmt::format("displayName sw \"{}\"", Name());
      case 1:
        return fmt::format("members.value eq \"{}\"", AnyId());
      case 2:
        return fmt::format("members eq \"{}\"", AnyId());
      case 3:
        return fmt::format("members[value eq \"{}\" and type eq \"User\"]", AnyId());
      case 4:
        return fmt::format("members.display co \"{}\"", Name());
      case 5:
        return "members pr";
      case 6:
        return fmt::format("id eq \"{}\"", AnyId());
      case 7:
        return fmt::format("members.value ne \"{}\"", AnyId());
      default:
        return "members.type eq \"Group\"";
    }
  }

  SampleHistory& history_;
  const Directory& directory_;
};

TEST(QueryTest, AnswersWhatThePlainEvaluatorSaysOfEveryRow) {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    SampleHistory history(seed);
    LiveDirectory directory;
    directory.Commit(history.Next(120));
    FilterTexts texts(history, directory);
    for (int round = 0; round < 150; ++round) {
      if (round % 25 == 24) directory.Commit(history.Next(10));
      const bool is_user = round % 3 != 0;
      const std::string text = is_user ? texts.User(3) : texts.Group(3);
      SCOPED_TRACE(fmt::format("seed {}: {}", seed, text));
      Query query = MakeQuery(directory, is_user ? "User" : "Group", text);
      query.start_index = 1 + history.Below(5);
      query.count = history.Below(8);
      ExpectAnswer(directory, query);
      if (!NeedsScan(directory, query)) {
        ++lookups;
        hits += Answer(directory, query).total;
      }
    }
  }
  // The property says nothing if no query took the other way, or found nothing there.
  EXPECT_GT(lookups, 200U);
  EXPECT_GT(hits, 200U);
}

TEST(QueryTest, PagesWithoutAFilter) {
  SampleHistory history(1);
  LiveDirectory directory;
  for (int number = 0; number < 150; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  directory.Commit(history.Delete(history.users()[10]));
  Query query = MakeQuery(directory, "User", "");
  const std::array<std::pair<std::uint64_t, std::uint64_t>, 7> kPages = {
      {{1, 10}, {1, 0}, {145, 100}, {149, 1}, {150, 5}, {~0ULL, 5}, {1, ~0ULL}}};
  for (const auto& [start, count] : kPages) {
    query.start_index = start;
    query.count = count;
    ExpectAnswer(directory, query);
  }
  query = MakeQuery(directory, "Group", "");
  ExpectAnswer(directory, query);
}

TEST(QueryTest, TellsWhetherItMustScan) {
  SampleHistory history(1);
  LiveDirectory directory;
  directory.Commit(history.Next(30));
  const auto needs_scan = [&](std::string_view type, const std::string& filter) {
    return NeedsScan(directory, MakeQuery(directory, type, filter));
  };
  for (const char* filter :
       {"", "userName eq \"a\"", "title pr and id eq \"a\"", "emails[value eq \"a\"]",
        "userName eq \"a\" or externalId eq \"b\"", "emails eq \"a\"",
        "(title pr and (displayName eq \"a\" or (id eq \"b\" and active eq true)))"}) {
    EXPECT_FALSE(needs_scan("User", filter)) << filter;
  }
  for (const char* filter : {"title eq \"a\"", "not (userName eq \"a\")", "userName ne \"a\"",
                             "userName eq \"a\" or title pr", "displayName eq null",
                             "emails[type eq \"a\"]", "userName sw \"a\""}) {
    EXPECT_TRUE(needs_scan("User", filter)) << filter;
  }
  EXPECT_FALSE(needs_scan("Group", "members eq \"a\""));
  EXPECT_FALSE(needs_scan("Group", "id eq \"a\" and members.value eq \"b\""));
  EXPECT_TRUE(needs_scan("Group", "members.display eq \"a\""));
}

}  // namespace
}  // namespace scimledger::projections
