// rows: F40 F41 F47 O2 O5 O7 K19
#include "projections/query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "engine/text.h"
#include "projections/live_directory.h"
#include "projections/view_reader.h"
#include "query_check.h"
#include "sample_history.h"

namespace scimledger::projections {
namespace {

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
      ExpectWalk(directory, query);
      if (RunAtOnce(directory, query, kBaseUrl)) {
        ++lookups;
        hits += Answer(directory, query).total;
      }
    }
  }
  // The property says nothing if no query took the other way, or found nothing there.
  EXPECT_GT(lookups, 200U);
  EXPECT_GT(hits, 200U);
}

TEST(QueryTest, SortsAndAnswersForAllTypesAtOnce) {
  constexpr std::array<const char*, 8> kSortBy = {
      "userName", "displayName", "emails.value",  "meta.lastModified",
      "title",    "active",      "members.value", "groups.display"};
  std::uint64_t rows = 0;
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    SampleHistory history(seed);
    LiveDirectory directory;
    directory.Commit(history.Next(120));
    FilterTexts texts(history, directory);
    for (int round = 0; round < 120; ++round) {
      if (round % 25 == 24) directory.Commit(history.Next(10));
      const char* const types[] = {"User", "Group", ""};
      const std::string_view type = types[round % 3];
      std::string text = type == "User" ? texts.User(1) : texts.Group(1);
      if (type.empty()) text = fmt::format("{} or ({})", texts.User(1), text);
      if (history.Below(4) == 0) text.clear();
      Query query = MakeQuery(directory, type, text);
      const char* const sort_by = kSortBy[history.Below(kSortBy.size())];
      if (history.Below(4) > 0) {
        SortBy(directory, sort_by,
               history.Below(2) == 0 ? ListOrder::kAscending : ListOrder::kDescending, query);
      }
      SCOPED_TRACE(fmt::format("seed {}: {} {} by {}", seed, type, text, sort_by));
      query.start_index = 1 + history.Below(5);
      query.count = history.Below(8);
      ExpectAnswer(directory, query);
      rows += Answer(directory, query).page.size();
      ExpectWalk(directory, query);
    }
  }
  EXPECT_GT(rows, 500U);
}

TEST(QueryTest, AWalkMissesNothingThatStaysAndRepeatsNothing) {
  SampleHistory history(7);
  LiveDirectory directory;
  for (int number = 0; number < 200; ++number) {
    directory.Commit(history.CreateUser("user" + std::to_string(number)));
  }
  const std::vector<ResourceId> before = history.users();
  std::set<ResourceId> deleted;
  std::map<ResourceId, int> seen;
  Query query = MakeQuery(directory, "User", "");
  query.count = 7;
  for (bool goes_on = true; goes_on;) {
    QueryResult page = Answer(directory, query);
    for (const ResourcePtr& row : page.page) ++seen[row->id];
    goes_on = page.next.has_value();
    query.after = std::move(page.next);
    if (page.page.empty()) break;
    // The row where the page ended goes too: the next page must not need it.
    for (const ResourceId& gone : {page.page.back()->id, before[history.Below(200)]}) {
      if (deleted.insert(gone).second) directory.Commit(history.Delete(gone));
    }
    directory.Commit(history.CreateUser("later" + std::to_string(seen.size())));
    if (seen.size() > 400) break;
  }
  for (const ResourceId& id : before) {
    if (deleted.contains(id)) continue;
    EXPECT_EQ(seen[id], 1) << id.ToString();
  }
  for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << id.ToString();
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
    return !RunAtOnce(directory, MakeQuery(directory, type, filter), kBaseUrl);
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
  EXPECT_TRUE(needs_scan("", ""));
  EXPECT_FALSE(needs_scan("", "userName eq \"a\""));
  EXPECT_FALSE(needs_scan("", "userName eq \"a\" or members.value eq \"b\""));
  EXPECT_TRUE(needs_scan("", "userName sw \"a\""));
  EXPECT_TRUE(needs_scan("", "meta.resourceType eq \"User\""));
  EXPECT_FALSE(needs_scan("", "meta.resourceType eq \"User\" and userName eq \"a\""));
}

}  // namespace
}  // namespace scimledger::projections
